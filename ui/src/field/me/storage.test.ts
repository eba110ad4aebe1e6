import { describe, expect, it } from 'vitest'
import type { Storage } from '../../api/field'
import { contents, piles, total } from './storage'

const none = { count: 0, voices: 0, bytes: 0 }
const storage = (some: Partial<Storage>): Storage => ({
  records: 1000,
  only_here: none,
  awaiting_backup: none,
  stays: none,
  stays_until: null,
  may_go: none,
  ...some,
})

describe('what lies on this phone', () => {
  it('is one row of records when there are no photos', () => {
    expect(piles(storage({})).map((row) => row.key)).toEqual(['records'])
  })

  it('goes from the least safe to what may go, and adds up', () => {
    const full = storage({
      only_here: { count: 1, voices: 0, bytes: 10 },
      awaiting_backup: { count: 0, voices: 2, bytes: 20 },
      stays: { count: 4, voices: 0, bytes: 40 },
      may_go: { count: 3, voices: 1, bytes: 30 },
    })
    expect(piles(full).map((row) => [row.key, row.pile && contents(row.pile)])).toEqual([
      ['records', undefined],
      ['onlyHere', '1 张照片'],
      ['awaiting', '2 条语音'],
      ['stays', '4 张照片'],
      ['mayGo', '3 张照片、1 条语音'],
    ])
    expect(total(full)).toBe(1100)
  })
})
