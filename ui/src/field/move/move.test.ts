import { expect, test } from 'vitest'
import { CODE, grouped, letters, RECEIPT } from './move'

test('a code is read in groups that a person keeps in mind', () => {
  expect(grouped('ABCD2345WXYZ')).toBe('ABCD 2345 WXYZ')
  expect(grouped('A2C4E6')).toBe('A2C 4E6')
  expect(grouped('')).toBe('')
})

test('what stands between the letters does not count', () => {
  expect(letters('abcd-2345 wxyz')).toBe(CODE)
  expect(letters(' A2C 4E6')).toBe(RECEIPT)
  expect(letters('……')).toBe(0)
})
