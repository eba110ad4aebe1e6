// The list of doors as lines: a heading per staircase, then its doors, in walking order as the phone gives them.
import type { HouseholdRow } from '../../api/field'
import { callsForVisit } from './last-visit'

export type Line =
  | { kind: 'head'; key: string; title: string; doors: number; due: number }
  | { kind: 'door'; key: string; row: HouseholdRow; first: boolean; last: boolean }

const staircase = (row: HouseholdRow) => (row.unit ? `${row.building_name} ${row.unit}` : row.building_name)

export function linesOf(rows: readonly HouseholdRow[]): Line[] {
  const groups: { title: string; rows: HouseholdRow[] }[] = []
  for (const row of rows) {
    const title = staircase(row)
    const group = groups.at(-1)
    if (group?.title === title) group.rows.push(row)
    else groups.push({ title, rows: [row] })
  }
  return groups.flatMap((group, at): Line[] => [
    {
      kind: 'head',
      key: `${at} ${group.title}`,
      title: group.title,
      doors: group.rows.length,
      due: group.rows.filter(callsForVisit).length,
    },
    ...group.rows.map((row, n): Line => ({
      kind: 'door',
      key: row.id,
      row,
      first: n === 0,
      last: n === group.rows.length - 1,
    })),
  ])
}

export type Building = { id: string; name: string; units: string[] }
export type Storey = { floor: number | null; doors: HouseholdRow[] }

/** Every building with its staircases, in walking order. */
export function buildingsOf(rows: readonly HouseholdRow[]): Building[] {
  const buildings = new Map<string, Building>()
  for (const row of rows) {
    const building = buildings.get(row.building) ?? { id: row.building, name: row.building_name, units: [] }
    if (!building.units.includes(row.unit)) building.units.push(row.unit)
    buildings.set(row.building, building)
  }
  return [...buildings.values()].map((b) => ({
    ...b,
    units: b.units.sort((x, y) => x.localeCompare(y, 'zh')),
  }))
}

/** One staircase as it stands: the top floor on top, doors from left to right; doors without a floor come last. */
export function storeysOf(rows: readonly HouseholdRow[], building: string, unit: string): Storey[] {
  const storeys = new Map<number | null, HouseholdRow[]>()
  for (const row of rows.filter((r) => r.building === building && r.unit === unit))
    storeys.set(row.floor, [...(storeys.get(row.floor) ?? []), row])
  return [...storeys]
    .map(([floor, doors]) => ({
      floor,
      doors: doors.sort((a, b) => a.room.localeCompare(b.room, 'zh', { numeric: true })),
    }))
    .sort((a, b) => (b.floor ?? -99) - (a.floor ?? -99))
}
