import { expect, test } from 'vitest'
import { offlineFor, timeWord } from './time'

const NOW = Date.parse('2026-09-14T02:50:00Z')
const line = (left_ms: number | null, state: 'reported' | 'dispatched' | 'closed' = 'dispatched') => ({
  left_ms,
  state,
  received_at: '2026-09-14T02:38:00Z',
})

test('time that is left is calm, then soon, then over', () => {
  expect(timeWord(line(3 * 3_600_000), NOW)).toEqual({ tone: 'calm', words: '处置剩 3 小时' })
  expect(timeWord(line(55 * 60_000), NOW)).toEqual({ tone: 'soon', words: '处置剩 55 分' })
  expect(timeWord(line(-12 * 60_000), NOW)).toEqual({ tone: 'late', words: '处置超 12 分' })
})

test('after three days the hours are left out', () => {
  expect(timeWord(line(-(3 * 24 + 5) * 3_600_000), NOW)?.words).toBe('处置超 3 天')
  expect(timeWord(line((2 * 24 + 5) * 3_600_000), NOW)?.words).toBe('处置剩 2 天 5 小时')
})

test('before dispatch the wait at the desk is said, after the end nothing is', () => {
  expect(timeWord(line(null, 'reported'), NOW)).toEqual({ tone: 'calm', words: '已等 12 分' })
  expect(timeWord(line(null, 'closed'), NOW)).toBeUndefined()
})

test('half an hour on a phone is worth a word, less is not', () => {
  const late = (received_at: string) => offlineFor({ reported_at: '2026-09-14T01:12:00Z', received_at })
  expect(late('2026-09-14T02:38:00Z')).toBe('1 小时 26 分')
  expect(late('2026-09-14T01:41:59Z')).toBeUndefined()
})
