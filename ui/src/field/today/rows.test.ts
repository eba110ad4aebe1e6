import { describe, expect, test } from 'vitest'
import type {
  CareRow,
  FormRow,
  HouseholdRow,
  PlaceRow,
  PlanSummary,
  Task,
  TaskGroup,
  TaskRow,
} from '../../api/field'
import {
  actOf,
  asideOf,
  badgeOf,
  briefOf,
  doorOf,
  dueOf,
  endsSoon,
  headingOf,
  labelOf,
  lineOf,
  sectionsOf,
  titleOf,
} from './rows'

const task: Task = {
  id: 't',
  grid: 'g',
  assignee: null,
  kind: 'visit',
  household: 'h',
  incident: null,
  text: '走访',
  place: null,
  due: '2026-09-14',
  time_hint: null,
}
const household = (unit: string) => ({ id: 'h', unit, room: '502', name: '李阿姨' }) as HouseholdRow
const row = (over: Partial<TaskRow> = {}, about: Partial<Task> = {}): TaskRow => ({
  task: { ...task, ...about },
  plate: '502',
  name: '李阿姨',
  household: household('2单元'),
  days_since_visit: 36,
  overdue_days: 0,
  done: false,
  later: { times: 0, until: null, reason: null, words: null, days: 7, refused: null },
  ...over,
})
const place = (name: string, about: Partial<Task> = {}) =>
  row({ household: null, plate: '', name }, { household: null, kind: 'recheck', text: '楼道堆物', ...about })

describe('a row', () => {
  test('of a plain visit says how long ago the last one was', () => {
    expect(lineOf(row())).toBe('走访·上次 36 天前')
    expect(lineOf(row({ days_since_visit: null }))).toBe('走访·还没走访过')
  })

  test('of care says what to do and never the care type', () => {
    expect(lineOf(row({}, { kind: 'care', text: '陪同换燃气软管' }))).toBe('关爱探访·陪同换燃气软管')
  })

  test('of a place puts its last word on the plate when a door could carry it', () => {
    expect(doorOf(place('听雨苑 3幢2单元 3–4楼'))).toEqual({ plate: '3–4楼', rest: '听雨苑 3幢2单元' })
    expect(doorOf(place('长堤村北巷17号后楼3层东户'))).toEqual({
      plate: '',
      rest: '长堤村北巷17号后楼3层东户',
    })
    expect(titleOf(place('听雨苑 东门'))).toBe('楼道堆物')
    expect(lineOf(place('听雨苑 东门'))).toBe('听雨苑·复查')
  })

  test('says when, or how late it is', () => {
    expect(dueOf(row())).toBe('今天')
    expect(dueOf(row({}, { time_hint: '18:00 后' }))).toBe('18:00 后')
    expect(dueOf(row({ overdue_days: 3 }))).toBe('逾期 3 天')
    expect(dueOf(row({ overdue_days: 3, done: true }))).toBe('办好了')
  })

  test('that waits says until when, and one that waited says how often and why', () => {
    const waited = { ...row().later, times: 1, reason: 'agreed' as const }
    const waiting = row({ overdue_days: 3, later: { ...waited, until: '2026-09-16' } })
    expect(dueOf(waiting)).toBe('9月16日')
    expect(dueOf(row({ overdue_days: 3, later: waited }))).toBe('逾期 3 天')
    expect(labelOf(row({ later: waited }))).toBe('走访·上次 36 天前·已推迟 1 次·约了改天')
    expect(labelOf(row())).toBe('走访·上次 36 天前')
  })

  test('leads to its act: the incident before the door, the door before the task', () => {
    expect(actOf(row())).toBe('/households/h/visit?task=t')
    expect(actOf(row({}, { incident: 'i' }))).toBe('/incidents/i')
    expect(actOf(place('听雨苑 东门'))).toBe('/today/t')
  })
})

describe('a group', () => {
  test('is named after the staircase when all its doors share one', () => {
    const title = '听雨苑 3幢'
    expect(headingOf({ title, hint: 'walking', rows: [row(), row()] })).toBe('听雨苑 3幢 2单元')
    expect(headingOf({ title, hint: 'walking', rows: [row(), row({ household: household('1单元') })] })).toBe(
      title,
    )
  })

  test('says that it goes downwards only when there is a way to go', () => {
    expect(asideOf({ title: '', hint: 'walking', rows: [row(), row()] })).toBe('从上往下·2 户')
    expect(asideOf({ title: '', hint: 'walking', rows: [row()] })).toBe('1 户')
    expect(asideOf({ title: '', hint: 'overdue', rows: [row()] })).toBe('1 项')
  })
})

test('the brief leaves out what is zero', () => {
  expect(briefOf({ overdue: 1, due_today: 7, returned: 0 }).map((p) => `${p.word} ${p.n}`)).toEqual([
    '逾期 1',
    '今天到期 7',
  ])
})

test('the brief says last what was found, if anything was', () => {
  const counts = { overdue: 0, due_today: 1, returned: 0 }
  const told = (n: number) =>
    briefOf({ ...counts, found: { word: '昨天发现', n } }).map((part) => `${part.word} ${part.n}`)
  expect([told(2), told(0)]).toEqual([['今天到期 1', '昨天发现 2'], ['今天到期 1']])
})

test('what came back is called that, whichever day it came back', () => {
  const counts = { overdue: 0, due_today: 2, returned: 2 }
  expect(briefOf(counts).map((p) => `${p.word} ${p.n}`)).toEqual(['今天到期 2', '退回重办 2'])
})

test('the log of the day is offered from four o’clock on', () => {
  expect(endsSoon(Date.parse('2026-09-14T15:59:00+08:00'))).toBe(false)
  expect(endsSoon(Date.parse('2026-09-14T16:00:00+08:00'))).toBe(true)
})

describe('what is late', () => {
  const group = (hint: TaskGroup['hint'], ...rows: TaskRow[]): TaskGroup => ({ hint, title: '', rows })
  const plan = (id: string, overdue_days: number) => ({ id, overdue_days }) as CareRow
  const shop = (id: string, overdue_days: number) => ({ id, overdue_days }) as PlaceRow
  const round = (id: string, late: boolean, until: string | null = null) =>
    ({ id, due: { late, later: { until } } }) as PlanSummary
  const lists = {
    groups: [group('overdue', row({ overdue_days: 2 })), group('walking', row()), group('later', row())],
    care: [plan('late', 2), plan('due', 0)],
    places: [shop('late', 9), shop('due', 0)],
    plans: [
      round('late', true),
      round('due', false),
      round('waits', true, '2026-09-15'),
      { id: 'walked', due: null } as PlanSummary,
    ],
  }

  test('stands together at the top, whatever it is, and in no other section', () => {
    const { late, care, walk, places, later, plans, laterPlans } = sectionsOf(lists)
    expect([late.tasks.length, late.care, late.places, late.count]).toEqual([
      1,
      [plan('late', 2)],
      [shop('late', 9)],
      4,
    ])
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id)
    expect([ids(late.plans), ids(plans), ids(laterPlans)]).toEqual([['late'], ['due'], ['waits']])
    expect([care, places]).toEqual([[plan('due', 0)], [shop('due', 0)]])
    expect([walk.map(({ hint }) => hint), later.length]).toEqual([['walking'], 1])
  })

  test('has a section of its own also when no task is late', () => {
    expect(sectionsOf({ ...lists, groups: [] }).late.count).toBe(3)
    expect(sectionsOf({ groups: [], care: [plan('due', 0)], places: [], plans: [] }).late.count).toBe(0)
  })

  test('is counted once in the brief, and forms are counted too', () => {
    const counts = {
      overdue: 1,
      due_today: 7,
      returned: 0,
      forms: [{}],
      care: lists.care,
      places: lists.places,
      plans: lists.plans,
    }
    expect(briefOf(counts).map((p) => `${p.word} ${p.n}`)).toEqual([
      '逾期 4',
      '今天到期 7',
      '采集表 1',
      '关爱 1',
      '巡查 1',
      '场所 1',
    ])
  })

  test('and what is due in time make the badge, forms with them', () => {
    const { care, places, plans } = lists
    expect(badgeOf({ overdue: 1, due_today: 7, care, places, plans, forms: [{} as FormRow] })).toBe(15)
  })
})
