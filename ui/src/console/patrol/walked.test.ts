import { expect, test } from 'vitest'
import type { HitView, PatrolDetail, PatrolLine } from '../../api/registry'
import { daysSinceWalked, freshness, stopsOf } from './walked'

const walk = (grid: string, started_at: string) => ({ grid, started_at }) as PatrolLine

test('the latest patrol of a grid counts, by days in Shanghai', () => {
  // 17:00Z is already the next morning on the street.
  const since = daysSinceWalked(
    [walk('a', '2026-09-10T01:00:00Z'), walk('a', '2026-09-12T17:00:00Z'), walk('b', '2026-09-14T01:00:00Z')],
    '2026-09-14',
  )
  expect([...since]).toEqual([
    ['a', 1],
    ['b', 0],
  ])
})

test('a grid that nobody walked wears the tint of the longest wait', () => {
  expect([undefined, 0, 1, 2, 3, 4].map(freshness)).toEqual([3, 0, 1, 2, 2, 3])
})

test('stops keep the planned order, also those not reached, and add what was reached beside the plan', () => {
  const hit = (checkpoint: string) => ({ hit: { checkpoint }, by: 'p', counts: true }) as HitView
  const stops = stopsOf({
    view: { created: { checkpoints: ['east', 'pump'] }, hits: [hit('gate'), hit('pump'), hit('pump')] },
    grid: { checkpoints: [{ id: 'east', name: '东门', lon: 1, lat: 2, code: '' }] },
  } as unknown as PatrolDetail)
  expect(stops.map((stop) => [stop.number, stop.name, stop.hits.length])).toEqual([
    [1, '东门', 0],
    [2, 'pump', 2],
    [3, 'gate', 1],
  ])
})
