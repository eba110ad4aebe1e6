import { expect, test } from 'vitest'
import type { IncidentAction, IncidentDetail, PossibleAct } from '../../api/field'
import {
  actionOf,
  aside,
  asksOf,
  blank,
  dayChoices,
  forward,
  lacking,
  openCall,
  proofs,
  type Answers,
} from './acts'

const given = (more: Partial<Answers>): Answers => ({ ...blank(), ...more })
const incident = (more: { possible?: PossibleAct[]; view?: object } = {}) =>
  ({ possible: more.possible ?? [], view: { events: [], ...more.view } }) as unknown as IncidentDetail
const event = (action: Partial<IncidentAction>, type = 'yes') => ({ event: { action }, applied: { type } })

test('what moves the case on stands on the page, each once, the rest behind one button', () => {
  const detail = incident({
    possible: ['comment', 'add_photo', 'return', 'feedback', 'start', 'report_in', 'report_in', 'raise'],
  })
  expect(forward(detail)).toEqual(['report_in', 'start', 'feedback'])
  expect(aside(detail)).toEqual(['return', 'raise'])
})

test('an act says what it lacks and is not sent before', () => {
  expect(lacking('return', blank(), 0)).toBe('errors.MISSING_REASON')
  expect(lacking('return', given({ words: '  ' }), 0)).toBe('errors.MISSING_REASON')
  expect(lacking('return', given({ words: '不归我们' }), 0)).toBeNull()
  expect(lacking('whistle', given({ words: '一起看看' }), 0)).toBe('errors.MISSING_DEPARTMENT')
  expect(lacking('request_suspension', given({ words: '等配件' }), 0)).toBe('incident.choose')
  expect(lacking('start', blank(), 0)).toBeNull()
})

test('a check that passes needs a photo, one that fails needs a reason', () => {
  expect(lacking('check', given({ yes: 'yes' }), 0)).toBe('incident.needsPhoto')
  expect(lacking('check', given({ yes: 'yes' }), 1)).toBeNull()
  expect(lacking('check', given({ yes: 'no' }), 1)).toBe('errors.MISSING_REASON')
  expect(lacking('check', given({ yes: 'no', words: '没清' }), 0)).toBeNull()
})

test('an office proves its work by a photo or by a paper', () => {
  const done = given({ words: '换好了' })
  expect(lacking('feedback', done, 0)).toBe('incident.photoOrPaper')
  expect(lacking('feedback', done, 1)).toBeNull()
  expect(lacking('feedback', { ...done, document: '工单 12' }, 0)).toBeNull()
})

test('a photo proves its own round only', () => {
  const photo = event({ type: 'add_photo', photo: { stage: 'after' } } as IncidentAction)
  const again = event({ type: 'check_fail' })
  const count = (...events: unknown[]) => proofs(incident({ view: { events } }), 'feedback')
  expect(count(photo)).toBe(1)
  expect(count(photo, again)).toBe(0)
  expect(count(photo, event({ type: 'check_fail' }, 'no'))).toBe(1)
})

test('the pause is asked for until the offices close, on the street’s clock', () => {
  const answers = given({ until: '2026-09-18', words: '等配件' })
  expect(actionOf('request_suspension', answers, incident(), null)).toEqual({
    type: 'request_suspension',
    until: '2026-09-18T17:30:00+08:00',
    reason: '等配件',
  })
})

test('an office answers the call that it has not answered yet', () => {
  const calls = [
    { event: 'w1', departments: ['fire'], answers: [{ department: 'fire' }] },
    { event: 'w2', departments: ['fire', 'water'], answers: [{ department: 'water' }] },
  ]
  const detail = incident({ view: { course: { calls } } })
  expect(actionOf('report_in', blank(), detail, 'fire')).toEqual({ type: 'report_in', call: 'w2', note: '' })
  expect(openCall(detail.view.course, 'water')).toBeUndefined()
  expect(actionOf('report_in', blank(), detail, null)).toBeNull()
})

test('a quarrel climbs one tier at a time', () => {
  const at = (tier: string) => incident({ view: { course: { dispute: { tier }, calls: [] } } })
  const up = (tier: string) => actionOf('escalate', given({ words: '谈不拢' }), at(tier), null)
  expect(up('first')).toMatchObject({ tier: 'sitting' })
  expect(up('receiving')).toMatchObject({ tier: 'joint' })
})

test('every act that asks for nothing is one tap', () => {
  expect(asksOf('start')).toEqual([])
  expect(actionOf('start', blank(), incident(), null)).toEqual({ type: 'start' })
})

test('on a Monday one can name Friday, and every other day of the coming week', () => {
  const monday = Date.parse('2026-09-14T14:30:00+08:00')
  const named = dayChoices(monday)
  for (const n of [15, 16, 17, 18, 19, 20, 21]) expect(named).toContain(`2026-09-${n}`)
})
