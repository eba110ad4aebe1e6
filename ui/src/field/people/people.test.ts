import { expect, test } from 'vitest'
import type { WorkerHere, WorkersHere } from '../../api/field'
import { called, coming, current, left, shared } from './people'

const worker = (number: number, more: Partial<WorkerHere> = {}): WorkerHere => ({
  number,
  name: null,
  waiting: 0,
  ...more,
})
const here = (current: number, ...workers: WorkerHere[]): WorkersHere => ({
  choosing: false,
  current,
  needs_pin: false,
  workers,
  look: null,
})

test('a number stands for whoever does not want a name at the door', () => {
  expect(called(worker(2))).toBe('2 号')
  expect(called(worker(2, { name: '林晓' }))).toBe('林晓')
})

test('what is unsent is a number, nothing, or not known', () => {
  expect(left(worker(1, { waiting: 3 }))).toContain('3 条')
  const said = [3, 0, null].map((waiting) => left(worker(1, { waiting })))
  expect(new Set(said).size).toBe(3)
})

test('a phone is shared from the moment somebody begins to come', () => {
  expect(shared(here(1, worker(1)))).toBe(false)
  expect(current(here(1, worker(1)))?.number).toBe(1)
  expect(coming(here(2, worker(1)))).toBe(true)
  expect(shared(here(2, worker(1)))).toBe(true)
  expect(shared(here(2, worker(1), worker(2)))).toBe(true)
})
