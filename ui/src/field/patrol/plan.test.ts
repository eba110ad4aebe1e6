import { describe, expect, test } from 'vitest'
import type { PlanDue, PlanSummary } from '../../api/field'
import { dueOf, frequencyOf, hintOf, lineOf, type DuePlan } from './plan'

const plain = (words: string) => words.replaceAll('\u00a0', ' ')

const now = Date.parse('2026-09-14T09:46:00+08:00')
const due: PlanDue = {
  day: '2026-09-14',
  overdue_days: 0,
  late: false,
  done: 0,
  asked: 1,
  later: { times: 0, until: null, reason: null, words: null, days: 1, refused: null },
}
const plan = (about: Partial<PlanSummary> = {}, of: Partial<PlanDue> = {}): DuePlan => ({
  id: 'plan1',
  name: '听雨苑 早班',
  checkpoints: 11,
  frequency: { times: 1, days: 1 },
  window: ['08:30:00', '12:00:00'],
  last: { at: '2026-09-12T01:04:00Z', by: '陈志强', myself: false },
  under_way: null,
  ...about,
  due: { ...due, ...of },
})

describe('a plan', () => {
  test('says how often it is walked', () => {
    const told = [
      { times: 1, days: 1 },
      { times: 2, days: 7 },
      { times: 1, days: 10 },
    ].map((frequency) => frequencyOf(plan({ frequency })))
    expect(told).toEqual(['每天 1 次', '每周 2 次', '每 10 天 1 次'])
    expect(frequencyOf(plan({ frequency: null }))).toBe('')
  })

  test('says when it was walked last and by whom, oneself without a name', () => {
    expect(plain(lineOf(plan(), now))).toBe('上次 9月12日 9:04，陈志强')
    const mine = { at: '2026-09-13T01:04:00Z', by: '林晓', myself: true }
    expect(plain(lineOf(plan({ last: mine }), now))).toBe('上次 昨天 9:04')
    expect(plain(lineOf(plan({ last: null }), now))).toBe('还没巡过')
  })

  test('says who is on the way, before when it was walked', () => {
    const under_way = { at: '2026-09-14T01:20:00Z', by: '陈志强', myself: false }
    expect(plain(lineOf(plan({ under_way }), now))).toBe('陈志强 9:20 出发，还在路上')
    expect(plain(lineOf(plan({ under_way: { ...under_way, myself: true } }), now))).toBe(
      '9:20 出发，还没结束',
    )
  })

  test('counts where it is asked for more than once', () => {
    const weekly = plan({ frequency: { times: 2, days: 7 }, last: null }, { done: 1, asked: 2 })
    expect(plain(lineOf(weekly, now))).toBe('本周 1/2 次·还没巡过')
    const daily = plan({ frequency: { times: 2, days: 1 }, last: null }, { asked: 2 })
    expect(plain(lineOf(daily, now))).toBe('今天 0/2 次·还没巡过')
  })

  test('says its hours, that they are over, or how late it is', () => {
    expect(dueOf(plan())).toBe('8:30–12:00')
    expect(dueOf(plan({ window: null }))).toBe('今天')
    expect(dueOf(plan({}, { late: true }))).toBe('12:00 已过')
    expect(dueOf(plan({}, { late: true, overdue_days: 3 }))).toBe('逾期 3 天')
    expect(dueOf(plan({}, { later: { ...due.later, until: '2026-09-15' } }))).toBe('9月15日')
  })

  test('in the list to choose from says its points too, and of one without a frequency nothing more', () => {
    expect(plain(hintOf(plan(), now))).toBe('11 个点位·每天 1 次·上次 9月12日 9:04，陈志强')
    expect(plain(hintOf(plan({ frequency: null, last: null }), now))).toBe('11 个点位')
  })
})
