import { expect, test } from 'vitest'
import type { Checklist, NewPlaceVisit } from '../../api/field'
import { allPass, handedIn, missing, open, toggled, withAnswer } from './form'

const item = (id: string) => ({ id, name_zh: id, name_en: id, category: 'F01003' })
const list: Checklist = {
  kind: 'shop',
  version: 1,
  items: ['exit', 'wiring', 'gas'].map(item),
  leaflets: [],
}
const visit = (over: Partial<NewPlaceVisit> = {}): NewPlaceVisit => ({
  id: 'v1',
  outcome: 'checked',
  started_at: '2026-09-14T07:20:00Z',
  ended_at: '2026-09-14T07:20:00Z',
  checklist: { kind: 'shop', version: 1 },
  answers: [],
  leaflets: [],
  request: null,
  note: null,
  incidents: [],
  next_due: null,
  ...over,
})

test('answers stand in the order of the list, and a changed mind loses no words', () => {
  const one = withAnswer([], list, 'gas', 'fail')
  const noted = one.map((answered) => ({ ...answered, note: '软管硬了' }))
  const two = withAnswer(noted, list, 'exit', 'pass')
  expect(two.map(({ item: id }) => id)).toEqual(['exit', 'gas'])
  expect(withAnswer(two, list, 'gas', 'pass')[1]).toEqual({ item: 'gas', answer: 'pass', note: '软管硬了' })
})

test('one tap passes what is open and leaves what was found wanting', () => {
  const answers = allPass(withAnswer([], list, 'wiring', 'fail'), list)
  expect(answers.map(({ answer }) => answer)).toEqual(['pass', 'fail', 'pass'])
})

test('a check wants every answer, a shut door none', () => {
  const half = visit({ answers: withAnswer([], list, 'exit', 'pass') })
  expect(open(half, list)).toEqual(['wiring', 'gas'])
  expect(missing(half, list)).toBe('MISSING_ANSWER')
  expect(missing({ ...half, outcome: 'closed' }, list)).toBeNull()
  expect(missing(visit({ answers: allPass([], list) }), list)).toBeNull()
  expect(missing(half, null)).toBeNull()
})

test('what was ticked before the door turned out to be shut is left out, blank words too', () => {
  const shut = visit({ outcome: 'closed', answers: allPass([], list), note: '  ', request: ' 想办招牌 ' })
  const handed = handedIn(shut, '2026-09-14T07:10:00Z')
  expect(handed.answers).toEqual([])
  expect(handed.note).toBeNull()
  expect(handed.request).toBe('想办招牌')
  expect(handed.ended_at, 'a clock that went back').toBe(shut.started_at)
  expect(handedIn(visit({ outcome: 'gone', next_due: '2026-10-01' }), '').next_due).toBeNull()
})

test('a leaflet is handed out once', () => {
  expect(toggled(toggled([], 'fire'), 'gas')).toEqual(['fire', 'gas'])
  expect(toggled(['fire', 'gas'], 'fire')).toEqual(['gas'])
})
