// A care plan in words. A list says no type and nothing that somebody told; the plan's own page says what its consent allows.
import type {
  CareDetail,
  CareRow,
  CareView,
  ConsentStanding,
  PersonName,
  Role,
  SupportView,
} from '../../api/field'
import type zh from '../../locales/zh-CN.json'
import { day, dayWithYear, daysBetween, when, type Instant } from '../../shared/moment'
import { say } from '../../shared/words'

/** The class of care plans is read by these; others do not learn that there is one. */
export const readsCare = (role: Role | undefined) =>
  role !== undefined && ['worker', 'lead', 'secretary'].includes(role)

export const LEVELS = ['first', 'second', 'third'] as const
export const TYPES = [
  'living_alone',
  'empty_nest',
  'left_behind_elder',
  'dependent',
  'disabled',
  'child_in_need',
  'bereaved_parents',
  'low_income',
  'maternity',
  'temporary',
] as const
export const SCOPES = ['visits', 'help', 'contact', 'team'] as const
export const HOWS = ['spoken', 'written', 'guardian'] as const
export const NEED_KINDS = [
  'medical',
  'errand',
  'housework',
  'meals',
  'repair',
  'company',
  'supplies',
] as const
export const NEED_STATES = ['todo', 'doing', 'done'] as const
export const SUPPORT_KINDS = [
  'visit',
  'phone',
  'errand',
  'housework',
  'meals',
  'repair',
  'company',
  'supplies',
] as const
export const CARER_ROLES = ['volunteer', 'neighbour', 'partner', 'family'] as const
/** Why the words are opened, usually. */
export const reasons = () => ({
  visit: say('care.open.visit'),
  call: say('care.open.call'),
  handover: say('care.open.handover'),
})

const dotted = (...parts: (string | false | null | undefined)[]) =>
  parts.filter(Boolean).join(say('sign.dot'))

/** `昨天没见` would be wrong by a day in the evening: whole days, as the phone counts them. */
export function seenWords(row: CareRow): string {
  if (row.days_since_seen === null) return say('care.neverSeen')
  return row.days_since_seen === 0 ? say('care.seenToday') : say('care.seenDays', { n: row.days_since_seen })
}

/** `同意还剩 9 天`, so that somebody asks before it is over; nothing while its end is far. */
export function endsWords(row: CareRow): string {
  if (row.consent_ends_in === null) return ''
  return row.consent_ends_in === 0 ? say('care.endsToday') : say('care.endsIn', { n: row.consent_ends_in })
}

/** `关爱探访·9 天没见·同意还剩 9 天`, `续同意`: what is due, and never why. */
export function lineOf(row: CareRow): string {
  if (row.closed) return say('care.ended')
  if (row.standing === 'withdrawn') return say('care.noMore')
  if (!row.due) return seenWords(row)
  const what = say(`care.${row.due.why}`)
  return dotted(what, row.due.why === 'visit' && seenWords(row), endsWords(row))
}

/** The value at the right: how late, or until when. */
export function dueOf(row: CareRow, today: string): string {
  if (!row.due) return ''
  if (row.later.until) return day(row.later.until)
  if (row.overdue_days > 0) return say('care.late', { n: row.overdue_days })
  return daysBetween(today, row.due.day) === 0
    ? say('time.today')
    : say('care.dueOn', { day: day(row.due.day) })
}

/** What can be done now, and is offered at the thumb. */
export function actOf(detail: CareDetail): 'support' | 'consent' | 'reopen' {
  if (detail.row.closed) return 'reopen'
  if (detail.row.standing !== 'given') return 'consent'
  const { consent } = detail.view
  return consent.state === 'given' && consent.scope.includes('visits') ? 'support' : 'consent'
}

export const nameOf = (people: readonly PersonName[], id: string) =>
  people.find((person) => person.id === id)?.name ?? say('household.someone')

/** The consent's first line: whether, and until when. */
export function consentTitle(detail: CareDetail, now: Instant): string {
  const { consent } = detail.view
  const standing: ConsentStanding = detail.row.standing
  if (consent.state !== 'given') return say(`care.consent.${consent.state}`)
  const until = { day: dayWithYear(consent.expires, now) }
  return standing === 'expired' ? say('care.consent.expired', until) : say('care.consent.given', until)
}

/** What follows from it, or how it was given. */
export function consentText(detail: CareDetail, now: Instant): string {
  const { consent } = detail.view
  if (consent.state === 'pending') return say('care.consent.pendingText')
  if (consent.state === 'withdrawn')
    return say('care.consent.withdrawnText', {
      name: nameOf(detail.people, consent.by),
      at: when(consent.at, now),
    })
  if (detail.row.standing === 'expired') return say('care.consent.expiredText')
  if (detail.row.consent_ends_in !== null)
    return say('care.consent.endingText', { left: endsWords(detail.row) })
  const how = say(`care.how.${consent.latest.how}`)
  return say('care.consent.givenText', { how, witness: consent.latest.witness })
}

/** `上门·见到本人·一切如常`. */
export function supportTitle(seen: SupportView): string {
  const { support } = seen
  return dotted(
    say(`care.supportKind.${support.kind}`),
    say(support.seen ? 'care.support.seen' : 'care.support.notSeen'),
    support.as_usual && say('care.support.asUsual'),
  )
}

/** Last days to choose from: three months, half a year, a year. */
export function untilChoices(today: string): { value: string; months: number }[] {
  return [3, 6, 12].map((months) => ({ value: plusMonths(today, months), months }))
}

/** As long again as it was given for the last time, as far as that is one of the choices. */
export function untilAgain(consent: CareView['consent'], today: string): string | null {
  const choices = untilChoices(today)
  if (consent.state !== 'given') return choices[1]?.value ?? null
  const days = daysBetween(consent.latest.given_at, consent.latest.expires)
  const off = ({ months }: { months: number }) => Math.abs(months * 30.4 - days)
  return choices.reduce((best, choice) => (off(choice) < off(best) ? choice : best)).value
}

function plusMonths(date: string, months: number): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split('-').map(Number)
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate()
  const there = new Date(Date.UTC(year, month - 1 + months, Math.min(dayOfMonth, last)))
  return there.toISOString().slice(0, 10)
}

/** What an act that the centre did not take was. */
export const actWords = (what: string) => say(`care.act.${what as keyof typeof zh.care.act}`)

/** `142****0502`: a number shows its ends until it is asked for. */
export function masked(number: string): string {
  const digits = number.replaceAll(/\D/g, '')
  return digits.length < 8 ? '****' : `${digits.slice(0, 3)}****${digits.slice(-4)}`
}
