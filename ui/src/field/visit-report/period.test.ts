import { expect, test } from 'vitest'
import { beside, periodOf, periodWords, spanOf } from './period'

test('a week begins on Monday, also over the end of a year', () => {
  expect(periodOf('week', '2026-09-14')).toEqual({ from: '2026-09-14', until: '2026-09-20' })
  expect(periodOf('week', '2026-09-20')).toEqual({ from: '2026-09-14', until: '2026-09-20' })
  expect(periodOf('week', '2027-01-01')).toEqual({ from: '2026-12-28', until: '2027-01-03' })
})

test('months and quarters end on their last day', () => {
  expect(periodOf('month', '2028-02-10')).toEqual({ from: '2028-02-01', until: '2028-02-29' })
  expect(periodOf('month', '2026-12-31')).toEqual({ from: '2026-12-01', until: '2026-12-31' })
  expect(periodOf('quarter', '2026-09-14')).toEqual({ from: '2026-07-01', until: '2026-09-30' })
  expect(periodOf('quarter', '2026-12-01')).toEqual({ from: '2026-10-01', until: '2026-12-31' })
})

test.each(['week', 'month', 'quarter'] as const)('one %s back and forth is the same one', (span) => {
  const here = periodOf(span, '2026-01-02')
  const before = beside(span, here, -1)
  expect(before.until < here.from).toBe(true)
  expect(beside(span, before, 1)).toEqual(here)
  expect(spanOf(here)).toBe(span)
})

test('any other period is none of them', () => {
  expect(spanOf({ from: '2026-09-14', until: '2026-09-21' })).toBeUndefined()
})

test('a period is two days, and says its year when that is another one', () => {
  expect(periodWords({ from: '2026-09-14', until: '2026-09-20' }, '2026-09-14')).toBe('9月14日至9月20日')
  expect(periodWords({ from: '2026-12-28', until: '2027-01-03' }, '2026-12-30')).toBe(
    '12月28日至2027年1月3日',
  )
})
