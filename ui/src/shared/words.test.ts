import { expect, test } from 'vitest'
import { isolated, say } from './words'

test('a name that is read from right to left stays between the words around it', () => {
  expect(isolated('李阿姨')).toBe('李阿姨')
  expect(isolated('نزيل')).toBe('\u2068نزيل\u2069')
  expect(isolated('\u202e左右')).toBe('\u2068\u202e左右\u2069')
})

test('a sentence isolates what it was given, and counts with numbers as they are', () => {
  expect(say('incident.act.escalate', { tier: '\u202e首诊' })).toContain('\u2068\u202e首诊\u2069')
  expect(say('time.days', { n: 3 })).toBe('3 天')
})
