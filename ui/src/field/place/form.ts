// The check of a place as plain facts: what is asked, what is still open, how it is handed in.
import type { Answered, CheckAnswer, Checklist, Code, NewPlaceVisit, PlaceOutcome } from '../../api/field'

/** In the order of the buttons; a refusal is as ordinary as a check. */
export const OUTCOMES = ['checked', 'closed', 'refused', 'gone'] as const
export const ANSWERS = ['pass', 'fail', 'not_applicable'] as const

/** Days to choose from when somebody wants to come again at another time than the rule says. */
export const NEXT_DAYS: Record<PlaceOutcome, readonly number[]> = {
  checked: [3, 7, 30],
  closed: [1, 3, 7],
  refused: [3, 7, 30],
  gone: [],
}

/** The category of what a business asks for. */
export const REQUEST_CATEGORY = 'E06005'

export const answerOf = (visit: NewPlaceVisit, item: string) =>
  visit.answers.find((answered) => answered.item === item)

/** The answers with this one, in the order in which they are asked. */
export function withAnswer(
  answers: readonly Answered[],
  list: Checklist,
  item: string,
  answer: CheckAnswer,
): Answered[] {
  const before = answers.find((one) => one.item === item)
  // What was written of it stays: a thumb that slipped loses no words.
  const next = { item, answer, note: before?.note ?? null }
  return list.items.flatMap(({ id }) => {
    const other = answers.find((one) => one.item === id)
    return id === item ? [next] : other ? [other] : []
  })
}

/** Everything that is still open is in order; what was answered stays. */
export const allPass = (answers: readonly Answered[], list: Checklist): Answered[] =>
  list.items.map(
    ({ id }) => answers.find((one) => one.item === id) ?? { item: id, answer: 'pass' as const, note: null },
  )

/** Items without an answer, in their order. */
export const open = (visit: NewPlaceVisit, list: Checklist | null) =>
  visit.outcome === 'checked' && list
    ? list.items.filter(({ id }) => !answerOf(visit, id)).map(({ id }) => id)
    : []

/** What is missing before it can be saved. */
export const missing = (visit: NewPlaceVisit, list: Checklist | null): Code | null =>
  open(visit, list).length > 0 ? 'MISSING_ANSWER' : null

/** A leaflet is in the shop or it is not. */
export const toggled = (leaflets: readonly string[], leaflet: string) =>
  leaflets.includes(leaflet) ? leaflets.filter((one) => one !== leaflet) : [...leaflets, leaflet]

/** The visit as it is handed in. What an outcome skips is left out, also when it was filled in before. */
export function handedIn(visit: NewPlaceVisit, endedAt: string): NewPlaceVisit {
  const words = (text: string | null | undefined) => text?.trim() || null
  const answers = visit.outcome === 'checked' ? visit.answers : []
  return {
    ...visit,
    answers: answers.map((answered) => ({ ...answered, note: words(answered.note) })),
    ended_at: endedAt < visit.started_at ? visit.started_at : endedAt,
    request: words(visit.request),
    note: words(visit.note),
    next_due: visit.outcome === 'gone' ? null : visit.next_due,
  }
}
