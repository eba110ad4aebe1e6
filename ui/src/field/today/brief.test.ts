import { describe, expect, test } from 'vitest'
import type {
  CareRow,
  FoundOnPatrol,
  HouseholdRow,
  IncidentRow,
  Task,
  TaskGroup,
  TaskRow,
  Today,
  VisitOutcome,
} from '../../api/field'
import { foundOf, foundTitle, notHomeOf, partsOf } from './brief'

const door = (room: string, last_outcome: VisitOutcome | null) =>
  ({ id: `h-${room}`, room, unit: '', name: '李阿姨', size: 2, days_since: 1, last_outcome }) as HouseholdRow
const task = (room: string, last: VisitOutcome | null, more: Partial<TaskRow> = {}): TaskRow => ({
  task: { id: `t-${room}`, kind: 'visit', household: `h-${room}`, text: '走访', due: '' } as Task,
  plate: room,
  name: '李阿姨',
  household: door(room, last),
  days_since_visit: 1,
  overdue_days: 0,
  done: false,
  later: { times: 0, until: null, reason: null, words: null, days: 7, refused: null },
  ...more,
})
const group = (hint: TaskGroup['hint'], ...rows: TaskRow[]): TaskGroup => ({ hint, title: '', rows })
const care = (id: string, household: HouseholdRow) => ({ id, household, overdue_days: 0 }) as CareRow

describe('who was not at home and is due again', () => {
  test('is named with the day, and leads to the visit', () => {
    expect(
      notHomeOf({ groups: [group('walking', task('502', 'not_home'), task('503', 'met'))], care: [] }),
    ).toEqual([
      {
        id: 'h-502',
        to: '/households/h-502/visit?task=t-502',
        title: '502 李阿姨',
        line: '昨天未遇',
        due: '',
      },
    ])
  })

  test('is not somebody who was refused, was never visited, is done with, or waits for another day', () => {
    const groups = [
      group('walking', task('1', 'refused'), task('2', null), task('3', 'not_home', { done: true })),
      group('later', task('4', 'not_home')),
    ]
    expect(notHomeOf({ groups, care: [] })).toEqual([])
  })

  test('is named once, also with care and a visit due at the same door', () => {
    const twice = notHomeOf({
      groups: [group('overdue', task('502', 'not_home'))],
      care: [care('c1', door('502', 'not_home')), care('c2', door('504', 'not_home'))],
    })
    expect(twice.map(({ to }) => to)).toEqual(['/households/h-502/visit?task=t-502', '/care/c2'])
  })
})

test('the brief says each part that there is, forms among them, and none of which there is nothing', () => {
  const form = {
    form: { id: 'f', round: '2026-09' },
    title_zh: '低收入家庭信息核对',
    due: '2026-09-14',
    due_time: null,
    overdue_days: 0,
    doors: 16,
    done: 3,
    expired: false,
  }
  const round = {
    id: 'plan1',
    name: '听雨苑 早班',
    window: ['08:30:00', '12:00:00'],
    last: null,
    under_way: null,
    due: { overdue_days: 0, late: false, asked: 1, later: { times: 0, until: null } },
  }
  const today = {
    date: '2026-09-14',
    groups: [
      group('overdue', task('502', 'met', { overdue_days: 3 })),
      group('walking', task('503', 'not_home')),
    ],
    care: [],
    places: [],
    forms: [form],
    found: { since: '2026-09-11', reports: [], findings: [] },
    plans: [round, { ...round, id: 'plan2', due: null }],
  } as unknown as Today
  const told = partsOf(today, Date.parse('2026-09-14T08:30:00+08:00')).map(({ key, lines }) => [
    key,
    lines.map(({ title, due }) => `${title}·${due}`),
  ])
  expect(told).toEqual([
    ['late', ['502 李阿姨·逾期 3 天']],
    ['due', ['503 李阿姨·今天']],
    ['forms', ['低收入家庭信息核对·今天']],
    ['patrols', ['听雨苑 早班·8:30–12:00']],
    ['not-home', ['503 李阿姨·']],
  ])
})

describe('what was found since the last working day', () => {
  const report = (id: string) =>
    ({
      ...{ id, category_zh: '楼道堆物', category_en: 'Clutter', place: '听雨苑 3幢2单元', state: 'reported' },
    }) as IncidentRow
  const seen = (id: string, more: Partial<FoundOnPatrol> = {}) =>
    ({
      ...{
        id,
        patrol: 'p1',
        category_zh: '飞线充电',
        category_en: 'Cables',
        state: 'observed',
        by: '陈志强',
      },
      note: null,
      ...more,
    }) as FoundOnPatrol

  test('is called after the day since which it was', () => {
    const title = (since: string) =>
      foundTitle({ date: '2026-09-14', found: { since, reports: [], findings: [] } })
    expect([title('2026-09-13'), title('2026-09-11'), title('2026-09-04')]).toEqual([
      '昨天发现',
      '周五以来发现',
      '9月4日以来发现',
    ])
  })

  test('leads to the case, or to the patrol on which it was only seen', () => {
    const findings = [seen('f1', { note: '三楼窗口' }), seen('f2')]
    expect(foundOf({ since: '', reports: [report('i1')], findings })).toEqual([
      { id: 'i1', to: '/incidents/i1', title: '楼道堆物', line: '听雨苑 3幢2单元', due: '已上报' },
      { id: 'f1', to: '/patrols/p1', title: '飞线充电', line: '三楼窗口', due: '先观察' },
      { id: 'f2', to: '/patrols/p1', title: '飞线充电', line: '陈志强', due: '先观察' },
    ])
  })

  test('is short on a bad day too, and the rest is a tap away', () => {
    const reports = Array.from({ length: 9 }, (_, n) => report(`i${n}`))
    const lines = foundOf({ since: '', reports, findings: [] })
    expect([lines.length, lines.at(-1)?.title, lines.at(-1)?.to]).toEqual([
      7,
      '还有 3 件，看全部事件',
      '/incidents',
    ])
    expect(foundOf({ since: '', reports: reports.slice(0, 7), findings: [] }).length).toBe(7)
  })

  test('is a part of the brief that counts all of it', () => {
    const reports = Array.from({ length: 9 }, (_, n) => report(`i${n}`))
    const lists = { groups: [], care: [], places: [], forms: [], plans: [] }
    const today = { date: '2026-09-15', ...lists, found: { since: '2026-09-14', reports, findings: [] } }
    const [part] = partsOf(today as unknown as Today, 0)
    expect([part?.key, part?.title, part?.n]).toEqual(['found', '昨天发现', 9])
  })
})
