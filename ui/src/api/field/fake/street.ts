// The demo street as this phone holds it on the morning of the pictures: grid 梧桐-03, Monday 14 September 2026.
import type {
  Announcement,
  Category,
  Department,
  FieldChange,
  FieldView,
  Grid,
  HouseholdView,
  Page,
  Person,
  Plan,
  Task,
  VisitOutcome,
  VisitView,
} from '../../generated/phone'
import json from './street.json'

/** A building as the slice has it; the phone itself only tells its name. */
export type Building = {
  id: string
  estate: string
  number: string
  storeys: number
  lon: number
  lat: number
}
type Door = (typeof json.households)[number]

const slice = json as unknown as {
  today: string
  grid: Grid
  people: Person[]
  departments: Department[]
  categories: Category[]
  plans: Plan[]
  buildings: Building[]
  tasks: Task[]
  households: Door[]
  pages: Page[]
  announcements: Announcement[]
}

export const { today, grid, people, departments, categories, plans, buildings, tasks, pages, announcements } =
  slice
export const doors = new Map(slice.households.map((door) => [door.id, door]))
export const me = people[0] as Person
export const colleague = people[1] as Person

/** 9:46 on that morning, as in the pictures. */
export const morning = at(0, 9, 46)

/** 17:10, when the day is written down. */
export const evening = at(0, 17, 10)

/** An instant so many days before today, on the Shanghai clock. */
export function at(daysAgo: number, hour: number, minute: number): number {
  return Date.parse(`${today}T00:00:00Z`) - daysAgo * 86_400_000 + (hour - 8) * 3_600_000 + minute * 60_000
}

export const iso = (ms: number) => new Date(ms).toISOString()

/** Days since somebody was met in 3幢2单元; the picture of the floors is the source. */
const STAIRWELL: Record<string, number> = {
  601: 12, 603: 28, 604: 33, 502: 36, 503: 41, 504: 9, 401: 36, 402: 94, 403: 67, 404: 15, 301: 22, 302: 49,
  303: 58, 304: 71, 201: 18, 202: 3, 204: 102, 101: 30, 102: 44, 103: 8, 104: 26, 501: 76,
} // prettier-ignore

export const inStairwell = (door: Door) =>
  door.unit === '2单元' && buildings.find((b) => b.id === door.building)?.number === '3幢'

export const vacant = (door: Door) => door.use === 'vacant'

function visit(door: Door, n: number, outcome: VisitOutcome, when: number, note: string | null): VisitView {
  return {
    visit: {
      id: `${door.id}-v${n}`,
      kind: 'routine',
      outcome,
      started_at: iso(when - 240_000),
      ended_at: iso(when),
      changes: [],
      confirmed: [],
      persons_met: outcome === 'met' ? 1 : null,
      note,
      task: null,
      incidents: [],
      next_due: null,
      care_emergency: false,
    },
    by: me.id,
    recorded_at: iso(when),
    amendments: [],
  }
}

function history(door: Door, order: number): VisitView[] {
  if (vacant(door)) return []
  const known = inStairwell(door) ? STAIRWELL[door.room] : undefined
  const days = known ?? 2 + ((order * 29) % 83)
  const last = visit(
    door,
    2,
    order % 9 === 4 ? 'phoned' : 'met',
    at(days, 9 + (order % 8), (order * 7) % 60),
    null,
  )
  const earlier = visit(door, 1, 'met', at(days + 31, 10, (order * 11) % 60), null)
  if (!inStairwell(door)) return [last, earlier]
  if (door.room === '302') return [visit(door, 3, 'not_home', at(1, 16, 20), '留了联系卡'), last, earlier]
  if (door.room === '501') return [visit(door, 3, 'refused', at(20, 10, 5), null), last, earlier]
  return [last, earlier]
}

function fields(door: Door): FieldView[] {
  const seen = at(36, 9, 30)
  const values: FieldChange[] = []
  const put = (change: FieldChange) => values.push(change)
  put({ field: 'use', value: door.use as 'rented' })
  put({ field: 'occupancy', value: door.occupancy as 'resident' })
  if (door.household_size) put({ field: 'household_size', value: door.household_size })
  if (door.salutation) put({ field: 'contact_name', value: door.salutation })
  if (door.contact_phone) put({ field: 'contact_phone', value: door.contact_phone })
  if (door.preferred_time) put({ field: 'preferred_time', value: door.preferred_time as 'morning' })
  if (door.gas_hose) put({ field: 'gas_hose', value: door.gas_hose as 'ok' })
  if (door.smoke_alarm) put({ field: 'smoke_alarm', value: door.smoke_alarm as 'ok' })
  return values.map((value) => ({
    field: value.field,
    values: [{ value, by: me.id, at: iso(seen), visit: `${door.id}-v2`, confirmed_at: null }],
  }))
}

/** Every household document of the grid, in walking order. */
export function households(): HouseholdView[] {
  return slice.households.map((door, order) => ({
    id: door.id,
    building: door.building,
    unit: door.unit,
    room: door.room,
    fields: fields(door),
    no_entry_until: door.no_entry_until ?? null,
    members: [],
    visits: history(door, order),
    void: false,
    part_of: null,
    events: [],
    unreadable: 0,
  }))
}

/** 402 王老师's phone number, learnt two ways this morning: C2 of the stories. */
export const conflicted = [...doors.values()].find((d) => inStairwell(d) && d.room === '402') as Door
