import { describe, expect, test } from 'vitest'
import type { HouseholdRow } from '../../api/field'
import { callsForVisit, cellWords, groundOf, lineOf, tagOf } from './last-visit'
import { buildingsOf, linesOf, storeysOf } from './lines'

const door = (room: string, over: Partial<HouseholdRow> = {}): HouseholdRow => ({
  id: room,
  building: 'b3',
  building_name: '听雨苑 3幢',
  unit: '2单元',
  room,
  floor: Number(room.slice(0, -2)) || null,
  name: '李阿姨',
  size: 2,
  phone_masked: '',
  last_visit_at: '2026-08-09T02:00:00Z',
  last_outcome: 'met',
  days_since: 36,
  no_entry_until: null,
  vacant: false,
  conflicts: 0,
  due: false,
  void: false,
  ...over,
})

describe('the list', () => {
  const rows = [door('601'), door('502'), door('601', { id: 'x', unit: '3单元' })]

  test('puts a heading before each staircase and keeps the walking order', () => {
    expect(linesOf(rows).map((line) => (line.kind === 'head' ? line.title : line.row.room))).toEqual([
      '听雨苑 3幢 2单元',
      '601',
      '502',
      '听雨苑 3幢 3单元',
      '601',
    ])
  })

  test('rounds the first and the last door of each card', () => {
    const doors = linesOf(rows).filter((line) => line.kind === 'door')
    expect(doors.map((line) => [line.first, line.last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ])
  })

  test('a thousand doors have a thousand keys', () => {
    const many = Array.from({ length: 1000 }, (_, n) => door(String(n), { unit: `${n % 7}单元` }))
    const keys = linesOf(many).map((line) => line.key)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

test('the floors stand as the building does, the cellar and doors without a floor at the bottom', () => {
  const rows = [
    door('102'),
    door('601'),
    door('101'),
    door('负1-02', { floor: -1 }),
    door('东户', { floor: null }),
  ]
  expect(storeysOf(rows, 'b3', '2单元').map((s) => s.doors.map((d) => d.room))).toEqual([
    ['601'],
    ['101', '102'],
    ['负1-02'],
    ['东户'],
  ])
  expect(buildingsOf(rows)).toEqual([{ id: 'b3', name: '听雨苑 3幢', units: ['2单元'] }])
})

describe('how long ago', () => {
  test.each([
    [30, 'recent'],
    [31, 'normal'],
    [60, 'normal'],
    [61, 'due'],
    [90, 'due'],
    [91, 'late'],
  ] as const)('%i days is %s', (days_since, ground) => {
    expect(groundOf(door('502', { days_since }))).toBe(ground)
  })

  test('nobody was ever there counts as late, nobody was home yesterday as due', () => {
    expect(groundOf(door('502', { days_since: null, last_outcome: null }))).toBe('late')
    expect(groundOf(door('302', { days_since: 1, last_outcome: 'not_home' }))).toBe('due')
    expect(lineOf(door('302', { days_since: 1, last_outcome: 'not_home' }))).toBe('2 人·昨天未遇')
    expect(cellWords(door('302', { days_since: 1, last_outcome: 'not_home' }))).toBe('未遇')
  })

  test('a door that wants no entry is not called due, unless a task says so', () => {
    const wish = door('501', { no_entry_until: '2026-12-01', days_since: 120 })
    expect(callsForVisit(wish)).toBe(false)
    expect(tagOf(wish)?.text).toBe('不愿入户')
    expect(lineOf(wish)).toBe('12月1日前先打电话')
  })

  test('a conflict comes before everything else at the right', () => {
    expect(tagOf(door('402', { conflicts: 2, due: true }))?.text).toBe('要你定一下')
  })
})
