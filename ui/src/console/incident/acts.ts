// Who may do what now. The server folds and decides; this only keeps buttons away that could never work.
import type { IncidentAction, IncidentState, IncidentView, Person, PhotoStage } from '../../api/registry'

export type ActKind = IncidentAction['type']

const DESK = ['dispatcher', 'duty_chief']
const ENDED: readonly IncidentState[] = ['closed', 'evaluated', 'merged', 'not_filed', 'cancelled', 'draft']

/** The acts of this person on this incident now; the first is the one that moves it on. */
export function availableActs(view: IncidentView, person: Person): ActKind[] {
  const { role } = person
  const acts: ActKind[] = []
  if (DESK.includes(role)) acts.push(...deskActs(view.state))
  if (role === 'handler' && handles(view, person)) acts.push(...officeActs(view.state))
  if (view.state === 'checking' && view.checker === person.id && ['checker', 'lead'].includes(role))
    acts.push('check_pass', 'check_fail')
  if (view.state === 'verifying' && ['checker', 'lead'].includes(role)) acts.push('verify_result')
  if (view.state === 'self_handled') {
    if (['lead', 'secretary'].includes(role)) acts.push('confirm_self')
    if (['lead', ...DESK].includes(role)) acts.push('reject_self')
  }
  if (!ENDED.includes(view.state)) acts.push('comment')
  return acts
}

function officeActs(state: IncidentState): ActKind[] {
  switch (state) {
    case 'dispatched':
      return ['feedback', 'start', 'return']
    case 'handling':
      return ['feedback', 'return']
    case 'suspended':
      return ['resume']
    default:
      return []
  }
}

function deskActs(state: IncidentState): ActKind[] {
  switch (state) {
    case 'reported':
      return ['accept', 'ask_verify', 'refuse']
    case 'accepted':
      return ['file', 'refuse']
    case 'filed':
    case 'returned':
      return ['dispatch']
    case 'suspended':
      return ['resume']
    case 'feedback':
      return ['send_check']
    default:
      return []
  }
}

const handles = (view: IncidentView, { department }: Person) =>
  !!department && (view.owner === department || view.co_departments.includes(department))

/** What an act asks for before it can be sent. */
export type Need =
  | 'reason'
  | 'question'
  | 'note'
  | 'measure'
  | 'document'
  | 'text'
  | 'departments'
  | 'checker'
  | 'genuine'
  | 'photo'

const NEEDS: Partial<Record<ActKind, readonly Need[]>> = {
  refuse: ['reason'],
  reject_self: ['reason'],
  ask_verify: ['question'],
  dispatch: ['departments'],
  feedback: ['measure', 'photo', 'document'],
  send_check: ['checker'],
  check_pass: ['photo'],
  check_fail: ['reason', 'photo'],
  return: ['reason'],
  verify_result: ['genuine', 'note', 'photo'],
  comment: ['text'],
}
export const needsOf = (kind: ActKind): readonly Need[] => NEEDS[kind] ?? []

/** At which stage the photo of an act is taken. */
export const stageOf = (kind: ActKind): PhotoStage & ('after' | 'check') =>
  kind === 'feedback' ? 'after' : 'check'

const ROUND_BEGINS: Record<string, readonly ActKind[]> = {
  after: ['dispatch', 'check_fail', 'reopen'],
  check: ['send_check', 'ask_verify', 'reopen'],
}

/** Whether a photo of this stage was added since the round that asks for it began. */
export function hasProof(view: IncidentView, stage: PhotoStage): boolean {
  const begins = ROUND_BEGINS[stage] ?? []
  let proof = false
  for (const { event, applied } of view.events) {
    if (applied.type === 'no') continue
    const { action } = event
    if (begins.includes(action.type)) proof = false
    if (action.type === 'add_photo' && action.photo.stage === stage) proof = true
  }
  return proof
}

/** What a person has filled in. */
export type Answers = {
  words: string
  document: string
  owner: string
  co: string[]
  checker: string
  genuine: boolean
}

/** The action to send; none when something is still missing. */
export function actionOf(kind: ActKind, answers: Answers): IncidentAction | undefined {
  const words = answers.words.trim()
  const document = answers.document.trim() || null
  switch (kind) {
    case 'accept':
    case 'file':
    case 'confirm_self':
    case 'check_pass':
    case 'start':
    case 'resume':
      return { type: kind }
    case 'refuse':
    case 'reject_self':
    case 'check_fail':
    case 'return':
      return words ? { type: kind, reason: words } : undefined
    case 'ask_verify':
      return words ? { type: kind, question: words } : undefined
    case 'verify_result':
      return { type: kind, genuine: answers.genuine, note: words }
    case 'feedback':
      return words ? { type: kind, measure: words, document } : undefined
    case 'comment':
      return words ? { type: kind, text: words } : undefined
    case 'dispatch':
      return answers.owner
        ? {
            type: kind,
            owner: answers.owner,
            co_departments: answers.co.filter((id) => id !== answers.owner),
          }
        : undefined
    case 'send_check':
      return answers.checker ? { type: kind, checker: answers.checker } : undefined
    default:
      return undefined
  }
}
