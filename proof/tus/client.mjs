// Uploads files with tus-js-client and breaks off at random: in the middle of a piece, between two, and now and then for
// good. Ends when each has arrived. `node client.mjs URL TOKEN SEED FILE…`; one line of JSON on standard output.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Upload } from 'tus-js-client'

const [url, token, seed, ...files] = process.argv.slice(2)
let state = Number(seed) >>> 0
function dice() {
  state = (state + 0x6d2b79f5) >>> 0
  let n = Math.imul(state ^ (state >>> 15), state | 1)
  n ^= n + Math.imul(n ^ (n >>> 7), n | 61)
  return ((n ^ (n >>> 14)) >>> 0) / 4294967296
}
const counted = { files: files.length, aborted: 0, resumed: 0, terminated: 0 }

/** One go; answers where to go on, or nothing when it has arrived. */
function go(bytes, hash, from) {
  return new Promise((done, fail) => {
    const breaks = dice() < 0.75 ? 1 + Math.floor(dice() * 6) : Infinity
    let seen = 0
    let over = false
    const upload = new Upload(bytes, {
      endpoint: `${url}/blobs`,
      uploadUrl: from,
      headers: { authorization: `Bearer ${token}` },
      metadata: { hash },
      chunkSize: 8_192 + Math.floor(dice() * 65_536),
      retryDelays: [0, 20, 50, 100],
      onProgress: () => {
        seen += 1
        if (over || seen < breaks) return
        over = true
        const forGood = dice() < 0.2
        counted.aborted += 1
        // not inside its own event: an abort is somebody else's doing
        setImmediate(() =>
          upload.abort(forGood).then(() => {
            if (forGood) counted.terminated += 1
            done(forGood ? null : (upload.url ?? null))
          }, fail),
        )
      },
      onError: (error) => (over ? undefined : fail(error)),
      onSuccess: () => {
        over = true
        done(undefined)
      },
    })
    upload.start()
  })
}

for (const file of files) {
  const bytes = readFileSync(file)
  const hash = createHash('sha256').update(bytes).digest('hex')
  for (let from = null, goes = 0; from !== undefined; goes += 1) {
    if (goes > 200) throw new Error(`${file} does not arrive`)
    if (from) counted.resumed += 1
    from = await go(bytes, hash, from)
  }
}
console.log(JSON.stringify(counted))
