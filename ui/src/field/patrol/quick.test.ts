import { expect, test } from 'vitest'
import type { Category } from '../../api/field'
import { quickOf } from './quick'

const category = (code: string, frequent = false) => ({ code, frequent }) as Category
const list = [
  category('C1'),
  category('E1', true),
  category('E2', true),
  category('F1', true),
  category('F2', true),
  category('P1', true),
  category('P2'),
]
const codes = (found: string[]) => quickOf(list, found).map(({ code }) => code)

test('a phone that found nothing yet offers the first four that are common everywhere', () => {
  expect(codes([])).toEqual(['E1', 'E2', 'F1', 'F2'])
})

test('what was found most comes first, common or not', () => {
  expect(codes(['P2', 'F2', 'P2'])).toEqual(['P2', 'F2', 'E1', 'E2'])
})

test('a category that is not in the list is not offered, and nothing is invented to fill the row', () => {
  expect(codes(['GONE', 'GONE'])).toEqual(['E1', 'E2', 'F1', 'F2'])
  expect(quickOf([category('C1')], [])).toEqual([])
})
