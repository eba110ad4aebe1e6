import { afterEach, describe, expect, test } from 'vitest'
import {
  clock,
  dateOf,
  day,
  dayWithYear,
  daysBetween,
  fullDay,
  plusDays,
  span,
  stamp,
  watch,
  weekday,
  when,
} from './moment'
import { words } from './words'

const NINE_TWELVE = '2026-09-14T01:12:00.000Z'

afterEach(() => (words.global.locale.value = 'zh-CN'))

describe('the street has one clock', () => {
  test('an instant is read in Shanghai wherever the phone thinks it is', () => {
    expect(clock(NINE_TWELVE)).toBe('9:12')
    expect(stamp(NINE_TWELVE)).toBe('2026-09-14 09:12')
    expect(dateOf('2026-09-13T16:00:00.000Z')).toBe('2026-09-14')
    expect(dateOf('2026-09-13T15:59:59.999Z')).toBe('2026-09-13')
  })

  test('a plain date is that day, not the evening before', () => {
    expect(day('2026-09-14')).toBe('9月14日')
    expect(dayWithYear('2026-12-31', '2026-09-14')).toBe('12月31日')
    expect(dayWithYear('2027-09-14', '2026-09-14')).toBe('2027年9月14日')
    expect(weekday('2026-09-14')).toBe('周一')
    expect(daysBetween('2026-08-09', '2026-09-14')).toBe(36)
    expect(plusDays('2026-12-30', 3)).toBe('2027-01-02')
  })
})

test('yesterday is a calendar day ago, not 24 hours', () => {
  const now = '2026-09-14T01:00:00.000Z'
  expect(when('2026-09-13T15:30:00.000Z', now)).toBe('昨天 23:30')
  expect(when(NINE_TWELVE, now)).toBe('9:12')
  expect(when('2026-09-02T01:05:00.000Z', now)).toBe('9月2日 9:05')
})

test('a span never promises more time than there is', () => {
  expect(span(2 * 3_600_000 + 10 * 60_000 + 59_999)).toBe('2 小时 10 分')
  expect(span(3_600_000)).toBe('1 小时')
  expect(span(59_999)).toBe('0 分')
  expect(span(26 * 3_600_000)).toBe('1 天 2 小时')
})

test('a watch shows hours only when there are some', () => {
  expect(watch(47 * 60_000 + 12_000)).toBe('47:12')
  expect(watch(3_789_000)).toBe('1:03:09')
  expect(watch(-5)).toBe('00:00')
})

test('English counts in its own way', () => {
  words.global.locale.value = 'en'
  expect(day('2026-09-14')).toBe('14 Sep')
  expect(dayWithYear('2027-09-14', '2026-09-14')).toBe('14 Sep 2027')
  expect(fullDay('2026-09-14')).toBe('Monday 14 Sep')
  expect(span(86_400_000)).toBe('1 day')
  expect(span(2 * 86_400_000)).toBe('2 days')
})
