import type { PhoneStatus } from '../../api/field'
import { plusDays } from '../../shared/moment'

/** 代班: a grid that this worker covers for a colleague, until its last day. */
export interface Covered {
  grid: string
  to: string
}

/** What is covered today and has a last day. */
export function covered(status: PhoneStatus): Covered[] {
  const covers = status.worker?.covers ?? []
  return covers.flatMap(({ grid, to }) => {
    const there = status.grids.find(({ id }) => id === grid)
    return there && to && to >= status.today ? [{ grid: there.name, to }] : []
  })
}

/** Those that end today or tomorrow: what is not at the centre has to go. */
export const endingSoon = (status: PhoneStatus): Covered[] =>
  covered(status).filter(({ to }) => to <= plusDays(status.today, 1))
