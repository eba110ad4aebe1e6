// The visit reports of the pictures: counted like on the phone, from the doors and shops of this window.
import type {
  Period,
  PlaceView,
  HouseholdView,
  VisitFigures,
  VisitMaterial,
  VisitOutcome,
  VisitReportPage,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { buildings, grid, iso, me } from './street'
import { checked } from './words'

const DAY_MS = 86_400_000
const LONGEST_DAYS = 366
const dateOf = (instant: string) => iso(Date.parse(instant) + 8 * 3_600_000).slice(0, 10)
const key = ({ from, until }: Period) => `${from}–${until}`
const distinct = (values: readonly unknown[]) => new Set(values).size
const reached = (outcome: VisitOutcome) => outcome === 'met' || outcome === 'phoned'

type Confirmed = { period: Period; figures: VisitFigures; narrative: string; at: string; id: string }

export class Reports {
  private confirmed = new Map<string, Confirmed>()
  private count = 0

  constructor(
    private delivery: Delivery,
    private households: () => HouseholdView[],
    private places: () => PlaceView[],
    private now: () => number,
  ) {}

  read(from: string, until: string): VisitReportPage {
    const period = { from, until }
    const days = (Date.parse(until) - Date.parse(from)) / DAY_MS + 1
    if (!(days >= 1 && days <= LONGEST_DAYS)) throw new Fault('VALUE_OUT_OF_RANGE', key(period))
    const kept = this.confirmed.get(key(period))
    return {
      worker: me.name,
      grid_name: grid.name,
      material: this.material(period),
      confirmed: kept
        ? {
            figures: kept.figures,
            narrative: kept.narrative,
            at: kept.at,
            receipt: this.delivery.receipt(kept.id),
          }
        : null,
      earlier: [...this.confirmed.values()]
        .filter((other) => key(other.period) !== key(period))
        .reverse()
        .map((other) => ({ period: other.period, at: other.at })),
    }
  }

  confirm(from: string, until: string, narrative: string): VisitReportPage {
    const { figures } = this.read(from, until).material
    checked(narrative, 4000)
    this.count += 1
    const [at, id] = [iso(this.now()), `report-${this.count}`]
    const title = key({ from, until })
    this.confirmed.delete(title)
    this.confirmed.set(title, { period: { from, until }, figures, narrative, at, id })
    this.delivery.add({
      kind: 'visit_report', id, document: null, title, at, bytes_total: 1400, receipt: { type: 'local' },
    }) // prettier-ignore
    return this.read(from, until)
  }

  private material(period: Period): VisitMaterial {
    const falls = (instant: string) => period.from <= dateOf(instant) && dateOf(instant) <= period.until
    const doors = this.households().flatMap((view) => {
      const building = buildings.find((b) => b.id === view.building)
      return view.visits
        .filter(({ by, visit }) => by === me.id && falls(visit.ended_at))
        .map(({ visit, amendments }) => ({
          id: view.id,
          building: building ? `${building.estate} ${building.number}` : '',
          door: `${view.unit} ${view.room}`.trim(),
          visit,
          notes: [visit.note, ...amendments.map(({ note }) => note)],
        }))
    })
    const shops = this.places().flatMap((view) =>
      view.visits
        .filter(({ by, visit }) => by === me.id && falls(visit.ended_at))
        .map(({ visit, amendments }) => ({
          name: view.created.name,
          visit,
          notes: [visit.note, ...amendments.map(({ note }) => note)],
        })),
    )
    const open = new Set(doors.filter(({ visit }) => visit.outcome !== 'not_home').map(({ id }) => id))
    const seen = (some: typeof doors) =>
      distinct(some.filter(({ visit }) => reached(visit.outcome)).map(({ id }) => id))
    const outcomes = new Map<VisitOutcome, number>()
    for (const { visit } of doors) outcomes.set(visit.outcome, (outcomes.get(visit.outcome) ?? 0) + 1)
    const told = [
      ...doors.map((it) => ({ at: it.visit.ended_at, place: `${it.building} ${it.door}`, notes: it.notes })),
      ...shops.map((it) => ({ at: it.visit.ended_at, place: it.name, notes: it.notes })),
    ].sort((a, b) => a.at.localeCompare(b.at))
    const shut = new Map(
      doors.filter(({ id }) => !open.has(id)).map((it) => [it.id, `${it.building} ${it.door}`]),
    )
    const days = [...doors, ...shops].map(({ visit }) => dateOf(visit.ended_at))
    return {
      figures: {
        period,
        ledger: this.households().filter((view) => !view.void).length,
        days: distinct(days),
        visits: doors.length,
        doors: distinct(doors.map(({ id }) => id)),
        reached: seen(doors),
        outcomes: [...outcomes].sort((a, b) => b[1] - a[1]),
        changed: doors.reduce((sum, { visit }) => sum + visit.changes.length, 0),
        buildings: [...new Set(doors.map(({ building }) => building))].sort().map((building) => {
          const here = doors.filter((it) => it.building === building)
          return {
            building,
            visits: here.length,
            doors: distinct(here.map(({ id }) => id)),
            reached: seen(here),
          }
        }),
        places: distinct(shops.map(({ name }) => name)),
        place_visits: shops.length,
        failed: shops.reduce(
          (sum, { visit }) => sum + visit.answers.filter(({ answer }) => answer === 'fail').length,
          0,
        ),
      },
      noted: told.flatMap(({ at, place, notes }) =>
        notes.flatMap((note) => (note?.trim() ? [{ date: dateOf(at), place, note: note.trim() }] : [])),
      ),
      unopened: [...shut.values()].sort(),
    }
  }
}
