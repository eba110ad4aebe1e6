import { describe, expect, test } from 'vitest'
import type { EventView, IncidentAction, IncidentDetail, Role } from '../../api/field'
import { actorOf, countdown, titleOf, whyNot } from './words'

const event = (id: string, role: Role, by: string, action: IncidentAction): EventView => ({
  event: { id, act: { by, role, device: 'd', recorded_at: '2026-09-14T00:52:00Z' }, action },
  change: id,
  applied: { type: 'yes', state: 'reported' },
})
const detail = {
  row: {
    due: '2026-09-14T07:00:00Z',
    state: 'dispatched',
    category_zh: '雨水井盖',
    reported_at: '2026-09-14T00:40:00Z',
  },
  view: {
    dispatched_at: '2026-09-14T01:00:00Z',
    events: [
      event('e1', 'worker', 'me', { type: 'submit', without_photo_because: null }),
      event('e2', 'dispatcher', 'desk', { type: 'accept' }),
      { ...event('e3', 'handler', 'h', { type: 'comment', text: '来了' }) },
    ],
  },
  people: [{ id: 'h', name: '姜蒹葭' }],
  departments: [{ id: 'd1', name: '城管办' }],
  clock: {
    left_ms: 130 * 60_000,
    used_ms: 110 * 60_000,
    stands_until: null,
    rule: { category: 'P01', level: null, amount: 4, unit: 'working_hours', valid_from: '2026-01-01' },
  },
} as unknown as IncidentDetail

describe('who speaks in the timeline', () => {
  test('is you, the desk, an office, or a colleague by name', () => {
    expect(actorOf(detail, 0, 'me')).toBe('你')
    expect(actorOf(detail, 1, 'me')).toBe('坐席')
    expect(actorOf(detail, 2, 'me')).toBe('姜蒹葭')
    const office = structuredClone(detail)
    office.view.events[2]!.event.department = 'd1'
    expect(actorOf(office, 2, 'me')).toBe('城管办')
  })
})

test('a withdrawal that came too late names the time of the acceptance', () => {
  const why = whyNot(detail, { type: 'no', because: 'CANCEL_AFTER_ACCEPT' })
  expect(why).toBe('坐席 8:52 已受理，受理后不能作废。你的话留作备注。')
  expect(whyNot(detail, { type: 'yes', state: 'accepted' })).toBeNull()
})

describe('the countdown', () => {
  test('says what is left of working time, since when, and by which rule', () => {
    const left = countdown(detail, Date.parse('2026-09-14T02:50:00Z'))
    expect(left).toMatchObject({
      value: '2 小时 10 分',
      label: '工作时间内还剩',
      used: '已用 1 小时 50 分',
      percent: 46,
    })
    expect(left?.rule).toContain('今天 9:00 派遣起算，4 工作时，应于今天 15:00 前。休息时间不计时。')
    expect(left?.late).toBe(false)
  })

  test('counts hours, for a working day is shorter than a day', () => {
    const clock = { ...detail.clock!, left_ms: 30 * 3_600_000 }
    expect(countdown({ ...detail, clock }, 0)?.value).toBe('30 小时')
  })

  test('is about the deadline, not about a person, once that has passed', () => {
    const clock = { ...detail.clock!, left_ms: -3_600_000 }
    const over = countdown({ ...detail, clock }, Date.parse('2026-09-14T08:00:00Z'))
    expect(over).toMatchObject({ late: true, percent: 100, value: '1 小时', label: '工作时间已超' })
  })

  test('says until when it stands', () => {
    const clock = { ...detail.clock!, stands_until: '2026-09-18T09:30:00Z' }
    const left = countdown({ ...detail, clock }, Date.parse('2026-09-14T08:00:00Z'))
    expect(left?.label).toBe('挂账中')
    expect(left?.rule).toContain('9月18日 17:30 前不计时。')
  })

  test('is gone when the case has ended', () => {
    const closed = { ...detail, row: { ...detail.row, state: 'closed' as const } }
    expect(countdown(closed, Date.parse('2026-09-14T08:00:00Z'))).toBeNull()
  })
})

test('short words of the reporter are the title, long ones are not', () => {
  expect(titleOf(detail.row, '东门雨水井盖断一角')).toBe('东门雨水井盖断一角')
  expect(titleOf(detail.row, '一楼电瓶车从窗口拉线充电，劝拔了，明早复查。')).toBe('雨水井盖')
})
