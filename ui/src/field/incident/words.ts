// An incident in words: its state, what each event says, how long is left.
import type {
  Applied,
  DeadlineRule,
  IncidentAction,
  IncidentDetail,
  IncidentRow,
  IncidentState,
  Photo,
} from '../../api/field'
import { clock, dayWord, when } from '../../shared/moment'
import { language, say } from '../../shared/words'

const TONES: Record<IncidentState, 'neutral' | 'accent' | 'amber' | 'red'> = {
  draft: 'neutral',
  reported: 'accent',
  self_handled: 'accent',
  verifying: 'accent',
  accepted: 'accent',
  not_filed: 'neutral',
  filed: 'accent',
  dispatched: 'accent',
  handling: 'accent',
  returned: 'amber',
  suspended: 'amber',
  feedback: 'accent',
  checking: 'accent',
  closed: 'neutral',
  evaluated: 'neutral',
  merged: 'neutral',
  cancelled: 'neutral',
}
const ENDED: readonly IncidentState[] = ['closed', 'evaluated', 'merged', 'cancelled', 'not_filed']

export const toneOf = (state: IncidentState) => TONES[state]
export const hasEnded = (state: IncidentState) => ENDED.includes(state)

/** A category's name in the language on the screen. */
export const categoryOf = (row: Pick<IncidentRow, 'category_zh' | 'category_en'>) =>
  language() === 'en' ? row.category_en : row.category_zh

/** What was reported on a visit, case by case; a case that this phone does not hold any more is only counted. */
export const reportedWords = (ids: readonly string[], rows: readonly IncidentRow[]) =>
  ids.map((id, at) => {
    const row = rows.find((one) => one.id === id)
    return row
      ? { id, what: categoryOf(row), number: row.local_no }
      : { id, what: say('visit.caseNumber', { n: at + 1 }), number: '' }
  })

/** What an incident is called: the words of whoever reported it when they are short, else its category. */
export function titleOf(row: IncidentRow, description = ''): string {
  const words = description.trim()
  return words && [...words].length <= 20 ? words : categoryOf(row)
}

/** The first half of an event's line: who speaks. Desks and offices by role, people of the street by name. */
export function actorOf(detail: IncidentDetail, at: number, me: string): string {
  const event = detail.view.events[at]?.event
  if (!event) return ''
  if (event.act.by === me) return say('incident.you')
  const office = detail.departments.find((d) => d.id === event.department)?.name
  if (office) return office
  if (event.act.role === 'dispatcher' || event.act.role === 'duty_chief') return say(`role.${event.act.role}`)
  return detail.people.find((p) => p.id === event.act.by)?.name ?? say(`role.${event.act.role}`)
}

/** The second half: what was done. */
export function actOf(detail: IncidentDetail, action: IncidentAction): string {
  const office = (id: string) => detail.departments.find((d) => d.id === id)?.name ?? say('role.handler')
  switch (action.type) {
    case 'dispatch':
    case 'reassign':
      return say(`incident.act.${action.type}`, { office: office(action.owner) })
    case 'whistle':
    case 'notify':
      return say(`incident.act.${action.type}`, {
        offices: action.departments.map(office).join(say('sync.and')),
      })
    case 'verify_result':
      return say(action.genuine ? 'incident.act.genuine' : 'incident.act.notGenuine')
    case 'set_severity':
      return say('incident.act.set_severity', { level: action.severity })
    case 'call_back':
      return say('incident.act.call_back', { answer: say(`incident.satisfaction.${action.satisfaction}`) })
    case 'set_ownership':
      return say('incident.act.set_ownership', { ownership: say(`incident.ownership.${action.ownership}`) })
    case 'record_dispute':
      return say('incident.act.record_dispute', {
        stage: say(`incident.disputeStage.${action.stage}`),
        n: action.parties,
      })
    case 'escalate':
      return say('incident.act.escalate', { tier: say(`incident.tier.${action.tier}`) })
    case 'add_step':
      return say('incident.act.add_step', { what: action.what })
    case 'move_step':
      return say('incident.act.move_step', { who: action.lies_with })
    case 'ask_owner':
      return say('incident.act.ask_owner', { who: action.addressee })
    case 'register_fallback':
      return say('incident.act.register_fallback', { office: office(action.unit) })
    case 'end_step': {
      const step = detail.view.course?.steps?.find(({ event }) => event === action.step)
      const named = step?.kind === 'inquiry' ? step.lies_with : step?.what
      return say('incident.act.end_step', {
        step: named ?? '…',
        how: say(`incident.outcomeOf.${action.outcome}`),
      })
    }
    default:
      return say(`incident.act.${action.type}`)
  }
}

/** The person's own words that came with an event. */
export function wordsOf(action: IncidentAction): string | null {
  switch (action.type) {
    case 'submit':
      return action.without_photo_because
    case 'self_handle':
    case 'feedback':
    case 'make_safe':
      return action.measure
    case 'start_notice':
      return action.place
    case 'add_step':
      return action.lies_with || null
    case 'reject_self':
    case 'refuse':
    case 'check_fail':
    case 'cancel':
    case 'return':
    case 'reassign':
    case 'request_suspension':
    case 'request_extension':
    case 'deny':
    case 'change_checker':
    case 'reopen':
    case 'whistle':
    case 'notify':
    case 'supervise':
    case 'escalate':
    case 'open_original':
    case 'set_severity':
      return action.reason
    case 'ask_verify':
      return action.question
    case 'verify_result':
    case 'call_back':
    case 'report_in':
    case 'set_ownership':
    case 'record_fulfilment':
    case 'end_step':
    case 'ask_owner':
    case 'register_fallback':
      return action.note || null
    case 'evaluate':
      return action.opinion
    case 'meeting':
      return [action.with, action.agreed].join(say('sign.colon'))
    case 'conclude_dispute':
      return action.outcome
    case 'comment':
      return action.text
    default:
      return null
  }
}

/** Why an event did not take effect, and what became of it. The desk's acceptance is named with its time. */
export function whyNot(detail: IncidentDetail, applied: Applied): string | null {
  if (applied.type === 'yes') return null
  if (applied.because === 'CANCEL_AFTER_ACCEPT') {
    const accepted = detail.view.events.find((e) => e.event.action.type === 'accept')
    if (accepted) return say('incident.cancelTooLate', { at: clock(accepted.event.act.recorded_at) })
  }
  return say(`errors.${applied.because}`)
}

/** `4 工作时`. */
export const limitOf = (rule: DeadlineRule) => say(`incident.limit.${rule.unit}`, { n: rule.amount })

export type Countdown = {
  label: string
  value: string
  used: string
  rule: string
  percent: number
  late: boolean
}

/** Hours and minutes of working time: its days are shorter than the calendar's. */
function worked(duration: number): string {
  const minutes = Math.floor(Math.abs(duration) / 60_000)
  const [h, m] = [Math.floor(minutes / 60), minutes % 60]
  const parts = [h && say('time.hours', { n: h }), (m || !h) && say('time.minutes', { n: m })]
  return parts.filter(Boolean).join(' ')
}

/** What is left as working time runs, and the rule behind it in one sentence. */
export function countdown(detail: IncidentDetail, now: number): Countdown | null {
  const { row, view, clock: working } = detail
  if (!row.due || !working || hasEnded(row.state)) return null
  const { rule, left_ms: left, used_ms: used } = working
  const due = Date.parse(row.due)
  const start = Date.parse(view.dispatched_at ?? row.reported_at)
  const late = left < 0
  const rests = rule.unit !== 'emergency_hours'
  const parts = [
    say('incident.from', { at: `${dayWord(start, now)} ${clock(start)}` }),
    limitOf(rule),
    say('incident.dueBy', { at: `${dayWord(due, now)} ${clock(due)}` }),
  ]
  const pause = working.stands_until
    ? say('incident.stands', { at: when(working.stands_until, now) }) + say('sign.stop')
    : rests
      ? say('incident.pauses')
      : ''
  const gap = language() === 'en' && pause ? ' ' : ''
  const label = rests
    ? late
      ? 'incident.workOver'
      : 'incident.workLeft'
    : late
      ? 'incident.overBy'
      : 'incident.left'
  return {
    label: working.stands_until ? say('incident.standing') : say(label),
    value: worked(left),
    used: say('incident.used', { span: worked(used) }),
    rule: `${parts.join(say('sign.comma'))}${say('sign.stop')}${gap}${pause}`,
    percent: late ? 100 : Math.min(100, Math.round((used / Math.max(1, used + left)) * 100)),
    late,
  }
}

/** The photo that an after-photo is compared with: the first of how it was. */
export const photoBefore = (photos: readonly Photo[]) => photos.find((photo) => photo.stage === 'before')

/** How it was and how it is now; none until there are both. */
export function photoPair(photos: readonly Photo[]): [Photo, Photo] | null {
  const before = photoBefore(photos)
  const after = photos.findLast((photo) => photo.stage === 'after')
  return before && after ? [before, after] : null
}
