import { expect, test } from 'vitest'
import type { IncidentAction, IncidentState, IncidentView, Person } from '../../api/registry'
import { actionOf, availableActs, hasProof, type Answers } from './acts'

const person = (role: Person['role'], more: Partial<Person> = {}): Person => ({
  id: 'me',
  name: '林晓',
  role,
  grids: [],
  department: null,
  ...more,
})
const incident = (state: IncidentState, more: Partial<IncidentView> = {}) =>
  ({ state, owner: null, co_departments: [], checker: null, events: [], ...more }) as unknown as IncidentView
const answers: Answers = { words: '', document: '', owner: '', co: [], checker: '', genuine: true }

test('the desk accepts, files, dispatches and sends to be checked, in this order', () => {
  const first = (state: IncidentState) => availableActs(incident(state), person('dispatcher'))[0]
  expect(['reported', 'accepted', 'filed', 'feedback'].map((state) => first(state as IncidentState))).toEqual(
    ['accept', 'file', 'dispatch', 'send_check'],
  )
})

test('a handler answers only for the departments that have it', () => {
  const theirs = incident('dispatched', { owner: 'water', co_departments: ['power'] })
  expect(availableActs(theirs, person('handler', { department: 'power' }))).toEqual([
    'feedback',
    'start',
    'return',
    'comment',
  ])
  expect(availableActs(theirs, person('handler', { department: 'fire' }))).toEqual(['comment'])
})

test('what an office gave back is dispatched anew, and what is on hold can go on', () => {
  expect(availableActs(incident('returned'), person('dispatcher'))).toEqual(['dispatch', 'comment'])
  const held = incident('suspended', { owner: 'water' })
  expect(availableActs(held, person('handler', { department: 'water' }))).toEqual(['resume', 'comment'])
  expect(availableActs(held, person('dispatcher'))).toEqual(['resume', 'comment'])
  expect(actionOf('return', answers)).toBeUndefined()
  expect(actionOf('return', { ...answers, words: '不归我们' })).toEqual({
    type: 'return',
    reason: '不归我们',
  })
})

test('only the chosen checker passes or fails', () => {
  const checked = incident('checking', { checker: 'me' })
  expect(availableActs(checked, person('checker'))).toEqual(['check_pass', 'check_fail', 'comment'])
  expect(availableActs(checked, person('checker', { id: 'other' }))).toEqual(['comment'])
})

test('nothing can be done to what has ended', () => {
  for (const state of ['closed', 'evaluated', 'merged', 'not_filed', 'cancelled'] as const)
    expect(availableActs(incident(state), person('duty_chief'))).toEqual([])
})

test('a photo proves its own round only', () => {
  const event = (action: Partial<IncidentAction>, type = 'yes') => ({ event: { action }, applied: { type } })
  const photo = event({ type: 'add_photo', photo: { stage: 'check' } } as IncidentAction)
  const sent = event({ type: 'send_check' })
  const proof = (...events: unknown[]) => hasProof(incident('checking', { events } as never), 'check')
  expect(proof(sent, photo)).toBe(true)
  expect(proof(sent, photo, sent)).toBe(false)
  expect(proof(sent, photo, event({ type: 'send_check' }, 'no'))).toBe(true)
})

test('an act without its words is not sent, blanks are not words', () => {
  expect(actionOf('refuse', { ...answers, words: '  ' })).toBeUndefined()
  expect(actionOf('refuse', { ...answers, words: ' 不在本街道 ' })).toEqual({
    type: 'refuse',
    reason: '不在本街道',
  })
})

test('the owner is not its own helper', () => {
  expect(actionOf('dispatch', { ...answers, owner: 'a', co: ['a', 'b'] })).toEqual({
    type: 'dispatch',
    owner: 'a',
    co_departments: ['b'],
  })
})
