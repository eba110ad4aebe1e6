// What a phone does to show a work card, written a second time: it enrols with a key of its own and signs codes
// (core/src/work_card.rs). Answers with the address that a resident scans.
import { generateKeyPairSync, sign } from 'node:crypto'

export async function carrier(base, code) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const answer = await fetch(`${base}/api/device/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      code,
      public_key: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
      app: 'browser test',
    }),
  })
  const enrolled = await answer.json()
  if (!answer.ok) throw new Error(JSON.stringify(enrolled))
  const ahead = Date.parse(enrolled.server_time) - Date.now()
  return (minutesAgo = 0) => {
    const at = Buffer.alloc(8)
    at.writeBigUInt64BE(BigInt(Date.now() + ahead - minutesAgo * 60_000))
    const said = Buffer.concat([Buffer.of(1), Buffer.from(enrolled.device.replaceAll('-', ''), 'hex'), at])
    const signature = sign(null, Buffer.concat([Buffer.from('gridwalk work card 1\0'), said]), privateKey)
    return `${base}/verify#${Buffer.concat([said, signature]).toString('base64url')}`
  }
}
