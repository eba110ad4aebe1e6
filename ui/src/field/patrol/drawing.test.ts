import { describe, expect, test } from 'vitest'
import { piecesOf } from './drawing'

// On the equator a ten-thousandth of a degree is 11 metres.
const east = (...steps: number[]) => steps.map((n): [number, number] => [n / 10_000, 0])
const walk = east(0, 1, 2, 30, 31, 32, 80, 81)

describe('the way of a patrol', () => {
  test('is one piece where the phone always knew where it was', () => {
    expect(piecesOf(walk, [])).toEqual({ walked: [walk], missing: [] })
  })

  test('is no line across a gap: that is a stretch of its own between the last fix and the first', () => {
    const { walked, missing } = piecesOf(walk, [3, 6])
    expect(walked).toEqual([east(0, 1, 2), east(30, 31, 32), east(80, 81)])
    expect(missing).toEqual([east(2, 30), east(32, 80)])
  })

  test('draws no piece for a single fix between two gaps', () => {
    const { walked, missing } = piecesOf(east(0, 1, 40, 80, 81), [2, 3])
    expect(walked).toEqual([east(0, 1), east(80, 81)])
    expect(missing).toEqual([east(1, 40), east(40, 80)])
  })

  test('is nothing where nothing was walked', () => {
    expect(piecesOf([], [])).toEqual({ walked: [], missing: [] })
  })
})
