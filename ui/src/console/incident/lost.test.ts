import { expect, it } from 'vitest'
import type { LostPhoto } from '../../api/registry'
import { ofIncidents } from './lost'

const lost = (document: string | null, shown_as: string | null, found_at: string): LostPhoto => ({
  hash: 'ab',
  kind: 'damaged',
  document,
  shown_as,
  found_at,
})

it('names each incident with lost photos once, the longest waiting first, and nothing that is no incident', () => {
  const list = [
    lost('late', 'incident', '2026-09-14T03:00:00Z'),
    lost('early', 'incident', '2026-09-13T03:00:00Z'),
    lost('early', 'incident', '2026-09-15T03:00:00Z'),
    lost('round', 'checkpoint', '2026-09-12T03:00:00Z'),
    lost(null, null, '2026-09-11T03:00:00Z'),
  ]
  expect(ofIncidents(list)).toEqual(['early', 'late'])
})
