// What can be done to an incident: what each act asks for, what is still missing, and the event it becomes. The phone
// says which of them are possible; nothing here decides that.
import type {
  Course,
  DisputeRoute,
  DisputeStage,
  DisputeTier,
  IncidentAction,
  IncidentDetail,
  OwnershipState,
  PhotoStage,
  PossibleAct,
} from '../../api/field'
import { dateOf, plusDays } from '../../shared/moment'
import type { WordKey } from '../../shared/words'

/** Words and photos are the two buttons at the foot; what is done about a step stands at that step. */
const ELSEWHERE = ['comment', 'add_photo', 'add_step', 'end_step', 'tell_answer'] as const
/** Acts that have a sheet of their own. */
export type Act = Exclude<PossibleAct, (typeof ELSEWHERE)[number]>

export type Ask =
  | 'photo'
  | 'yes'
  | 'level'
  | 'until'
  | 'offices'
  | 'with'
  | 'ownership'
  | 'stage'
  | 'parties'
  | 'followUp'
  | 'route'
  | 'words'
  | 'document'

const ASKS: Record<Act, readonly Ask[]> = {
  cancel: ['words'],
  verify_result: ['photo', 'yes', 'words'],
  check: ['photo', 'yes', 'words'],
  confirm: ['yes', 'words'],
  self_handle: ['words'],
  start: [],
  return: ['words'],
  feedback: ['photo', 'words', 'document'],
  request_suspension: ['until', 'words'],
  resume: [],
  request_extension: ['until', 'words'],
  report_in: ['words'],
  whistle: ['offices', 'words'],
  notify: ['offices', 'words'],
  meeting: ['with', 'words'],
  supervise: ['words'],
  set_ownership: ['ownership', 'words'],
  record_dispute: ['stage', 'parties', 'followUp'],
  escalate: ['words'],
  conclude_dispute: ['yes', 'route', 'words'],
  record_fulfilment: ['yes', 'words'],
  raise: ['level', 'words'],
  make_safe: ['words'],
}
export const asksOf = (act: Act): readonly Ask[] => ASKS[act]

/** The acts that move the case on; they stand on the page, the others behind one button. */
const FORWARD: readonly Act[] = [
  'verify_result',
  'check',
  'confirm',
  'report_in',
  'start',
  'feedback',
  'resume',
  'self_handle',
]
export const isAct = (act: PossibleAct): act is Act => !(ELSEWHERE as readonly PossibleAct[]).includes(act)
/** In the order of `FORWARD`, so that an office starts before it answers; each once. */
export const forward = ({ possible }: IncidentDetail): Act[] =>
  FORWARD.filter((act) => possible.includes(act))
export const aside = ({ possible }: IncidentDetail): Act[] =>
  [...new Set(possible.filter(isAct))].filter((act) => !FORWARD.includes(act))

/** At which stage the photo of an act is taken. */
export const stageOf = (act: Act): PhotoStage => (act === 'feedback' ? 'after' : 'check')

/** Acts whose words may stay empty. */
const WORDLESS: readonly Act[] = ['verify_result', 'report_in', 'set_ownership', 'record_fulfilment', 'raise']

export type Answers = {
  yes: 'yes' | 'no' | null
  level: number | null
  until: string | null
  offices: string[]
  with: string
  ownership: OwnershipState | null
  stage: DisputeStage | null
  parties: number | null
  followUp: string | null
  route: DisputeRoute | null
  words: string
  document: string
}
export const blank = (): Answers => ({
  yes: null,
  level: null,
  until: null,
  offices: [],
  with: '',
  ownership: null,
  stage: null,
  parties: null,
  followUp: null,
  route: null,
  words: '',
  document: '',
})

/** Photos of the stage that an act asks for, since the round began that asks for it. */
export function proofs(detail: IncidentDetail, act: Act): number {
  const stage = stageOf(act)
  const begins =
    stage === 'after' ? ['dispatch', 'check_fail', 'reopen'] : ['send_check', 'ask_verify', 'reopen']
  let proof = 0
  for (const { event, applied } of detail.view.events) {
    if (applied.type === 'no') continue
    if (begins.includes(event.action.type)) proof = 0
    if (event.action.type === 'add_photo' && event.action.photo.stage === stage) proof += 1
  }
  return proof
}

const filled = (answers: Answers, ask: Ask): boolean => {
  switch (ask) {
    case 'offices':
      return answers.offices.length > 0
    case 'with':
      return answers.with.trim() !== ''
    case 'yes':
    case 'level':
    case 'until':
    case 'ownership':
    case 'stage':
    case 'parties':
    case 'route':
      return answers[ask] !== null
    default:
      return true
  }
}

/** What has to be there before it can be saved, as a sentence; nothing when all is there. */
export function lacking(act: Act, answers: Answers, photos: number, errand = false): WordKey | null {
  const asks = asksOf(act)
  if (asks.includes('offices') && !filled(answers, 'offices')) return 'errors.MISSING_DEPARTMENT'
  if (!asks.every((ask) => filled(answers, ask))) return 'incident.choose'
  const worded = answers.words.trim() !== ''
  const optional =
    (WORDLESS.includes(act) && !(errand && act === 'verify_result')) ||
    !asks.includes('words') ||
    ((act === 'check' || act === 'confirm') && answers.yes === 'yes')
  if (!optional && !worded) return 'errors.MISSING_REASON'
  // What was run for somebody is told in words; there is nothing to photograph.
  if (errand) return null
  if (act === 'feedback' && photos === 0 && !answers.document.trim()) return 'incident.photoOrPaper'
  const shown = act === 'verify_result' || (act === 'check' && answers.yes === 'yes')
  return shown && photos === 0 ? 'incident.needsPhoto' : null
}

const ABOVE: Record<DisputeTier, DisputeTier> = {
  first: 'sitting',
  sitting: 'receiving',
  receiving: 'joint',
  joint: 'joint',
}
export const tierAbove = (course: Course | undefined): DisputeTier => ABOVE[course?.dispute?.tier ?? 'first']

/** The call that this office has not answered yet. */
export const openCall = (course: Course | undefined, office: string | null | undefined) =>
  course?.calls.find(
    (call) =>
      !!office &&
      call.departments.includes(office) &&
      !call.answers.some((answer) => answer.department === office),
  )

/** Days that can be named, every one of the coming week among them (“Friday”), each until the offices close. */
export const dayChoices = (now: number): string[] =>
  [1, 2, 3, 4, 5, 6, 7, 14].map((n) => plusDays(dateOf(now), n))
export const closingOf = (day: string) => `${day}T17:30:00+08:00`

/** The event that the answers make; none while something is missing. */
export function actionOf(
  act: Act,
  answers: Answers,
  detail: IncidentDetail,
  office: string | null | undefined,
): IncidentAction | null {
  const words = answers.words.trim()
  const yes = answers.yes === 'yes'
  const { course } = detail.view
  switch (act) {
    case 'cancel':
    case 'return':
      return { type: act, reason: words }
    case 'verify_result':
      return { type: act, genuine: yes, note: words }
    case 'check':
      return yes ? { type: 'check_pass' } : { type: 'check_fail', reason: words }
    case 'confirm':
      return yes ? { type: 'confirm_self' } : { type: 'reject_self', reason: words }
    case 'self_handle':
    case 'make_safe':
      return { type: act, measure: words }
    case 'start':
    case 'resume':
      return { type: act }
    case 'feedback':
      return { type: act, measure: words, document: answers.document.trim() || null }
    case 'request_suspension':
    case 'request_extension':
      return answers.until ? { type: act, until: closingOf(answers.until), reason: words } : null
    case 'report_in': {
      const call = openCall(course, office)
      return call ? { type: act, call: call.event, note: words } : null
    }
    case 'whistle':
    case 'notify':
      return { type: act, departments: answers.offices, reason: words }
    case 'meeting':
      return { type: act, with: answers.with.trim(), agreed: words }
    case 'supervise':
      return { type: act, level: (course?.supervised ?? 0) + 1, reason: words }
    case 'set_ownership':
      return answers.ownership ? { type: act, ownership: answers.ownership, note: words } : null
    case 'record_dispute':
      return answers.stage && answers.parties
        ? { type: act, stage: answers.stage, parties: answers.parties, follow_up: answers.followUp }
        : null
    case 'escalate':
      return { type: act, tier: tierAbove(course), reason: words }
    case 'conclude_dispute':
      return answers.route ? { type: act, route: answers.route, success: yes, outcome: words } : null
    case 'record_fulfilment':
      return { type: act, fulfilled: yes, note: words }
    case 'raise':
      return answers.level ? { type: 'set_severity', severity: answers.level, reason: words || null } : null
  }
}
