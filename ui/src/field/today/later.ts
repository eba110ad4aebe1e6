// 稍后 in words: how often something waited, why, and until when.
import type { Later } from '../../api/field'
import { day, plusDays } from '../../shared/moment'
import { say } from '../../shared/words'

export const REASONS = ['agreed', 'inconvenient', 'more_urgent', 'weather', 'other'] as const

/** What is offered, from tomorrow to as long as it may wait. */
const SPANS = [1, 3, 7]

export const waits = (later: Later) => later.until !== null

const dotted = (...parts: string[]) => parts.filter(Boolean).join(say('sign.dot'))

function because({ reason, words }: Later): string {
  if (words) return words
  return reason && reason !== 'other' ? say(`later.reason.${reason}`) : ''
}

/** `已推迟 1 次·约了改天`; nothing for what never waited. A number stays with what it counts. */
export const laterOf = (later: Later) =>
  later.times > 0
    ? dotted(say('later.times', { n: later.times }).replaceAll(' ', '\u00a0'), because(later))
    : ''

/** `等到9月16日·约了改天` */
export const waitsOf = (later: Later) =>
  later.until ? dotted(say('later.until', { day: day(later.until) }), because(later)) : ''

/** The days to choose from, each with its date. */
export const daysOf = (later: Later, today: string) =>
  SPANS.filter((days) => days <= later.days).map((value) => ({
    value,
    label: value === 1 ? say('later.tomorrow') : say('later.days', { n: value }),
    hint: day(plusDays(today, value)),
  }))
