import { expect, test } from 'vitest'
import en from '../locales/en.json'
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

test('whatever is counted in English is counted right when it is one', () => {
  const sentences = (node: object, path: string): [string, string][] =>
    Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'string'
        ? [[`${path}${key}`, value] as [string, string]]
        : sentences(value as object, `${path}${key}.`),
    )
  const many = /\{n\} ([a-z]+ )?(?!as\b|this\b)[a-z]+s\b/
  const wrong = sentences(en, '').filter(([, words]) => many.test(words) && !words.includes(' | '))
  expect(wrong).toEqual([])
})
