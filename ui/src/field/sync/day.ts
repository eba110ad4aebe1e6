// 今天应传和已到: what was written down today, and what of it has a receipt of the centre. Nothing else counts as arrived.
import type { SyncItem } from '../../api/field'
import { dateOf } from '../../shared/moment'
import { say } from '../../shared/words'

export type Part = { key: 'records' | 'photos' | 'voices'; due: number; arrived: number }
/** The same thing more than once, such as the photos of one case, is named once. */
export type Missing = { item: SyncItem; times: number; refused: boolean }
export type Day = { due: number; arrived: number; parts: Part[]; missing: Missing[]; earlier: number }

const arrived = ({ receipt }: SyncItem) => receipt.type === 'centre' || receipt.type === 'seen'
const partOf = ({ kind }: SyncItem): Part['key'] =>
  kind === 'voice' ? 'voices' : kind === 'photo' || kind === 'original' ? 'photos' : 'records'

function missingOf(items: readonly SyncItem[]): Missing[] {
  const found = new Map<string, Missing>()
  for (const item of items) {
    const key = [item.kind, item.document ?? item.id, item.title, item.receipt.type].join('|')
    const known = found.get(key)
    if (known) known.times += 1
    else found.set(key, { item, times: 1, refused: 'code' in item.receipt })
  }
  // what waits for a person stands before what goes by itself
  return [...found.values()].sort((a, b) => Number(b.refused) - Number(a.refused))
}

/** Both sides of the day's account. `earlier` are those of other days that have not arrived either. */
export function dayOf(items: readonly SyncItem[], now: number): Day {
  const today = items.filter((item) => dateOf(item.at) === dateOf(now))
  const left = today.filter((item) => !arrived(item))
  const parts = (['records', 'photos', 'voices'] as const).map((key): Part => {
    const of = today.filter((item) => partOf(item) === key)
    return { key, due: of.length, arrived: of.filter(arrived).length }
  })
  return {
    due: today.length,
    arrived: today.length - left.length,
    parts: parts.filter(({ due }) => due > 0),
    missing: missingOf(left),
    earlier: items.filter((item) => dateOf(item.at) < dateOf(now) && !arrived(item)).length,
  }
}

/** `走访·听雨苑 104`, `照片·3幢楼道堆物 ×2`. */
export const missingWords = ({ item, times }: Missing) =>
  [
    [say(`kind.${item.kind}`), item.title || say('patrol.free')].join(say('sign.dot')),
    times > 1 && say('sync.times', { n: times }),
  ]
    .filter(Boolean)
    .join(' ')

/** `今天应传 9，已到中心 4，还差 5：走访·听雨苑 104等`, in one line; nothing of a day on which nothing was written. */
export function dayWords({ due, arrived, missing }: Day): string {
  if (due === 0) return ''
  const [first] = missing
  if (!first) return say('sync.dayWhole', { n: due })
  const what = missingWords(first)
  return [
    say('sync.dayPart', { n: due, done: arrived, left: due - arrived }),
    missing.length > 1 ? say('sync.firstOf', { what }) : what,
  ].join(say('sign.colon'))
}
