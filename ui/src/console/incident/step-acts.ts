// What is done about the steps of a case: who may, what it asks for, and the event it becomes. The server decides.
import type { Course, IncidentAction, OwnershipState, Person, Step, StepOutcome } from '../../api/registry'

/** What stands in the dialog. */
export type StepAct =
  | { kind: 'add_step' }
  | { kind: 'move_step'; step: Step }
  | { kind: 'end_step'; step: Step }
  | { kind: 'set_ownership' }
  | { kind: 'make_safe' }
  | { kind: 'ask_owner' }
  | { kind: 'start_notice' }
  | { kind: 'register_fallback' }

export const ERRAND = 'E06001'
const DESK: readonly Person['role'][] = ['dispatcher', 'duty_chief']
const STEPPERS: readonly Person['role'][] = [...DESK, 'lead', 'secretary', 'handler', 'worker']

export const atDesk = ({ role }: Person) => DESK.includes(role)
export const maySteps = ({ role }: Person) => STEPPERS.includes(role)
export const maySafe = ({ role }: Person) => [...DESK, 'handler', 'lead', 'worker'].includes(role)

export const stepsOf = (course: Course | undefined, kind: Step['kind']): Step[] =>
  (course?.steps ?? []).filter((step) => step.kind === kind)
export const isLate = (step: Step, today: string) => !step.end && !!step.due && step.due < today

/** The panel is there for parts, and wherever somebody has spoken of whose it is. */
export const isAbout = (category: string, course: Course | undefined) =>
  category.startsWith('P') || !!course?.ownership || !!course?.ownership_proposed || !!course?.ownerless

export const OWNERSHIPS = ['known', 'unclear', 'ownerless'] as const satisfies readonly OwnershipState[]

/** How a step can end; silence only once its days are over. */
export function outcomesOf(step: Step, today: string): StepOutcome[] {
  if (step.kind === 'milestone') return ['done', 'not_needed']
  const answers: StepOutcome[] = ['ours', 'not_ours']
  if (isLate(step, today) || step.end) answers.push('no_answer')
  return answers.filter((outcome) => outcome !== step.end?.outcome)
}

export type StepAnswers = {
  what: string
  where: string
  wanted: string
  outcome: StepOutcome | ''
  ownership: OwnershipState | ''
  unit: string
  note: string
}

/** The dialog as it opens: where the step lies now, and what was proposed. */
export function begun(act: StepAct, course: Course | undefined): StepAnswers {
  const step = 'step' in act ? act.step : undefined
  return {
    what: '',
    where: act.kind === 'move_step' ? (step?.lies_with ?? '') : '',
    wanted: act.kind === 'move_step' ? (step?.due ?? '') : '',
    outcome: step?.proposed?.outcome ?? '',
    ownership: course?.ownership_proposed ?? '',
    unit: '',
    note: step?.proposed?.note ?? '',
  }
}

/** The event to send; the code of what is still missing otherwise. */
export function stepAction(act: StepAct, answers: StepAnswers): IncidentAction | string {
  const [what, where, note] = [answers.what.trim(), answers.where.trim(), answers.note.trim()]
  const wanted = answers.wanted || null
  switch (act.kind) {
    case 'add_step':
      return what ? { type: act.kind, what, lies_with: where, wanted } : 'MISSING_WORDS'
    case 'move_step':
      return where ? { type: act.kind, step: act.step.event, lies_with: where, wanted } : 'MISSING_WORDS'
    case 'end_step':
      return answers.outcome
        ? { type: act.kind, step: act.step.event, outcome: answers.outcome, note }
        : 'MISSING_ANSWER'
    case 'set_ownership':
      return answers.ownership ? { type: act.kind, ownership: answers.ownership, note } : 'MISSING_ANSWER'
    case 'make_safe':
      return note ? { type: act.kind, unit: answers.unit || null, measure: note } : 'MISSING_WORDS'
    case 'ask_owner':
      return where ? { type: act.kind, addressee: where, note } : 'MISSING_DEPARTMENT'
    case 'start_notice':
      return where ? { type: act.kind, place: where } : 'MISSING_PLACE'
    case 'register_fallback':
      return answers.unit ? { type: act.kind, unit: answers.unit, note } : 'MISSING_DEPARTMENT'
  }
}
