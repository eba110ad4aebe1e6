// How long since a place was walked, and what became of each checkpoint. Places, never people.
import type { HitView, PatrolDetail, PatrolLine } from '../../api/registry'
import { daysBetween } from '../../shared/moment'

/** Whole days before `until` since each grid was last walked; a grid that is missing was not walked in the range. */
export function daysSinceWalked(patrols: readonly PatrolLine[], until: string): Map<string, number> {
  const since = new Map<string, number>()
  for (const { grid, started_at } of patrols) {
    const days = Math.max(0, daysBetween(started_at, until))
    since.set(grid, Math.min(days, since.get(grid) ?? days))
  }
  return since
}

/** Which of the four tints of the map a grid wears; the words are printed in it too. */
export const freshness = (days: number | undefined): 0 | 1 | 2 | 3 =>
  days === undefined || days > 3 ? 3 : days > 1 ? 2 : days === 1 ? 1 : 0

export type Stop = { id: string; number: number; name: string; lon?: number; lat?: number; hits: HitView[] }

/** Every planned checkpoint in walking order, then those reached beside the plan, each with its hits. */
export function stopsOf({ view, grid }: Pick<PatrolDetail, 'view' | 'grid'>): Stop[] {
  const planned = view.created.checkpoints
  const beside = view.hits.map((seen) => seen.hit.checkpoint).filter((id) => !planned.includes(id))
  return [...planned, ...new Set(beside)].map((id, index) => {
    const point = grid.checkpoints.find((one) => one.id === id)
    return {
      id,
      number: index + 1,
      name: point?.name ?? id,
      lon: point?.lon,
      lat: point?.lat,
      hits: view.hits.filter((seen) => seen.hit.checkpoint === id),
    }
  })
}
