import encode from 'qr'

/** Squares of nothing around a code, without which a camera does not find it. */
const QUIET = 4

/** A QR code as one path in a picture of `size` × `size` squares. */
export interface Squares {
  size: number
  path: string
}

/** Draws what a camera is to read: the dark squares of each row, those side by side as one. */
export function squares(text: string): Squares {
  const rows = encode(text, 'raw', { ecc: 'medium', border: QUIET })
  const path = rows.map((row, y) => {
    const line = row.map((dark) => (dark ? '#' : ' ')).join('')
    return [...line.matchAll(/#+/g)].map(({ 0: run, index }) => bar(index, y, run.length)).join('')
  })
  return { size: rows.length, path: path.join('') }
}

const bar = (x: number, y: number, long: number) => `M${x} ${y}h${long}v1h-${long}z`
