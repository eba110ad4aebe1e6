import { describe, expect, test } from 'vitest'
import type { CareRow, FormHere, HouseholdRow, IncidentRow, Task } from '../../api/field'
import { restOf } from './rest'

const today = '2026-09-14'
const task = (more: Partial<Task>): Task => ({
  ...{ id: 't', grid: 'g', assignee: null, kind: 'care', household: 'h', incident: null, place: null },
  ...{ text: '陪同换燃气软管', due: today, time_hint: null },
  ...more,
})
const care = (id: string, more: Partial<CareRow> = {}) =>
  ({
    ...{ id, name: '冯奶奶', standing: 'given', closed: false, due_now: true, overdue_days: 2 },
    ...{ due: { why: 'visit', day: '2026-09-12' }, days_since_seen: 9, consent_ends_in: null },
    later: { until: null },
    ...more,
  }) as CareRow
const form: FormHere = {
  form: { id: 'low', version: 1, round: '2026-09' },
  ...{ title_zh: '低收入家庭信息核对', title_en: 'Low-income check', due: '2026-09-11', overdue_days: 3 },
}
const incident = (id: string, state: IncidentRow['state']) =>
  ({ id, state, category_zh: '楼道堆物', category_en: 'Clutter' }) as IncidentRow
const door = {
  row: { id: 'h' } as HouseholdRow,
  ...{ tasks: [], care: [], forms: [], incidents: [] },
}

describe('what else there is at a door', () => {
  test('is every kind of thing that is due there, each leading to where it is done', () => {
    const reminder = task({ id: 'r', kind: 'revisit', text: '' })
    const all = {
      ...door,
      tasks: [task({}), reminder],
      care: [care('c')],
      forms: [form],
      incidents: [incident('i', 'handling')],
    }
    expect(restOf(all, today).map(({ title, line, to }) => [title, line, to])).toEqual([
      ['关爱探访·陪同换燃气软管', '今天', '/households/h/visit?task=t'],
      ['未遇再访', '今天', '/households/h/visit?task=r'],
      ['关爱·冯奶奶', '关爱探访·9 天没见·逾期 2 天', '/care/c'],
      ['采集表·低收入家庭信息核对', '逾期 3 天', '/forms/low/2026-09/h'],
      ['没办完的事·楼道堆物', '处置中', '/incidents/i'],
    ])
  })

  test('is nothing where care is not due, waits or ended, and where every case has ended', () => {
    const waits = { until: '2026-09-15' } as CareRow['later']
    const plans = [care('1', { due_now: false }), care('2', { later: waits }), care('3', { closed: true })]
    const incidents = [incident('i', 'closed'), incident('j', 'cancelled')]
    expect(restOf({ ...door, care: plans, incidents }, today)).toEqual([])
  })

  test('names a case once, and not what was done or found just now', () => {
    const recheck = task({ kind: 'recheck', incident: 'i', text: '楼道堆物' })
    const told = restOf(
      {
        ...door,
        tasks: [recheck],
        care: [care('c')],
        incidents: [incident('i', 'checking'), incident('new', 'reported')],
      },
      today,
      ['c', 'new'],
    )
    expect(told.map(({ to }) => to)).toEqual(['/incidents/i'])
  })
})
