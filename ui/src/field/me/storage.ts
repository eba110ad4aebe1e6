// What lies on this phone, as rows of a page.
import type { Pile, Storage } from '../../api/field'
import { counted } from '../sync/words'

export type PileRow = {
  key: 'records' | 'onlyHere' | 'awaiting' | 'stays' | 'mayGo'
  bytes: number
  /** Photos and voice notes; records are not counted. */
  pile?: Pile
}

/** Records first, then photos and voice notes from the least safe to the safest; an empty pile needs no row. */
export function piles(storage: Storage): PileRow[] {
  const rows: PileRow[] = [
    { key: 'records', bytes: storage.records ?? 0 },
    { key: 'onlyHere', bytes: storage.only_here.bytes ?? 0, pile: storage.only_here },
    { key: 'awaiting', bytes: storage.awaiting_backup.bytes ?? 0, pile: storage.awaiting_backup },
    { key: 'stays', bytes: storage.stays.bytes ?? 0, pile: storage.stays },
    { key: 'mayGo', bytes: storage.may_go.bytes ?? 0, pile: storage.may_go },
  ]
  return rows.filter(({ pile }) => !pile || !isEmpty(pile))
}

export const isEmpty = ({ count, voices }: Pile) => count + voices === 0

/** `143 张照片、2 条语音`, without the part that is zero. */
export const contents = ({ count, voices }: Pile) => counted(0, count, voices)

/** Bytes in all. */
export function total(storage: Storage): number {
  return piles(storage).reduce((sum, row) => sum + row.bytes, 0)
}
