// automerge-repo as its own documentation sets it up: a repository with files behind a websocket, and one with files on
// the other side. Says one line of JSON whenever something is done; hears `end` on standard input.
//
//   fill   FOLDER STORY PARTS        puts documents into an empty folder; PARTS is `before`, `before+up` …
//   serve  FOLDER                    the server
//   pull   FOLDER STORY PARTS URL    the client; done when every document is as PARTS says
//   check  FOLDER STORY PARTS        how many documents are as PARTS says
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import * as A from '@automerge/automerge'
import { Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import bs58check from 'bs58check'
import { WebSocketServer } from 'ws'

const [verb, folder, ...rest] = process.argv.slice(2)
const say = (said) => process.stdout.write(JSON.stringify(said) + '\n')
const ended = () => new Promise((resolve) => createInterface({ input: process.stdin }).on('line', (line) => line === 'end' && resolve()))
// A client that loads a whole grid at once answers no ping for seconds; five, the default, would cut it off.
const PING = 60_000

function documents(story, parts) {
  return JSON.parse(readFileSync(story, 'utf8')).map((told) => {
    const changes = parts.split('+').flatMap((part) => told[part]).map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
    const [document] = A.applyChanges(A.init(), changes)
    return { id: bs58check.encode(Buffer.from(told.id.replaceAll('-', ''), 'hex')), document }
  })
}

const heads = (document) => [...A.getHeads(document)].sort().join()

async function fill(story, parts) {
  const repo = new Repo({ storage: new NodeFSStorageAdapter(folder) })
  const all = documents(story, parts)
  for (const { id, document } of all) repo.import(A.save(document), { docId: id })
  await repo.flush()
  say({ documents: all.length })
}

async function serve() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const repo = new Repo({
    network: [new WebSocketServerAdapter(server, PING)],
    storage: new NodeFSStorageAdapter(folder),
    // as a sync server does: it answers who asks, and offers nothing by itself
    sharePolicy: async () => false,
  })
  say({ port: server.address().port })
  await ended()
  await repo.flush()
  process.exit(0)
}

async function pull(story, parts, url) {
  let messages = 0
  const adapter = new WebSocketClientAdapter(url)
  const send = adapter.send.bind(adapter)
  adapter.send = (message) => { messages++; send(message) }
  adapter.on('message', () => { messages++ })
  const wanted = new Map(documents(story, parts).map(({ id, document }) => [id, heads(document)]))
  // The adapter calls itself ready after a second whether or not it was greeted; whoever asks before the greeting hears
  // that documents are unavailable.
  const greeted = new Promise((resolve) => adapter.once('peer-candidate', resolve))
  const repo = new Repo({ network: [adapter], storage: new NodeFSStorageAdapter(folder) })
  await greeted
  await new Promise((resolve) => setTimeout(resolve, 50)) // the repository hears of the peer in the same turn
  let equal = 0
  await Promise.all([...wanted].map(async ([id, head]) => {
    const handle = await repo.find(`automerge:${id}`)
    const is = () => heads(handle.doc()) === head
    while (!is()) await new Promise((resolve) => handle.once('change', resolve))
    equal++
  }))
  say({ documents: wanted.size, equal })
  await ended()
  say({ messages })
  await repo.flush()
  process.exit(0)
}

async function check(story, parts) {
  const repo = new Repo({ storage: new NodeFSStorageAdapter(folder) })
  let equal = 0
  const all = documents(story, parts)
  for (const { id, document } of all) {
    const handle = await repo.find(`automerge:${id}`).catch(() => undefined)
    if (handle && heads(handle.doc()) === heads(document)) equal++
  }
  say({ documents: all.length, equal })
}

await { fill, serve, pull, check }[verb](...rest)
process.exit(0)
