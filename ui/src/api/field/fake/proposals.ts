// 更正建议 of the pictures: one that the centre answered on Friday, and what this window proposes.
import type {
  Correctable,
  CorrectableField,
  HouseholdRow,
  ProposalInput,
  ProposalRow,
  ProposalSubject,
  ProposedField,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { buildings, grid, iso } from './street'
import { checked } from './words'

const OF_BUILDING: ProposedField[] = [
  'estate', 'number', 'address', 'storeys', 'units', 'lift', 'entrance_note', 'risk_flags', 'location',
  'property_company', 'building_type', 'built_year',
] // prettier-ignore
const DAY_MS = 86_400_000
const same = (one: ProposalSubject, other: ProposalSubject) => one.type === other.type && one.id === other.id

export class Proposals {
  private rows: Omit<ProposalRow, 'receipt'>[]
  private count = 0

  constructor(
    private delivery: Delivery,
    private doors: (id: string) => HouseholdRow,
    private now: () => number,
  ) {
    const [house] = buildings
    this.rows = house
      ? [
          {
            proposal: {
              id: 'proposal-0',
              subject: { type: 'building', id: house.id },
              field: 'entrance_note',
              says: '',
              should: '北门晚上十点锁，从东门进',
              because: '问过门卫',
            },
            title: `${house.estate} ${house.number}`,
            at: iso(now() - 3 * DAY_MS),
            answer: {
              proposal: 'proposal-0',
              outcome: 'accepted',
              applied: false,
              note: '已记下，下次一起改',
              office: grid.community_name,
              at: iso(now() - 2 * DAY_MS),
            },
            fresh: false,
          },
        ]
      : []
  }

  read = (): ProposalRow[] =>
    this.rows.map((row) => ({ ...row, receipt: this.delivery.receipt(row.proposal.id) }))

  look(): ProposalRow[] {
    const shown = this.read()
    this.rows = this.rows.map((row) => ({ ...row, fresh: false }))
    return shown
  }

  about(subject: ProposalSubject): Correctable {
    const fields = this.fields(subject)
    return {
      title: this.title(subject),
      fields,
      proposals: this.read().filter((row) => fields.some((f) => same(f.subject, row.proposal.subject))),
    }
  }

  propose(input: ProposalInput): ProposalRow[] {
    const { subject, field } = input
    const asked = this.fields(subject).find((f) => f.field === field && same(f.subject, subject))
    if (!asked) throw new Fault('VALUE_OUT_OF_RANGE', field)
    const should = checked(input.should, 200)
    const because = checked(input.because, 300)
    if (!should) throw new Fault('MISSING_WORDS', field)
    if (should === asked.says) throw new Fault('ALREADY_SO', field)
    const counts = field === 'storeys' || field === 'units'
    if (counts && !/^[1-9]\d{0,2}$/.test(should)) throw new Fault('VALUE_OUT_OF_RANGE', should)
    if (!because) throw new Fault('MISSING_REASON', field)
    const waits = this.rows.some(
      ({ proposal: p, answer }) =>
        !answer && p.field === field && p.should === should && same(p.subject, subject),
    )
    if (waits) throw new Fault('ALREADY_ASKED', field)
    const id = `proposal-${(this.count += 1)}`
    const [at, title] = [iso(this.now()), this.title(subject)]
    const proposal = { id, subject, field, says: asked.says, should, because }
    this.rows = [{ proposal, title, at, answer: null, fresh: false }, ...this.rows]
    this.delivery.add({
      kind: 'proposal', id, document: null, title, at, bytes_total: 420, receipt: { type: 'local' },
    }) // prettier-ignore
    return this.read()
  }

  private fields(subject: ProposalSubject): CorrectableField[] {
    if (subject.type === 'grid') return [{ subject, field: 'boundary', says: '' }]
    if (subject.type === 'building') return this.ofBuilding(subject.id)
    const door = this.doors(subject.id)
    const says = `${door.unit} ${door.room}`.trim()
    return [{ subject, field: 'plate', says }, ...this.ofBuilding(door.building)]
  }

  private ofBuilding(id: string): CorrectableField[] {
    const house = buildings.find((b) => b.id === id)
    if (!house) throw new Fault('NOT_FOUND', id)
    const known: Partial<Record<ProposedField, string>> = {
      estate: house.estate,
      number: house.number,
      storeys: String(house.storeys),
    }
    return OF_BUILDING.map((field) => ({
      subject: { type: 'building', id },
      field,
      says: known[field] ?? '',
    }))
  }

  private title(subject: ProposalSubject): string {
    if (subject.type === 'grid') return grid.name
    if (subject.type === 'door') {
      const door = this.doors(subject.id)
      return [door.building_name, door.unit, door.room].filter(Boolean).join(' ')
    }
    const house = buildings.find((b) => b.id === subject.id)
    return house ? `${house.estate} ${house.number}` : ''
  }
}
