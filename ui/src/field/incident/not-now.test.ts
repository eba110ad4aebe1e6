import { afterEach, expect, test } from 'vitest'
import { CASE_STEPS, CODES, type IncidentDetail, type IncidentState, type Withheld } from '../../api/field'
import { words, type Language } from '../../shared/words'
import { notNow, whyNow } from './not-now'

const at = (state: IncidentState, withheld: Withheld[] = []) =>
  ({ row: { state }, view: { checker: null }, people: [], withheld }) as unknown as IncidentDetail
const not = (because: Withheld['because'], first: Withheld['first'] = null): Withheld => ({
  act: 'check',
  because,
  first,
})
const LANGUAGES: Language[] = ['zh-CN', 'en']
afterEach(() => void (words.global.locale.value = 'zh-CN'))

// From the lists that the phone itself writes: a new code or a new step without a sentence fails here.
test.each(LANGUAGES)('every code and every step says why in %s', (language) => {
  words.global.locale.value = language
  const sentences = [
    ...CODES.map((code) => whyNow(at('handling'), not(code))),
    ...CASE_STEPS.map((step) => whyNow(at('reported'), not('WRONG_STATE', step))),
  ]
  expect(sentences).toHaveLength(CODES.length + CASE_STEPS.length)
  const told = language === 'en' ? /^\S.*[.!?”]$/ : /\p{Script=Han}.*[。？]$/u
  expect(sentences.filter((text) => !told.test(text) || /^(incident|errors)\./.test(text))).toEqual([])
})

test('what has to happen first is said, and what is over is said by how it ended', () => {
  expect(whyNow(at('reported'), not('WRONG_STATE', 'accept'))).toBe('先由坐席受理。')
  expect(whyNow(at('handling'), not('WRONG_STATE'))).toBe('这一步已经过了，事情走到了“处置中”。')
  expect(whyNow(at('closed'), not('WRONG_STATE'))).toContain('重开')
  expect(whyNow(at('merged'), not('WRONG_STATE'))).toContain('另一件')
})

test('a colleague reads who checks', () => {
  const detail = {
    ...at('checking', [not('WRONG_ROLE')]),
    view: { checker: 'h' },
    people: [{ id: 'h', name: '何平' }],
  } as unknown as IncidentDetail
  expect(notNow(detail)).toEqual([
    { act: 'check', because: 'WRONG_ROLE', title: '核查', why: '由 何平 核查。' },
  ])
})
