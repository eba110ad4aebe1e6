// Sub-tasks of a case: the milestones of an errand (代办) with the words in which a resident hears of them, and the inquiries
// about a part that nobody owns.
import type { Course, IncidentDetail, Step } from '../../api/field'
import { dateOf, day, when } from '../../shared/moment'
import { say } from '../../shared/words'
import type { Act } from './acts'

/** 代办 */
export const ERRAND = 'E06001'
export const isErrand = (category: string) => category === ERRAND

/** What an act is called on this case: an errand is not settled between parties, it is run. */
export const nameOf = (act: Act, { row }: Pick<IncidentDetail, 'row'>): string =>
  act === 'self_handle' && isErrand(row.category) ? say('incident.errand.finish') : say(`incident.do.${act}`)

export const milestones = (course: Course | undefined): Step[] =>
  (course?.steps ?? []).filter((step) => step.kind === 'milestone')
export const inquiries = (course: Course | undefined): Step[] =>
  (course?.steps ?? []).filter((step) => step.kind === 'inquiry')

/** Its last day is over, and it has not ended. */
export const isLate = (step: Step, now: number) => !step.end && !!step.due && step.due < dateOf(now)

/** Steps that count: what turned out not to be needed is none of them. */
export function progress(steps: readonly Step[]): { done: number; of: number } {
  const counted = steps.filter((step) => step.end?.outcome !== 'not_needed')
  return { done: counted.filter((step) => step.end).length, of: counted.length }
}

/** Where a step is, in one line. */
export function standing(step: Step, now: number): string {
  if (step.end) return say(`incident.stepEnd.${step.end.outcome}`, { at: when(step.end.at, now) })
  const parts = [
    step.lies_with && say('incident.errand.liesWith', { who: step.lies_with }),
    step.due && say('incident.errand.dueBy', { day: day(step.due) }),
  ]
  return parts.filter(Boolean).join(say('sign.comma')) || say('incident.errand.open')
}

/** How an errand ended, in the words of whoever ended it. */
function ending(detail: IncidentDetail): string | null {
  const { state, events } = detail.view
  const applied = events.filter(({ applied }) => applied.type === 'yes').map(({ event }) => event.action)
  if (state === 'cancelled') return say('incident.tell.cancelled')
  const refused = applied.findLast((action) => action.type === 'refuse')
  if (state === 'not_filed')
    return say('incident.tell.refused', { why: refused?.type === 'refuse' ? refused.reason : '' })
  const handled = applied.findLast((action) => action.type === 'self_handle' || action.type === 'feedback')
  const over = ['self_handled', 'feedback', 'checking', 'closed', 'evaluated'].includes(state)
  return over && handled && 'measure' in handled
    ? say('incident.tell.finished', { how: handled.measure })
    : null
}

/**
 * What is told to the resident: number, progress, the next step with where it lies and until when. Nothing of it is about a
 * person: neither names nor the door are in it, nor the words of whoever reported it.
 */
export function toTell(detail: IncidentDetail): string[] {
  const steps = milestones(detail.view.course)
  const lines = [say('incident.tell.head', { no: detail.row.local_no })]
  const ended = ending(detail)
  if (ended) return [...lines, ended]
  const { done, of } = progress(steps)
  if (of === 0) return [...lines, say('incident.tell.begun')]
  lines.push(say('incident.tell.progress', { done, of }))
  const last = steps.findLast((step) => step.end?.outcome === 'done')
  if (last?.end) lines.push(say('incident.tell.last', { what: last.what, day: day(last.end.at) }))
  const next = steps.find((step) => !step.end)
  if (next) {
    lines.push(say('incident.tell.next', { what: next.what }))
    if (next.lies_with) lines.push(say('incident.tell.where', { who: next.lies_with }))
    if (next.due) lines.push(say('incident.tell.day', { day: day(next.due) }))
  }
  return lines
}
