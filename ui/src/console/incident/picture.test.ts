import { expect, test } from 'vitest'
import { fitted } from './picture'

test('a photo keeps its shape, is made smaller, and never larger', () => {
  expect(fitted(4000, 3000, 1600)).toEqual({ width: 1600, height: 1200 })
  expect(fitted(300, 900, 1600)).toEqual({ width: 300, height: 900 })
  expect(fitted(1, 5000, 1600)).toEqual({ width: 1, height: 1600 })
})
