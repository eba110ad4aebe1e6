// Weeks, months and quarters of the calendar, as dates of the street.
import type { Period } from '../../api/field'
import { dayWithYear, plusDays, type Instant } from '../../shared/moment'
import { say } from '../../shared/words'

export const SPANS = ['week', 'month', 'quarter'] as const
export type Span = (typeof SPANS)[number]

const two = (n: number) => String(n).padStart(2, '0')
const MONTHS = { month: 1, quarter: 3 }

/** The week (from Monday), month or quarter that a date falls into. */
export function periodOf(span: Span, date: string): Period {
  if (span === 'week') {
    const monday = plusDays(date, -((new Date(date).getUTCDay() + 6) % 7))
    return { from: monday, until: plusDays(monday, 6) }
  }
  const [year = 0, month = 1] = date.split('-').map(Number)
  const first = month - ((month - 1) % MONTHS[span])
  const next = first + MONTHS[span]
  const from = `${year}-${two(first)}-01`
  return { from, until: plusDays(next > 12 ? `${year + 1}-01-01` : `${year}-${two(next)}-01`, -1) }
}

/** The one before or after it. */
export const beside = (span: Span, period: Period, step: -1 | 1) =>
  periodOf(span, step < 0 ? plusDays(period.from, -1) : plusDays(period.until, 1))

export const same = (one: Period, other: Period) => one.from === other.from && one.until === other.until

/** What a period is one of; nothing for one that was made elsewhere. */
export const spanOf = (period: Period) => SPANS.find((span) => same(periodOf(span, period.from), period))

/** `9月14日至9月20日`, with the years where they are not this one. */
export const periodWords = ({ from, until }: Period, now: Instant) =>
  say('visitReport.period', { from: dayWithYear(from, now), until: dayWithYear(until, now) })
