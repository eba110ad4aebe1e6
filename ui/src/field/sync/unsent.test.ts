import { expect, test, vi } from 'vitest'
import { standIn, type Phone } from '../../api/field'
import { packUnsent, unsentName } from './unsent'

const NOW = Date.parse('2026-09-14T09:32:00Z')
/** A phone that hands out these pieces. */
function holding(pieces: string[], photos: number) {
  const left = [...pieces]
  const next = async () => new TextEncoder().encode(left.shift() ?? '').buffer as ArrayBuffer
  const unsentPiece = vi.fn(next)
  standIn({
    beginUnsent: async () => ({ records: 2, photos, voices: 0, left_out: 1 }),
    unsentPiece,
    now: () => NOW,
  } as unknown as Phone)
  return unsentPiece
}

test('the pieces are one file in their order, and each picture is told', async () => {
  holding(['one', 'two', 'and what is told of them'], 2)
  const told: string[] = []
  const packed = await packUnsent(
    (done, of) => told.push(`${done}/${of}`),
    () => false,
  )
  expect(await packed?.file.text()).toBe('onetwoand what is told of them')
  expect(packed?.file.name).toBe('gridwalk-202609140932.zip')
  expect(packed?.told).toMatchObject({ records: 2, left_out: 1 })
  expect(told).toEqual(['0/2', '1/2', '2/2', '2/2'])
})

test('whoever closes the sheet takes nothing, and the phone is asked for nothing more', async () => {
  const asked = holding(['one', 'two', 'rest'], 2)
  expect(
    await packUnsent(
      () => {},
      () => true,
    ),
  ).toBeNull()
  expect(asked).toHaveBeenCalledTimes(1)
})

test('the name says the minute', () => expect(unsentName(NOW)).toBe('gridwalk-202609140932.zip'))
