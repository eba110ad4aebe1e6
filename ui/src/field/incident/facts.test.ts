import { expect, test } from 'vitest'
import type { IncidentDetail } from '../../api/field'
import { factsOf } from './facts'

const NOW = Date.parse('2026-09-14T03:00:00Z')
const incident = (course?: object) =>
  ({
    departments: [{ id: 'fire', name: '社区消防站' }],
    view: {
      course: course && {
        requests: [],
        calls: [],
        merged_into: null,
        ownership: null,
        ownership_proposed: null,
        dispute: null,
        ...course,
      },
    },
  }) as unknown as IncidentDetail
const said = (course?: object) =>
  factsOf(incident(course), NOW).map(({ label, value, note }) =>
    [label, value, note].filter(Boolean).join(' / '),
  )

test('most incidents have nothing to add', () => {
  expect(said()).toEqual([])
  expect(said({})).toEqual([])
})

test('whoever was called is named with whether they came', () => {
  const call = { event: 'w', kind: 'whistle', departments: ['fire'], at: '', answers: [] as object[] }
  expect(said({ calls: [call] })).toEqual(['吹哨 社区消防站 / 还没报到'])
  const answered = { ...call, answers: [{ department: 'fire', by: 'x', at: '2026-09-14T02:05:00Z' }] }
  expect(said({ calls: [answered] })).toEqual(['吹哨 社区消防站 / 10:05 已报到'])
})

test('a request that was not granted says why', () => {
  const request = { event: 'r', kind: 'suspension', until: '2026-09-18T09:30:00Z', reason: '等配件', by: 'h' }
  const outcome = { type: 'denied', at: '2026-09-14T02:00:00Z', reason: '仓库有货' }
  expect(said({ requests: [{ ...request, outcome: { type: 'waiting' } }] })).toEqual([
    '申请挂账到 9月18日 17:30 / 等答复',
  ])
  expect(said({ requests: [{ ...request, outcome }] })).toEqual([
    '申请挂账到 9月18日 17:30 / 10:00 没同意 / 仓库有货',
  ])
})

test('what somebody at the place thinks is not what the desk decided', () => {
  expect(said({ ownership_proposed: 'ownerless' })).toEqual(['权属 / 无主 / 现场提出，坐席还没定'])
  expect(said({ ownership: 'fallback', ownership_proposed: null })).toEqual(['权属 / 兜底'])
})
