// Sub-tasks as the real fold tells them, as far as the screens of the street need it; the real one is core/src/incident/stepping.rs.
import type { IncidentEvent, Ownerless, PossibleAct, Role, Step } from '../../generated/phone'
import { dateOf, plusDays } from '../../../shared/moment'

const ANSWER_DAYS = 3
const NOTICE_DAYS = 15
const DESK: readonly Role[] = ['dispatcher', 'duty_chief']
export const ERRAND = 'E06001'

export function stepsOf(events: readonly IncidentEvent[]): Step[] {
  const steps: Step[] = []
  for (const { id: event, act, action } of events) {
    const added = { event, by: act.by, at: act.recorded_at, end: null, proposed: null }
    if (action.type === 'add_step')
      steps.push({
        ...added,
        kind: 'milestone',
        what: action.what,
        lies_with: action.lies_with,
        due: action.wanted ?? null,
      })
    if (action.type === 'ask_owner')
      steps.push({
        ...added,
        kind: 'inquiry',
        what: action.note,
        lies_with: action.addressee,
        due: plusDays(dateOf(act.recorded_at), ANSWER_DAYS),
      })
    const step = 'step' in action ? steps.find((one) => one.event === action.step) : undefined
    if (step && action.type === 'move_step')
      Object.assign(step, { lies_with: action.lies_with, due: action.wanted ?? null })
    if (step && action.type === 'end_step') {
      const end = { outcome: action.outcome, note: action.note, by: act.by, at: act.recorded_at }
      if (step.kind === 'inquiry' && !DESK.includes(act.role)) step.proposed = end
      else Object.assign(step, { end, proposed: null })
    }
  }
  return steps
}

export function ownerlessOf(events: readonly IncidentEvent[]): Ownerless | null {
  const made_safe = events.flatMap(({ act, action }) =>
    action.type === 'make_safe'
      ? [{ unit: action.unit ?? null, measure: action.measure, by: act.by, at: act.recorded_at }]
      : [],
  )
  const hung = events.findLast(({ action }) => action.type === 'start_notice')
  const notice =
    hung?.action.type === 'start_notice'
      ? {
          at: hung.act.recorded_at,
          until: plusDays(dateOf(hung.act.recorded_at), NOTICE_DAYS),
          place: hung.action.place,
        }
      : null
  return made_safe.length || notice ? { made_safe, notice, fallback: null } : null
}

/** What 林晓 may do about them. */
export function stepVerbs(category: string, steps: readonly Step[], whose: string | null): PossibleAct[] {
  const open = (kind: Step['kind']) => steps.some((step) => step.kind === kind && !step.end)
  const verbs: PossibleAct[] = []
  if (category === ERRAND) verbs.push('add_step')
  if (open('milestone')) verbs.push('end_step')
  if (open('inquiry')) verbs.push('tell_answer')
  if (whose === 'unclear' || whose === 'ownerless') verbs.push('make_safe')
  return verbs
}

/** The day on which somebody looks after them again. */
export const followDay = (steps: readonly Step[]): string | null =>
  steps.flatMap((step) => (!step.end && step.due ? [step.due] : [])).sort()[0] ?? null
