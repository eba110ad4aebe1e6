// The file of what has not arrived, taken from the phone piece by piece: a picture at a time, so that the phone never holds all
// of them, and somebody who waits sees how far it is.
import { phone, type UnsentFile } from '../../api/field'

/** A file that is ready to be handed over. */
export type Packed = { file: File; told: UnsentFile }

/** How many pictures and recordings of all are in it so far. */
export type Told = (done: number, of: number) => void

/** `gridwalk-202609140932.zip` */
export const unsentName = (now: number) =>
  `gridwalk-${new Date(now).toISOString().slice(0, 16).replace(/\D/g, '')}.zip`

/** Nothing when whoever waited has gone meanwhile. */
export async function packUnsent(tell: Told, gone: () => boolean): Promise<Packed | null> {
  const told = await phone.beginUnsent()
  const of = told.photos + told.voices
  const pieces: ArrayBuffer[] = []
  tell(0, of)
  for (;;) {
    const piece = await phone.unsentPiece()
    if (gone()) return null
    if (piece.byteLength === 0) break
    pieces.push(piece)
    tell(Math.min(pieces.length, of), of)
  }
  return { file: new File(pieces, unsentName(phone.now()), { type: 'application/zip' }), told }
}
