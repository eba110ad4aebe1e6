// What a place is called, how it was found last, and what is due there.
import type { Checklist, ChecklistName, NewPlaceVisit, PlaceRow } from '../../api/field'
import { day } from '../../shared/moment'
import { language, say } from '../../shared/words'

/** Kinds that the app has words and a picture for; the registry may know others. */
export const KINDS = ['shop', 'site', 'workshop', 'market', 'warehouse'] as const
export type PlaceKind = (typeof KINDS)[number] | 'other'

export const kindOf = (row: { kind: string }): PlaceKind => KINDS.find((kind) => kind === row.kind) ?? 'other'

/** A name that the registry says in both languages. */
export const named = (row: { name_zh: string; name_en: string }) =>
  language() === 'en' ? row.name_en : row.name_zh

/** `上次 12 天前`, `2 天前没开门`, `8 天前，1 项不合格`. */
export function lastWords(row: PlaceRow): string {
  const { days_since: days, last_outcome: outcome, last_failed: failed } = row
  if (days === null || outcome === null) return say('place.never')
  if (outcome === 'checked' && failed === 0)
    return days === 0 ? say('place.today') : say('place.lastDays', { n: days })
  if (outcome === 'checked') {
    const day = days === 0 ? say('time.today') : say('place.ago', { n: days })
    return day + say('sign.comma') + say('place.failed', { n: failed })
  }
  const what = say(`place.outcome.${outcome}`)
  if (days === 0) return say('household.todayOutcome', { outcome: what })
  if (days === 1) return say('household.yesterdayOutcome', { outcome: what })
  return say('household.daysOutcome', { n: days, outcome: what })
}

/** Where it is, or what, when nobody wrote down where. */
export const whereOf = (row: PlaceRow) => row.address ?? say(`place.kind.${kindOf(row)}`)

/** Where, and how it was last, in one line. */
export const lineOf = (row: PlaceRow) => [whereOf(row), lastWords(row)].join(say('sign.dot'))

/** The value at the right: since when too late, today, or the day; nothing of a place that is gone. */
export function dueOf(row: PlaceRow): string {
  if (row.due === null) return ''
  if (row.overdue_days > 0) return say('today.overdueDays', { n: row.overdue_days })
  return row.due_now ? say('time.today') : day(row.due)
}

/** The tint of the plate; what it says is printed beside it. */
export function groundOf(row: PlaceRow): 'quiet' | 'due' | 'late' | 'vacant' {
  if (row.due === null) return 'vacant'
  if (row.overdue_days > 0) return 'late'
  return row.due_now ? 'due' : 'quiet'
}

/** The list that a visit answered, if the phone still has it. */
export const listOf = (lists: readonly Checklist[], name: ChecklistName | null | undefined) =>
  lists.find((list) => list.kind === name?.kind && list.version === name.version)

/** What an item is called: by its list, or by its code when that is gone. */
export function itemWords(list: Checklist | undefined, item: string): string {
  const known = list?.items.find((one) => one.id === item)
  return known ? named(known) : item
}

/** What was found wanting, each with its note: `灭火器有效：压力在红区`. */
export const wanting = (visit: NewPlaceVisit, list: Checklist | undefined) =>
  visit.answers
    .filter(({ answer }) => answer === 'fail')
    .map(({ item, note }) => [itemWords(list, item), note].filter(Boolean).join(say('sign.colon')))
