import { expect, test } from 'vitest'
import type { IncidentDetail, Photo } from '../../api/field'
import { openUntil, upright } from './original'

const NOW = Date.parse('2026-09-14T02:31:00Z')
const photo = { hash: 'p', original: { hash: 'o', bytes: 9, turn: 6 } } as Photo
const detail = (open: Record<string, string>) => ({ open_originals: open }) as unknown as IncidentDetail

test('an original is open as long as the phone says, and not a moment longer', () => {
  const open = detail({ o: '2026-09-14T02:46:00Z' })
  expect(openUntil(open, photo, NOW)).toBe(NOW + 15 * 60_000)
  expect(openUntil(open, photo, NOW + 15 * 60_000)).toBeNull()
  expect(openUntil(detail({}), photo, NOW)).toBeNull()
  expect(openUntil(detail({ p: '2026-09-14T02:46:00Z' }), photo, NOW)).toBeNull()
  expect(openUntil(open, { ...photo, original: undefined }, NOW)).toBeNull()
})

test('a picture that lies on its side fills the box that stands upright', () => {
  expect(upright(1)).toEqual({ width: '100cqw', height: '100cqh', transform: 'translate(-50%, -50%)' })
  expect(upright(6)).toEqual({
    width: '100cqh',
    height: '100cqw',
    transform: 'translate(-50%, -50%) rotate(90deg)',
  })
  expect(upright(8).transform).toContain('rotate(270deg)')
})
