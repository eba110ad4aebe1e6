import { describe, expect, it } from 'vitest'
import type { AwaitedPhoto } from '../../api/registry'
import { recordOf, shownAs } from './awaited'

const awaited = (shown_as: string): AwaitedPhoto => ({
  hash: 'a'.repeat(64),
  document: '019b0000-0000-7000-8000-000000000001',
  shown_as,
  grid: '019b0000-0000-7000-8000-000000000002',
  taken_at: '2026-09-14T09:12:00+08:00',
  named_at: '2026-09-14T09:15:00+08:00',
})

describe('a photo that has not arrived', () => {
  it('is a photo, the camera’s picture, or a voice note', () => {
    const words = ['incident', 'checkpoint', 'original', 'voice', 'visit_voice'].map((as) =>
      shownAs(awaited(as)),
    )
    expect(words).toEqual(['photo', 'photo', 'original', 'voice', 'voice'])
  })

  it('leads to the record that names it, and of a door nowhere', () => {
    expect(recordOf(awaited('incident'))?.name).toBe('incidents')
    expect(recordOf(awaited('original'))?.name).toBe('incidents')
    expect(recordOf(awaited('checkpoint'))?.name).toBe('patrols')
    expect(recordOf(awaited('finding_voice'))?.name).toBe('patrols')
    expect(recordOf(awaited('visit_voice'))).toBeUndefined()
  })
})
