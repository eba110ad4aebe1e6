// 已合并: what a colleague wrote here since this worker was last at it. Fields that both wrote are a conflict and have a
// page of their own; the others come together without a question, and that is said once, quietly.
import type { FieldKey, HouseholdView, PersonName } from '../../api/field'
import { when } from '../../shared/moment'
import { say } from '../../shared/words'

export type Merged = { by: string[]; fields: FieldKey[]; at: string }

/** When this worker last went, wrote or checked something here; nothing for who never did. */
function lastOwn(view: HouseholdView, me: string): string | null {
  const written = view.fields.flatMap(({ values }) => values).filter(({ by }) => by === me)
  const added = view.visits.flatMap(({ amendments }) => amendments).filter(({ by }) => by === me)
  const went = view.visits.filter(({ by }) => by === me).map((visit) => visit.recorded_at)
  const times = [...went, ...written.map(({ at }) => at), ...added.map(({ at }) => at)]
  return times.reduce<string | null>(
    (last, at) => (last === null || Date.parse(at) > Date.parse(last) ? at : last),
    null,
  )
}

/**
 * Whose values now stand that this worker has not been here since. A worker who was never here has nothing that they
 * could have come together with. Gone by itself once the worker has been here again.
 */
export function mergedOf(view: HouseholdView, me: string): Merged | null {
  const since = lastOwn(view, me)
  if (since === null) return null
  const news = view.fields.flatMap(({ field, values }) => {
    const [value] = values
    const theirs = value && values.length === 1 && value.by !== me && Date.parse(value.at) > Date.parse(since)
    return theirs ? [{ field, by: value.by, at: value.at }] : []
  })
  const newest = [...news].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const [last] = newest
  if (!last) return null
  return {
    by: [...new Set(newest.map(({ by }) => by))],
    fields: news.map(({ field }) => field),
    at: last.at,
  }
}

/** `已合并 周岚 的更新：方便时间·9:40` */
export function mergedWords(merged: Merged, people: readonly PersonName[], now: number): string {
  const names = merged.by.map((id) => people.find((p) => p.id === id)?.name ?? say('household.someone'))
  const what = merged.fields.map((field) => say(`field.${field}`))
  return say('household.merged', {
    name: [...new Set(names)].join(say('sign.list')),
    what: what.join(say('sign.list')),
    at: when(merged.at, now),
  })
}
