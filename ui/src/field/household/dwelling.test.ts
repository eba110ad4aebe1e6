import { afterEach, expect, test } from 'vitest'
import type { DwellingEvent } from '../../api/field'
import { speak } from '../../shared/words'
import { eventWords, mayRearrange, nextRoom, pieceRooms, standing } from './dwelling'

const people = [{ id: 'lin', name: '林晓' }]
const event = (act: DwellingEvent['act'], taken_back = false): DwellingEvent => ({
  act,
  by: 'lin',
  at: '2026-09-14T02:00:00.000Z',
  taken_back,
})
const split = event({
  dwelling: 'split',
  id: 's',
  into: [
    { id: 'a', room: '502A' },
    { id: 'b', room: '502B' },
  ],
})
const voided = event({ dwelling: 'void', id: 'v', reason: 'duplicate', note: null, same_as: null })

afterEach(() => speak('zh-CN'))

test('a door is split into letters, and another piece takes the next free one', () => {
  expect(pieceRooms('502')).toEqual(['502A', '502B'])
  expect(nextRoom('502', ['502A', '502C'])).toBe('502B')
  expect(
    nextRoom(
      '502',
      [...'ABCDEFGHIJKL'].map((sign) => `502${sign}`),
    ),
  ).toBe('')
})

test('what was done is said with who, when and what', () => {
  expect(eventWords(split, people)).toMatch(/^林晓 .*9月14日.* 拆成 502A、502B$/)
  expect(eventWords(voided, [])).toMatch(/^同事 .* 注销：重复登记$/)
  speak('en')
  expect(eventWords(split, people)).toMatch(/^林晓 split it into 502A, 502B on /)
})

test('what was taken back does not stand, and only a void or a split makes void', () => {
  const back = event({ dwelling: 'take_back', id: 't', events: ['v'] })
  const began = event({ dwelling: 'part_of', id: 'p', whole: 'w' })
  expect(standing([back, { ...voided, taken_back: true }, split, began])).toEqual([split])
})

test('a guide advises and a helper sees no household: neither rearranges doors', () => {
  expect(mayRearrange('worker')).toBe(true)
  expect(mayRearrange('secretary')).toBe(true)
  expect(mayRearrange('guide')).toBe(false)
  expect(mayRearrange('helper')).toBe(false)
  expect(mayRearrange(undefined)).toBe(false)
})
