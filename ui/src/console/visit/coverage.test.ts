import { expect, test } from 'vitest'
import type { GridVisits } from '../../api/registry'
import { covered, rate } from './coverage'

test('a rate is reached households over all households', () => {
  expect(rate({ reached: 713, households: 1000 })).toBe('71.3%')
  expect(rate({ reached: 0, households: 5 })).toBe('0.0%')
})

test('a grid below five households shows no rate', () => {
  expect(rate({ reached: 2, households: 4 })).toBeUndefined()
})

test('the total is the sum of both, not the mean of the rates', () => {
  const row = (reached: number, households: number) => ({ reached, households }) as GridVisits
  expect(covered([row(1, 10), row(30, 40)])).toEqual({ reached: 31, households: 50 })
})
