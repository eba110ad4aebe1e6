import { expect, it } from 'vitest'
import type { Power } from '../../api/field'
import { levelWords } from './power'

const at = (battery: Power['battery']): Power => ({ battery, saving: false, low: false, fix_every_s: 5 })

it('the level is said, and that it is charged, and that nobody says it', () => {
  expect(levelWords(at({ level: 34, charging: false }))).toBe('还剩 34%')
  expect(levelWords(at({ level: 34, charging: true }))).toBe('充电中，34%')
  expect(levelWords(at(null))).toBe('这台手机没有说还有多少电')
})
