// Instants as a colleague would say them. The street lives on one clock (Shanghai, no daylight saving), so the
// words do not depend on the time zone that a phone or a test machine happens to have.
import { language, say } from './words'

const SHANGHAI_MS = 8 * 3_600_000
const DAY_MS = 86_400_000
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** An instant: RFC 3339 text, or milliseconds. A plain date `2026-09-14` is its midnight in Shanghai. */
export type Instant = string | number

export function ms(at: Instant): number {
  if (typeof at === 'number') return at
  return /^\d{4}-\d\d-\d\d$/.test(at) ? Date.parse(`${at}T00:00:00Z`) - SHANGHAI_MS : Date.parse(at)
}

const local = (at: Instant) => new Date(ms(at) + SHANGHAI_MS)
const two = (n: number) => String(n).padStart(2, '0')

/** `2026-09-14` in Shanghai. */
export const dateOf = (at: Instant) => local(at).toISOString().slice(0, 10)

/** Whole calendar days from the first to the second. */
export const daysBetween = (from: Instant, to: Instant) =>
  Math.round((Date.parse(dateOf(to)) - Date.parse(dateOf(from))) / DAY_MS)

/** The date so many days later. */
export const plusDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)

/** Which minute of the day it is in Shanghai. */
export const minuteOf = (at: Instant) => local(at).getUTCHours() * 60 + local(at).getUTCMinutes()

/** `9:12`, as in a sentence. */
export function clock(at: Instant) {
  const d = local(at)
  return `${d.getUTCHours()}:${two(d.getUTCMinutes())}`
}

/** `2026-09-14 09:12`, as in a stamp. */
export function stamp(at: Instant) {
  const d = local(at)
  return `${dateOf(at)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`
}

/** `9月14日` / `14 Sep`. */
export function day(at: Instant) {
  const d = local(at)
  return language() === 'en'
    ? `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`
    : `${d.getUTCMonth() + 1}月${d.getUTCDate()}日`
}

/** The same with its year where that is not this one: `2027年9月14日` / `14 Sep 2027`. */
export function dayWithYear(at: Instant, now: Instant) {
  const year = local(at).getUTCFullYear()
  if (year === local(now).getUTCFullYear()) return day(at)
  return language() === 'en' ? `${day(at)} ${year}` : `${year}年${day(at)}`
}

const WEEKDAYS = [
  'time.sunday',
  'time.monday',
  'time.tuesday',
  'time.wednesday',
  'time.thursday',
  'time.friday',
  'time.saturday',
] as const

/** `周一` / `Monday`. */
export const weekday = (at: Instant) => say(WEEKDAYS[local(at).getUTCDay()] ?? 'time.sunday')

/** `9月14日 周一` / `Monday 14 Sep`. */
export const fullDay = (at: Instant) =>
  language() === 'en' ? `${weekday(at)} ${day(at)}` : `${day(at)} ${weekday(at)}`

/** `今天`, `昨天`, `明天`, else the day. */
export function dayWord(at: Instant, now: Instant) {
  const days = daysBetween(at, now)
  if (days === 0) return say('time.today')
  if (days === 1) return say('time.yesterday')
  if (days === -1) return say('time.tomorrow')
  return dayWithYear(at, now)
}

/** `9:12` today, `昨天 9:12`, `9月2日 9:12`. */
export function when(at: Instant, now: Instant) {
  return daysBetween(at, now) === 0 ? clock(at) : `${dayWord(at, now)} ${clock(at)}`
}

/** `2 小时 10 分`, `40 分`, `3 天 2 小时`. Minutes are cut, not rounded: nobody is told more time than there is. */
export function span(duration: number) {
  const minutes = Math.floor(Math.abs(duration) / 60_000)
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  if (d > 0) return [say('time.days', { n: d }), h && say('time.hours', { n: h })].filter(Boolean).join(' ')
  if (h > 0)
    return [say('time.hours', { n: h }), m && say('time.minutes', { n: m })].filter(Boolean).join(' ')
  return say('time.minutes', { n: m })
}

/** `47:12`, `1:03:09`: a running watch. */
export function watch(duration: number) {
  const s = Math.max(0, Math.floor(duration / 1000))
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)]
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`
}
