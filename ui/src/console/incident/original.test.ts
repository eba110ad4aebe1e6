import { expect, test } from 'vitest'
import { isOpen, open } from './original'

const NOW = Date.parse('2026-09-14T02:31:00Z')

test('an original is open to whoever said why, for a quarter of an hour', () => {
  expect(isOpen('me', 'o', NOW)).toBe(false)
  open('me', 'o', NOW)
  expect(isOpen('me', 'o', NOW)).toBe(true)
  expect(isOpen('me', 'o', NOW + 15 * 60_000 - 1)).toBe(true)
  expect(isOpen('me', 'o', NOW + 15 * 60_000)).toBe(false)
  expect(isOpen('me', 'o', NOW - 1)).toBe(false)
  expect(isOpen('other', 'o', NOW)).toBe(false)
  expect(isOpen('me', 'p', NOW)).toBe(false)
})
