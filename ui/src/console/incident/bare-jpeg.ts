// Browsers write a colour profile into every JPEG. The centre keeps photos without any metadata, so it is taken out.

const SCAN = 0xda
const JFIF = 0xe0

/** The same picture without application segments (other than JFIF) and comments. */
export function bareJpeg(jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept: Uint8Array[] = [jpeg.subarray(0, 2)]
  let at = 2
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== SCAN) {
    const marker = jpeg[at + 1] ?? 0
    const end = at + 2 + (jpeg[at + 2] ?? 0) * 256 + (jpeg[at + 3] ?? 0)
    const says = (marker > JFIF && marker <= 0xef) || marker === 0xfe
    if (!says) kept.push(jpeg.subarray(at, end))
    at = end
  }
  kept.push(jpeg.subarray(at))
  const bare = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0))
  let place = 0
  for (const part of kept) {
    bare.set(part, place)
    place += part.length
  }
  return bare
}
