import { describe, expect, test } from 'vitest'
import type { CheckpointState, PatrolScreen, Position } from '../../api/field'
import { distanceOf, doneOf, fixWords, gapWords, needsReason, nextOf, paper } from './route'

const point = (id: string, hit: boolean): CheckpointState =>
  ({ checkpoint: { id, name: id }, hit: hit ? {} : null, distance_m: 40 }) as CheckpointState

const walk = (planned: string[], checkpoints: CheckpointState[]) =>
  ({ view: { created: { checkpoints: planned } }, checkpoints }) as unknown as PatrolScreen

test('the next point is the first that nobody reached, also when a later one was', () => {
  const checkpoints = [point('a', true), point('b', false), point('c', true)]
  expect(nextOf(walk(['a', 'b', 'c'], checkpoints))?.checkpoint.id).toBe('b')
})

test('without a plan the next point is the nearest, and nothing is guessed without a fix', () => {
  const far = { ...point('a', false), distance_m: 300 }
  expect(nextOf(walk([], [far, point('b', false), point('c', true)]))?.checkpoint.id).toBe('b')
  const unknown = { ...point('a', false), distance_m: null }
  expect(nextOf(walk([], [unknown]))).toBeNull()
  expect([doneOf(3, 0), doneOf(3, 8)]).toEqual(['3', '3 / 8'])
})

test('a distance is for orientation: tens of metres, then tenths of a kilometre', () => {
  expect(distanceOf(243)).toEqual({ value: '240', unit: '米' })
  expect(distanceOf(1288)).toEqual({ value: '1.3', unit: 'km' })
})

test('without a fix nothing is guessed', () => {
  const fix: Position = { lon: 0, lat: 0, accuracy_m: 6.2, fixed_at: '2026-09-14T01:00:00Z', mock: false }
  const now = Date.parse('2026-09-14T01:00:12Z')
  expect(fixWords(point('a', false), fix, now)).toBe('40 米·±6 米·12 秒前')
  expect(fixWords(point('a', false), null, now)).toContain('没有定位')
})

test('a gap is said neutrally, with its time', () => {
  const gaps = [{ from: '2026-09-14T01:30:00Z', to: '2026-09-14T01:39:00Z' }]
  expect(gapWords({ gaps } as PatrolScreen)).toBe('9:30 起 9 分钟没有定位，按缺口记，不影响点位')
  expect(gapWords({ gaps: [] as PatrolScreen['gaps'] } as PatrolScreen)).toBeNull()
})

test('a reason is asked for by hand and where no way leads', () => {
  expect(needsReason('qr', 'ok')).toBe(false)
  expect(needsReason('manual', 'ok')).toBe(true)
  expect(needsReason('qr', 'unreachable')).toBe(true)
})

describe('on paper', () => {
  const place = paper(
    [
      [123.5, 29.5],
      [123.503, 29.502],
    ],
    358,
    400,
    30,
  )

  test('north is up and everything stays inside the margin', () => {
    const [southwest, northeast] = [place(123.5, 29.5), place(123.503, 29.502)]
    expect(northeast.y).toBeLessThan(southwest.y)
    expect(northeast.x).toBeGreaterThan(southwest.x)
    for (const { x, y } of [southwest, northeast]) {
      expect(x).toBeGreaterThanOrEqual(29.99)
      expect(x).toBeLessThanOrEqual(328.01)
      expect(y).toBeGreaterThanOrEqual(29.99)
      expect(y).toBeLessThanOrEqual(370.01)
    }
  })

  test('a metre is as long eastwards as northwards', () => {
    const here = place(123.501, 29.501)
    const metre = 1 / 111_320
    const east = place(123.501 + (100 * metre) / Math.cos((29.501 * Math.PI) / 180), 29.501).x - here.x
    const north = here.y - place(123.501, 29.501 + 100 * metre).y
    expect(east / north).toBeCloseTo(1, 2)
  })

  test('a single point has a place too', () => {
    const { x, y } = paper([[123.5, 29.5]], 358, 400, 30)(123.5, 29.5)
    expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true)
  })
})
