import { expect, it } from 'vitest'
import { metered } from './line'

it('a line is paid for when it is the phone’s own network or data is to be saved, and not where nobody says', () => {
  expect(metered({ type: 'cellular' })).toBe(true)
  expect(metered({ type: 'wifi', saveData: true })).toBe(true)
  expect(metered({ type: 'wifi' })).toBe(false)
  expect(metered(undefined)).toBe(false)
})
