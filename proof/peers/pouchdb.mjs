// PouchDB on the phone, express-pouchdb at the centre, both on LevelDB. They move the current state of a document, not
// its history. Says one line of JSON whenever something is done; hears its orders on standard input.
//
//   serve  FOLDER STORY              the server; `change` lets the centre change what it changed in the story
//   phone  FOLDER STORY URL BATCH    the client; `first`, `settle`, `delta`, `no-op`, `end`
import { mkdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import * as A from '@automerge/automerge'
import express from 'express'
import expressPouchDB from 'express-pouchdb'
import PouchDB from 'pouchdb'

const [side, folder, story, url, batch] = process.argv.slice(2)
const say = (said) => process.stdout.write(JSON.stringify(said) + '\n')
mkdirSync(folder, { recursive: true })

function documents(...parts) {
  return JSON.parse(readFileSync(story, 'utf8')).map((told) => {
    const changes = parts.flatMap((part) => told[part]).map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
    const [document] = A.applyChanges(A.init(), changes)
    return { changed: parts.slice(1).some((part) => told[part].length), row: { _id: told.id, ...plain(A.toJS(document)) } }
  })
}

/** As JSON has it: Automerge's whole numbers may be larger than JavaScript's, ours are not. */
const plain = (value) => JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner)))

/** The next revision of whatever the story changes on this side. */
async function change(db, part) {
  const changed = documents('before', part).filter((document) => document.changed)
  for (const { row } of changed) await db.put({ ...row, _rev: (await db.get(row._id))._rev })
  return changed.length
}

const orders = createInterface({ input: process.stdin })

async function serve() {
  const Db = PouchDB.defaults({ prefix: join(folder, '/') })
  const app = express()
  app.use(expressPouchDB(Db, { mode: 'minimumForPouchDB', configPath: join(folder, 'config.json'), logPath: join(folder, 'log.txt') }))
  const grid = new Db('grid') // behind the line before: the server knows the databases that are made after it
  await grid.bulkDocs(documents('before').map(({ row }) => row))
  const server = app.listen(0, '127.0.0.1', () => say({ port: server.address().port }))
  for await (const order of orders) {
    if (order === 'change') say({ documents: await change(grid, 'down') })
    if (order === 'end') process.exit(0)
  }
}

async function phone() {
  let messages = 0
  const there = new PouchDB(url, { skip_setup: true, fetch: (...request) => { messages++; return PouchDB.fetch(...request) } })
  const here = new PouchDB(join(folder, 'grid'))
  const pace = { batch_size: Number(batch) }
  const both = () => here.sync(there, pace)
  const cases = {
    first: () => here.replicate.from(there, pace),
    settle: both, // its first upload lists every revision once; a phone in use has that behind it
    delta: async () => { await both() },
    'no-op': both,
  }
  say({ documents: 0 })
  for await (const order of orders) {
    if (order === 'end') process.exit(0)
    messages = 0
    await cases[order]()
    say({ messages, documents: (await here.info()).doc_count })
    // what the phone will have changed when the centre has changed its own
    if (order === 'settle') await change(here, 'up')
  }
}

await { serve, phone }[side]()
