// The numbers behind every rate, and when a cell is too small to be shown.
import type { GridVisits } from '../../api/registry'

/** A cell below this many households could point at one of them. */
export const SMALLEST = 5

export const covered = (rows: readonly GridVisits[]) => ({
  reached: rows.reduce((sum, row) => sum + row.reached, 0),
  households: rows.reduce((sum, row) => sum + row.households, 0),
})

/** `71.3%`; nothing for a grid that is too small. */
export const rate = ({ reached, households }: Pick<GridVisits, 'reached' | 'households'>) =>
  households < SMALLEST ? undefined : `${((100 * reached) / households).toFixed(1)}%`
