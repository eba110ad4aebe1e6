import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import XChoice from './XChoice.vue'

const OPTIONS = [
  { value: 'a', label: '甲' },
  { value: 'b', label: '乙' },
  { value: 'c', label: '丙' },
]
const shown = (modelValue: string | null) =>
  mount(XChoice<string>, { props: { modelValue, options: OPTIONS, label: '选一个', testid: 'x' } })

test('one stop for the Tab key: the chosen one, else the first', () => {
  const stops = (value: string | null) =>
    shown(value)
      .findAll('[role=radio]')
      .map((radio) => radio.attributes('tabindex'))
  expect(stops('b')).toEqual(['-1', '0', '-1'])
  expect(stops(null)).toEqual(['0', '-1', '-1'])
})

test('arrows move the choice and go round at the ends', async () => {
  const choice = shown('c')
  await choice.get('[data-testid=x-c]').trigger('keydown', { key: 'ArrowRight' })
  await choice.get('[data-testid=x-a]').trigger('keydown', { key: 'ArrowLeft' })
  expect(choice.emitted('update:modelValue')).toEqual([['a'], ['c']])
})

test('the chosen one says so to a screen reader', () => {
  expect(shown('b').get('[data-testid=x-b]').attributes('aria-checked')).toBe('true')
})
