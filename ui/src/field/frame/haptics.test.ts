import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it } from 'vitest'
import Problem from './Problem.vue'
import { feel, standInMotor } from './haptics'
import { dropSaved, sayKept } from './saved'

const felt: number[][] = []
beforeEach(() => {
  felt.length = 0
  standInMotor({ buzz: (pattern) => void felt.push(pattern) })
})
afterEach(() => {
  dropSaved()
  standInMotor()
})

it('is one short pulse when something was put away', () => {
  sayKept({ words: '已存本机', act: { words: '补一句', to: '/today' } })
  expect(felt).toEqual([[25]])
})

it('is two pulses when something is refused', () => {
  mount(Problem, { props: { code: 'QUIET_HOURS' } })
  expect(felt).toEqual([[30, 60, 30]])
})

it('asks nothing of a phone that has no motor', () => {
  standInMotor()
  expect(() => feel('held')).not.toThrow()
})
