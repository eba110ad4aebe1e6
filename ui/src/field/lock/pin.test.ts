import { expect, test } from 'vitest'
import { typed, waitWords } from './pin'

test('six digits fit, and nothing else', () => {
  expect(typed('', '4')).toBe('4')
  expect(typed('12345', '6')).toBe('123456')
  expect(typed('123456', '7')).toBe('123456')
  expect(typed('12', 'a')).toBe('12')
  expect(typed('12', 'Enter')).toBe('12')
  expect(typed('12', 'Backspace')).toBe('1')
  expect(typed('', 'Backspace')).toBe('')
})

test('a wait is never said to be over sooner than it is', () => {
  expect(waitWords(0)).toBe('')
  expect(waitWords(-5)).toBe('')
  expect(waitWords(60_000)).toBe('01:00')
  expect(waitWords(59_001)).toBe('01:00')
  expect(waitWords(1)).toBe('00:01')
})
