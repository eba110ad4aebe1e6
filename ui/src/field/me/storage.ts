// What lies on this phone, as rows of a page.
import type { Storage } from '../../api/field'

export type PileRow = {
  key: 'records' | 'onlyHere' | 'awaiting' | 'mayGo'
  bytes: number
  /** Photos; records are not counted. */
  count?: number
}

/** Records first, then photos from the least safe to the safest; an empty pile of photos needs no row. */
export function piles(storage: Storage): PileRow[] {
  const rows: PileRow[] = [
    { key: 'records', bytes: storage.records ?? 0 },
    { key: 'onlyHere', bytes: storage.only_here.bytes ?? 0, count: storage.only_here.count },
    { key: 'awaiting', bytes: storage.awaiting_backup.bytes ?? 0, count: storage.awaiting_backup.count },
    { key: 'mayGo', bytes: storage.may_go.bytes ?? 0, count: storage.may_go.count },
  ]
  return rows.filter((row) => row.count !== 0)
}

/** Bytes in all. */
export function total(storage: Storage): number {
  return piles(storage).reduce((sum, row) => sum + row.bytes, 0)
}
