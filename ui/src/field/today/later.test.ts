import { describe, expect, test } from 'vitest'
import type { Later } from '../../api/field'
import { daysOf, laterOf, waitsOf } from './later'

const later = (over: Partial<Later> = {}): Later => ({
  times: 0,
  until: null,
  reason: null,
  words: null,
  days: 7,
  refused: null,
  ...over,
})

describe('what waits', () => {
  test('says how often and why, in the words of whoever put it off', () => {
    expect(laterOf(later())).toBe('')
    expect(laterOf(later({ times: 1, reason: 'agreed' }))).toBe('已推迟 1 次·约了改天')
    expect(laterOf(later({ times: 2, reason: 'other', words: '下周二才回来' }))).toBe(
      '已推迟 2 次·下周二才回来',
    )
    expect(laterOf(later({ times: 1, reason: 'other' }))).toBe('已推迟 1 次')
  })

  test('says until when, while that is ahead', () => {
    expect(waitsOf(later({ times: 1, reason: 'weather' }))).toBe('')
    expect(waitsOf(later({ times: 1, until: '2026-09-16', reason: 'weather' }))).toBe('等到9月16日·天气不好')
  })
})

test('no day is offered beyond what the phone allows', () => {
  expect(daysOf(later(), '2026-09-14').map(({ value, hint }) => [value, hint])).toEqual([
    [1, '9月15日'],
    [3, '9月17日'],
    [7, '9月21日'],
  ])
  expect(daysOf(later({ days: 1 }), '2026-09-14').map(({ label }) => label)).toEqual(['明天'])
  expect(daysOf(later({ days: 0 }), '2026-09-14')).toEqual([])
})
