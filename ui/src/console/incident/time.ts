// Time on the running clock, as a colleague would say it.
import type { IncidentLine } from '../../api/registry'
import { ms, span } from '../../shared/moment'
import { say } from '../../shared/words'

const SOON_MS = 2 * 3_600_000
const LATE_ARRIVAL_MS = 30 * 60_000
const WAITING: readonly IncidentLine['state'][] = ['reported', 'accepted', 'filed']

const DAY_MS = 24 * 3_600_000
const ROUGH_FROM_MS = 3 * DAY_MS

/** After three days the hours are noise. Days are cut like everything else. */
const rough = (duration: number) =>
  Math.abs(duration) < ROUGH_FROM_MS
    ? span(duration)
    : say('time.days', { n: Math.floor(Math.abs(duration) / DAY_MS) })

export type TimeWord = { tone: 'late' | 'soon' | 'calm'; words: string }

/** What is left of the handling clock, or since when the desk has it. */
export function timeWord(
  line: Pick<IncidentLine, 'left_ms' | 'received_at' | 'state'>,
  now: number,
): TimeWord | undefined {
  const left = line.left_ms
  if (left !== null && left !== undefined) {
    if (left < 0) return { tone: 'late', words: say('console.time.over', { span: rough(left) }) }
    return { tone: left < SOON_MS ? 'soon' : 'calm', words: say('console.time.left', { span: rough(left) }) }
  }
  if (!WAITING.includes(line.state)) return undefined
  const waited = Math.max(0, now - ms(line.received_at))
  return { tone: 'calm', words: say('console.time.waiting', { span: rough(waited) }) }
}

/** How long it lay on a phone without network; nothing below half an hour. A fact about the network. */
export function offlineFor({ reported_at, received_at }: Pick<IncidentLine, 'reported_at' | 'received_at'>) {
  const late = ms(received_at) - ms(reported_at)
  return late >= LATE_ARRIVAL_MS ? span(late) : undefined
}
