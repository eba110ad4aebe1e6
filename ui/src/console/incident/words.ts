// What an incident and its events are called on the screen.
import type { IncidentDetail, IncidentLine } from '../../api/registry'
import { language, say } from '../../shared/words'
import { sentence } from '../frame/sentence'

export const STATE_TONES: Record<IncidentLine['state'], 'neutral' | 'accent' | 'amber'> = {
  draft: 'neutral',
  reported: 'neutral',
  self_handled: 'neutral',
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

export const categoryName = (line: IncidentLine) =>
  language() === 'en' ? line.category_en : line.category_zh
export const titleOf = (line: IncidentLine) => `${line.place} ${categoryName(line)}`

type Event = IncidentDetail['view']['events'][number]
export type Chapter = {
  key: string
  dot: 'now' | 'past' | 'void'
  title: string
  who: string
  at: string
  text: string
  because: string
}

function named({ event }: Event, detail: IncidentDetail) {
  const { action } = event
  if (action.type === 'dispatch')
    return say('console.did.dispatch', { office: detail.departments[action.owner] ?? '' })
  if (action.type === 'set_severity') return say('console.did.set_severity', { level: action.severity })
  if (action.type === 'add_photo')
    return say('console.did.add_photo', { stage: say(`stage.${action.photo.stage}`) })
  if (action.type === 'add_step') return say('console.did.add_step', { what: action.what })
  if (action.type === 'move_step') return say('console.did.move_step', { who: action.lies_with })
  if (action.type === 'ask_owner') return say('console.did.ask_owner', { who: action.addressee })
  if (action.type === 'register_fallback')
    return say('console.did.register_fallback', { office: detail.departments[action.unit] ?? '' })
  if (action.type === 'end_step') {
    const step = detail.view.course?.steps?.find(({ event }) => event === action.step)
    const named = step?.kind === 'inquiry' ? step.lies_with : step?.what
    return say('console.did.end_step', {
      step: named ?? '…',
      how: say(`incident.outcomeOf.${action.outcome}`),
    })
  }
  if (action.type === 'verify_result')
    return say(action.genuine ? 'console.did.genuine' : 'console.did.notGenuine')
  return say(`console.did.${action.type}`)
}

/** The words that somebody typed. */
function said({ event: { action } }: Event, detail: IncidentDetail): string {
  switch (action.type) {
    case 'submit':
      return action.without_photo_because ?? ''
    case 'self_handle':
    case 'make_safe':
      return action.measure
    case 'start_notice':
      return action.place
    case 'add_step':
      return action.lies_with
    case 'feedback':
      return [action.measure, action.document].filter(Boolean).join(' ')
    case 'ask_verify':
      return action.question
    case 'verify_result':
      return action.note
    case 'comment':
      return action.text
    case 'dispatch':
      return action.co_departments.length
        ? say('console.withOffices', {
            offices: action.co_departments.map((id) => detail.departments[id]).join(say('sync.and')),
          })
        : ''
    case 'refuse':
    case 'reject_self':
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
      return action.reason
    case 'set_severity':
      return action.reason ?? ''
    case 'call_back':
    case 'report_in':
    case 'set_ownership':
    case 'record_fulfilment':
    case 'end_step':
    case 'ask_owner':
    case 'register_fallback':
      return action.note
    case 'evaluate':
      return action.opinion
    case 'meeting':
      return [action.with, action.agreed].join(say('sign.colon'))
    case 'conclude_dispute':
      return action.outcome
    default:
      return ''
  }
}

/** What happened, newest first; an event that did not take effect stands in its place, with the reason. */
export function chaptersOf(detail: IncidentDetail): Chapter[] {
  const events = [...detail.view.events].reverse()
  const current = events.findIndex((one) => one.applied.type === 'yes')
  return events.map((one, index) => ({
    key: one.event.id,
    dot: one.applied.type === 'no' ? 'void' : index === current ? 'now' : 'past',
    title: named(one, detail),
    who: `${say(`role.${one.event.act.role}`)} ${detail.people[one.event.act.by] ?? ''}`,
    at: one.event.act.recorded_at,
    text: said(one, detail),
    because: one.applied.type === 'no' ? sentence(one.applied.because) : '',
  }))
}
