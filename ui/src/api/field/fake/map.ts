// The street's map: houses where they stand, open cases beside them.
import type { GridMap, HouseholdRow, IncidentRow, Position } from '../../generated/phone'
import { buildings, grid } from './street'

const ENDED = ['closed', 'cancelled', 'self_handled', 'not_filed', 'merged', 'evaluated']
/** A case lies beside a house, not in it. */
const BESIDE = 0.0004

export function mapOf(doors: HouseholdRow[], cases: IncidentRow[], position: Position | null): GridMap {
  const open = cases.filter((row) => !ENDED.includes(row.state))
  return {
    grids: [{ id: grid.id, name: grid.name, boundary: grid.boundary as [number, number][][] }],
    buildings: buildings.map(({ id, estate, number, lon, lat }) => {
      const there = doors.filter((row) => row.building === id)
      const due = there.filter((row) => row.due).length
      return { id, name: `${estate} ${number}`, number, lon, lat, doors: there.length, due }
    }),
    cases: open.flatMap((row, n) => {
      const house = buildings[(n * 3) % buildings.length]
      if (!house) return []
      const { id, category_zh, category_en, severity, place } = row
      return [
        { id, category_zh, category_en, severity, place, lon: house.lon + BESIDE, lat: house.lat - BESIDE },
      ]
    }),
    position,
  }
}
