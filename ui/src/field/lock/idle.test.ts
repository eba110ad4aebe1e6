import { expect, test } from 'vitest'
import { IDLE_MS, idleMs } from './idle'

const touched = { running: 5_000_000, wall: Date.parse('2026-09-14T09:00:00+08:00') }
const after = (running: number, wall: number) =>
  idleMs(touched, { running: touched.running + running, wall: touched.wall + wall })

test('a clock that is put back does not make the two minutes longer', () => {
  expect(after(IDLE_MS, IDLE_MS)).toBe(IDLE_MS)
  expect(after(IDLE_MS, -86_400_000)).toBe(IDLE_MS)
  expect(after(IDLE_MS, 0)).toBe(IDLE_MS)
})

test('sleep that the machine does not count is counted by the clock', () => {
  expect(after(1_000, 600_000)).toBe(600_000)
})

test('a machine that was started again and a clock that was put back are no time at all, not less', () => {
  expect(after(-4_000_000, -1_000)).toBe(0)
})
