// The visit form as plain facts: what is asked, what changed, what is confirmed, when to come again.
import {
  KNOCK_MINUTES,
  type FieldChange,
  type FieldKey,
  type HouseholdView,
  type NewVisit,
  type VisitOutcome,
} from '../../api/field'
import { dateOf, minuteOf, plusDays, type Instant } from '../../shared/moment'
import { disputed, known, same } from '../household/fields'

/** In the order of the pictures; refusal as ordinary as meeting. */
export const OUTCOMES = ['met', 'phoned', 'not_home', 'refused', 'moved_out', 'wrong_door'] as const

/** What is looked at on a visit, in the order in which one asks. */
export const ASKED: readonly FieldKey[] = [
  'household_size',
  'contact_phone',
  'use',
  'gas_hose',
  'smoke_alarm',
  'preferred_time',
]

/** Asked when there is reason to, one tap further away. 没变化 says nothing about these: nobody looked at them. */
export const FURTHER = {
  safety: ['wiring', 'exit'],
  other: ['occupancy', 'contact_name', 'contact_preference', 'notes'],
} as const satisfies Record<string, readonly FieldKey[]>
const further: readonly FieldKey[] = [...FURTHER.safety, ...FURTHER.other]

/** One of those was changed already. */
export const wentFurther = (changes: readonly FieldChange[]) =>
  changes.some((change) => further.includes(change.field))

/** A field as its row shows it: as it was, as it is said now, and whether two people disagree. */
export const asked = (field: FieldKey, view: HouseholdView, changes: readonly FieldChange[]) => ({
  field,
  before: known(view, field)?.value ?? null,
  after: changes.find((change) => change.field === field),
  conflict: disputed(view).some((f) => f.field === field),
})

/** Somebody answered, so the fields can be confirmed. The other outcomes skip them and set the next date. */
export const asksFields = (outcome: VisitOutcome) => outcome === 'met' || outcome === 'phoned'

/** Somebody lives behind this door, so far as one knows: who needs care may be found there. */
export const mayNeedCare = (outcome: VisitOutcome) => outcome !== 'moved_out' && outcome !== 'wrong_door'

/** In how many days to come again, if nobody says otherwise. */
const USUAL_DAYS: Record<VisitOutcome, number | null> = {
  met: 30,
  phoned: 30,
  not_home: 1,
  refused: 90,
  moved_out: null,
  wrong_door: null,
}
export const NEXT_DAYS: Record<VisitOutcome, readonly number[]> = {
  met: [7, 14, 30, 60],
  phoned: [7, 14, 30, 60],
  not_home: [1, 2, 3, 7],
  refused: [30, 60, 90],
  moved_out: [],
  wrong_door: [],
}

/** The day of the next visit after this outcome. */
export function usualNext(outcome: VisitOutcome, today: string): string | null {
  const days = USUAL_DAYS[outcome]
  return days === null ? null : plusDays(today, days)
}

/** Nobody knocks at that hour. */
export function quiet(at: Instant): boolean {
  const [from, until] = KNOCK_MINUTES
  return minuteOf(at) < from || minuteOf(at) >= until
}

/**
 * What was half written, opened again. On its own day and on its own side of the quiet hours it is the same visit; else somebody
 * stands at that door anew, now, and only the words of before are taken over, and on its own day what was reported meanwhile.
 */
export function resumed(half: NewVisit, fresh: NewVisit): NewVisit {
  const today = dateOf(half.started_at) === dateOf(fresh.started_at)
  if (today && quiet(half.started_at) === quiet(fresh.started_at)) return { ...fresh, ...half }
  const { changes, note, voice, incidents } = half
  return { ...fresh, changes, note, voice, incidents: today ? incidents : [] }
}

/** The changes with one more: a field changed back to what it was is no change. */
export function withChange(
  changes: readonly FieldChange[],
  next: FieldChange,
  view: HouseholdView,
): FieldChange[] {
  const others = changes.filter((change) => change.field !== next.field)
  const before = known(view, next.field)?.value
  return before && same(before, next) ? others : [...others, next]
}

/** What 没变化 says: everything that was asked, has a value, and did not change. */
export function confirmed(view: HouseholdView, visit: Pick<NewVisit, 'outcome' | 'changes'>): FieldKey[] {
  if (!asksFields(visit.outcome)) return []
  return ASKED.filter(
    (field) => known(view, field) && !visit.changes.some((change) => change.field === field),
  )
}

/** The visit as it is handed in. What an outcome skips is left out, also when it was filled in before. */
export function handedIn(visit: NewVisit, view: HouseholdView, endedAt: string): NewVisit {
  const changes = asksFields(visit.outcome) ? visit.changes : []
  return {
    ...visit,
    changes,
    confirmed: confirmed(view, { ...visit, changes }),
    ended_at: endedAt < visit.started_at ? visit.started_at : endedAt,
    note: visit.note?.trim() || null,
  }
}
