import { describe, expect, it } from 'vitest'
import type { PhoneStatus } from '../../api/field'
import { covered, endingSoon } from './covers'

const status = (to: string | null, grids = ['g4']) =>
  ({
    today: '2026-09-14',
    grids: grids.map((id) => ({ id, name: '梧桐-04' })),
    worker: { covers: [{ grid: 'g4', from: null, to }] },
  }) as unknown as PhoneStatus

describe('代班', () => {
  it('is named with its last day', () => {
    expect(covered(status('2026-09-20'))).toEqual([{ grid: '梧桐-04', to: '2026-09-20' }])
    expect(endingSoon(status('2026-09-20'))).toEqual([])
  })

  it('is said to end on its last day and the day before', () => {
    expect(endingSoon(status('2026-09-15'))).toHaveLength(1)
    expect(endingSoon(status('2026-09-14'))).toHaveLength(1)
    expect(endingSoon(status('2026-09-16'))).toEqual([])
  })

  it('says nothing of what is over, has no end, or has not arrived', () => {
    expect(covered(status('2026-09-13'))).toEqual([])
    expect(covered(status(null))).toEqual([])
    expect(covered(status('2026-09-20', []))).toEqual([])
  })
})
