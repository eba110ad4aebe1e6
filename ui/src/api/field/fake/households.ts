// The households of this phone: what the list shows, what a visit leaves behind.
import type {
  BuildingChoice,
  CareRow,
  DwellingAct,
  FieldChange,
  FieldKey,
  FormHere,
  HouseholdDetail,
  HouseholdRow,
  HouseholdView,
  IncidentRow,
  NewDoor,
  MemberChange,
  NewMember,
  NewVisit,
  SplitInto,
  Task,
  VoidInput,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import {
  at,
  type Building,
  buildings,
  colleague,
  conflicted,
  grid,
  households,
  iso,
  me,
  people,
  today,
} from './street'
import { checked } from './words'

const DAY_MS = 86_400_000
const FORM: FieldKey[] = [
  'household_size',
  'contact_phone',
  'use',
  'gas_hose',
  'smoke_alarm',
  'preferred_time',
]

const named = (view: HouseholdView) => {
  const building = buildings.find((b) => b.id === view.building) as Building
  return `${building.estate} ${building.number}`
}

export class Households {
  /** The plans of a door; told by whoever keeps them. */
  care: (household: string) => CareRow[] = () => []
  /** The cases of a door; told by whoever keeps them. */
  incidents: (household: string) => IncidentRow[] = () => []
  /** The forms that ask at a door; told by whoever keeps them. */
  forms: (household: string) => FormHere[] = () => []
  private views = new Map(households().map((view) => [view.id, view]))

  constructor(
    private delivery: Delivery,
    private tasks: () => Task[],
    private now: () => number,
  ) {
    this.disagree()
  }

  /** 402 王老师: the worker was there at 9:10, a colleague phoned at 9:40, and both wrote (C2 of the stories). */
  private disagree() {
    const view = this.view(conflicted.id)
    const put = (change: FieldChange, by: string, when: number, visit: string) => ({
      value: change,
      by,
      at: iso(when),
      visit,
      confirmed_at: null,
    })
    const mine = (change: FieldChange) => put(change, me.id, at(0, 9, 10), `${view.id}-today`)
    const theirs = (change: FieldChange) => put(change, colleague.id, at(0, 9, 40), `${view.id}-phone`)
    const conflict = (a: FieldChange, b: FieldChange) => ({ field: a.field, values: [mine(a), theirs(b)] })
    const numbers = conflict(
      { field: 'contact_phone', value: '14200000123' },
      { field: 'contact_phone', value: '14200000456' },
    )
    const sizes = conflict({ field: 'household_size', value: 3 }, { field: 'household_size', value: 2 })
    view.fields = view.fields.map((f) =>
      f.field === 'contact_phone' ? numbers : f.field === 'household_size' ? sizes : f,
    )
    // Another field, written by her alone: that comes together without a question.
    const evening = theirs({ field: 'preferred_time', value: 'evening' })
    view.fields = [
      ...view.fields.filter((f) => f.field !== 'preferred_time'),
      { field: 'preferred_time', values: [evening] },
    ]
    const [last] = view.visits
    if (!last) return
    const visit = (id: string, kind: 'routine' | 'phone', by: string, when: number) => ({
      ...last,
      visit: {
        ...last.visit,
        id,
        kind,
        outcome: kind === 'phone' ? ('phoned' as const) : ('met' as const),
        started_at: iso(when),
        ended_at: iso(when),
      },
      by,
      recorded_at: iso(when),
    })
    view.visits.unshift(
      visit(`${view.id}-phone`, 'phone', colleague.id, at(0, 9, 40)),
      visit(`${view.id}-today`, 'routine', me.id, at(0, 9, 10)),
    )
  }

  /** Every door of this phone, whether or not it is void. */
  all = () => [...this.views.values()]

  view(id: string): HouseholdView {
    const view = this.views.get(id)
    if (!view) throw new Fault('NOT_FOUND', id)
    return view
  }

  row(id: string): HouseholdRow {
    const view = this.view(id)
    const one = <T>(key: FieldKey) =>
      view.fields.find((f) => f.field === key)?.values.at(-1)?.value.value as T
    const last = view.visits[0]
    const phone = one<string | undefined>('contact_phone') ?? ''
    return {
      id,
      building: view.building,
      building_name: named(view),
      unit: view.unit,
      room: view.room,
      floor: floorOf(view.room),
      name: one<string | undefined>('contact_name') ?? '',
      size: one<number | undefined>('household_size') ?? null,
      phone_masked: phone && `${phone.slice(0, 3)}****${phone.slice(-4)}`,
      last_visit_at: last?.recorded_at ?? null,
      last_outcome: last?.visit.outcome ?? null,
      days_since: last ? this.daysSince(last.recorded_at) : null,
      no_entry_until: view.no_entry_until,
      vacant: one('use') === 'vacant',
      conflicts: view.fields.filter((f) => f.values.length > 1).length,
      due: !view.void && this.tasks().some((task) => task.household === id),
      void: view.void ?? false,
    }
  }

  rows(query: string): HouseholdRow[] {
    const rows = this.sorted().filter((row) => !row.void)
    const q = query.trim()
    if (!q) return rows
    return rows.filter(
      (row) =>
        row.name.includes(q) || row.room.includes(q) || (q.length >= 3 && row.phone_masked.endsWith(q)),
    )
  }

  /** In walking order, whenever a door was listed. */
  private sorted(): HouseholdRow[] {
    const order = (row: HouseholdRow) => buildings.findIndex((b) => b.id === row.building)
    return [...this.views.keys()]
      .map((id) => this.row(id))
      .sort(
        (a, b) =>
          order(a) - order(b) ||
          a.unit.localeCompare(b.unit, 'zh') ||
          (b.floor ?? -99) - (a.floor ?? -99) ||
          a.room.localeCompare(b.room, 'zh'),
      )
  }

  detail(id: string): HouseholdDetail {
    const view = this.view(id)
    const here = view.visits.find((v) => this.daysSince(v.recorded_at) === 0)
    const hour = new Date(this.now() + 8 * 3_600_000).toISOString().slice(11, 16)
    return {
      row: this.row(id),
      view,
      people: people.map(({ id: person, name }) => ({ id: person, name })),
      visit_receipts: Object.fromEntries(
        view.visits.map((v) => [v.visit.id, this.delivery.receipt(v.visit.id)]),
      ),
      voice_receipts: Object.fromEntries(
        view.visits.flatMap(({ visit: { voice } }) =>
          voice ? [[voice.hash, this.delivery.receipt(voice.hash)]] : [],
        ),
      ),
      receipt: this.delivery.receipt(`edit-${id}`),
      refused: [],
      tasks: this.tasks().filter((task) => task.household === id),
      care: this.care(id),
      incidents: this.incidents(id),
      forms: this.forms(id),
      visited_today: here
        ? {
            by: people.find((p) => p.id === here.by)?.name ?? '',
            myself: here.by === me.id,
            at: here.recorded_at,
          }
        : null,
      warnings: hour >= '20:30' || hour < '08:30' ? ['QUIET_HOURS' as const] : [],
      same_door: view.void
        ? []
        : this.like(view.building, view.unit, view.room).filter((row) => row.id !== id && !row.void),
      related: this.related(view),
    }
  }

  private related(view: HouseholdView): HouseholdRow[] {
    const named = (view.events ?? []).flatMap(({ act }) =>
      act.dwelling === 'split'
        ? act.into.map((part) => part.id)
        : act.dwelling === 'void' && act.same_as
          ? [act.same_as]
          : [],
    )
    const whole = view.part_of ? [view.part_of] : []
    return [...new Set([...whole, ...named])].map((one) => this.row(one))
  }

  choices(): BuildingChoice[] {
    const rows = this.rows('')
    return buildings.map((b) => ({
      id: b.id,
      name: `${b.estate} ${b.number}`,
      units: [
        ...new Set(rows.filter((row) => row.building === b.id && row.unit).map((row) => row.unit)),
      ].sort((x, y) => x.localeCompare(y, 'zh')),
    }))
  }

  voids = () => this.sorted().filter((row) => row.void)

  like(building: string, unit: string, room: string): HouseholdRow[] {
    const wanted = doorKey(unit, room)
    return this.sorted().filter((row) => row.building === building && doorKey(row.unit, row.room) === wanted)
  }

  add(id: string, door: NewDoor, wholeOf?: { event: string; view: HouseholdView; stays: boolean }): string {
    const room = door.room.trim()
    if (!room) throw new Fault('MISSING_PLACE', 'no room')
    const there = this.like(door.building, door.unit, room).some((row) => !row.void)
    if (there && !door.even_so) throw new Fault('DUPLICATE_DWELLING', room)
    this.views.set(id, {
      id,
      building: door.building,
      unit: door.unit.trim(),
      room,
      fields: wholeOf?.stays ? wholeOf.view.fields.filter((f) => f.values.length === 1) : [],
      no_entry_until: null,
      members: wholeOf?.stays ? [...wholeOf.view.members] : [],
      visits: [],
      void: false,
      part_of: wholeOf?.view.id ?? null,
      events: [],
      unreadable: 0,
    })
    if (wholeOf) this.note(id, { dwelling: 'part_of', id: wholeOf.event, whole: wholeOf.view.id })
    return id
  }

  addDoor(id: string, door: NewDoor): HouseholdDetail {
    return this.edited(this.add(id, door))
  }

  split(id: string, { rooms, stays, even_so }: SplitInto, mint: () => string): HouseholdDetail {
    const view = this.view(id)
    if (view.void) throw new Fault('DWELLING_VOID', id)
    const keys = new Set(rooms.map((room) => doorKey(view.unit, room)))
    if (rooms.some((room) => !room.trim())) throw new Fault('MISSING_PLACE', 'no room')
    if (rooms.length < 2 || rooms.length > 12 || keys.size < rooms.length)
      throw new Fault('SPLIT_PARTS', rooms.join())
    for (const room of rooms)
      if (!even_so && this.like(view.building, view.unit, room).some((row) => !row.void && row.id !== id))
        throw new Fault('DUPLICATE_DWELLING', room)
    const event = mint()
    const into = rooms.map((room) => ({ id: mint(), room: room.trim() }))
    this.note(id, { dwelling: 'split', id: event, into })
    into.forEach((part, at) =>
      this.add(
        part.id,
        { building: view.building, unit: view.unit, room: part.room, even_so: true },
        { event, view, stays: at === stays },
      ),
    )
    return this.edited(id)
  }

  makeVoid(id: string, event: string, { reason, note, same_as }: VoidInput): HouseholdDetail {
    if (this.view(id).void) throw new Fault('DWELLING_VOID', id)
    this.note(id, { dwelling: 'void', id: event, reason, note: checked(note, 200), same_as })
    return this.edited(id)
  }

  takeBack(id: string, mint: () => string): HouseholdDetail {
    const view = this.view(id)
    if (!view.void) throw new Fault('ALREADY_SO', id)
    const pieces: string[] = []
    const events: string[] = []
    for (const event of view.events ?? []) {
      if (event.taken_back || !['void', 'split'].includes(event.act.dwelling)) continue
      event.taken_back = true
      events.push(event.act.id)
      if (event.act.dwelling === 'split') pieces.push(...event.act.into.map((part) => part.id))
    }
    this.note(id, { dwelling: 'take_back', id: mint(), events })
    for (const piece of pieces)
      if (!this.view(piece).void && this.view(piece).visits.length === 0)
        this.note(piece, {
          dwelling: 'void',
          id: mint(),
          reason: 'split_taken_back',
          note: null,
          same_as: null,
        })
    return this.edited(id)
  }

  private note(id: string, act: DwellingAct) {
    const view = this.view(id)
    view.events = [{ act, by: me.id, at: iso(this.now()), taken_back: false }, ...(view.events ?? [])]
    view.void = view.events.some((e) => !e.taken_back && ['void', 'split'].includes(e.act.dwelling))
  }

  beginVisit(id: string, task: Task | undefined, visit: string): NewVisit {
    if (this.view(id).void) throw new Fault('DWELLING_VOID', id)
    const known = this.view(id).fields.map((f) => f.field)
    return {
      id: visit,
      kind: task?.kind === 'care' ? 'care' : task?.kind === 'revisit' ? 'follow_up' : 'routine',
      outcome: 'met',
      started_at: iso(this.now()),
      ended_at: iso(this.now()),
      changes: [],
      confirmed: FORM.filter((key) => known.includes(key)),
      persons_met: null,
      note: null,
      task: task?.id ?? null,
      incidents: [],
      next_due: null,
      care_emergency: false,
    }
  }

  saveVisit(id: string, visit: NewVisit): HouseholdDetail {
    const view = this.view(id)
    if (view.visits.some((v) => v.visit.id === visit.id)) return this.detail(id)
    const note = checked(visit.note, 1000)
    for (const change of visit.changes) this.write(id, change, visit.id)
    view.visits.unshift({
      visit: { ...visit, note },
      by: me.id,
      recorded_at: iso(this.now()),
      amendments: [],
    })
    if (visit.outcome === 'refused') view.no_entry_until = iso(this.now() + 90 * DAY_MS).slice(0, 10)
    this.delivery.add({
      kind: 'visit',
      id: visit.id,
      document: id,
      title: `${named(view)}${view.unit} ${view.room}`,
      bytes_total: 420,
    })
    if (visit.voice)
      this.delivery.add({
        kind: 'voice',
        id: visit.voice.hash,
        document: id,
        title: `${named(view)}${view.unit} ${view.room}`,
        bytes_total: visit.voice.bytes,
      })
    return this.detail(id)
  }

  amend(id: string, visit: string, note: string): HouseholdDetail {
    const found = this.view(id).visits.find((v) => v.visit.id === visit)
    if (!found) throw new Fault('NOT_FOUND', visit)
    found.amendments.push({ note: checked(note, 1000) ?? '', by: me.id, at: iso(this.now()) })
    return this.edited(id)
  }

  change(id: string, change: FieldChange): HouseholdDetail {
    this.write(id, change, null)
    return this.edited(id)
  }

  /** Somebody who left stays known by their id: a fact is recorded once. */
  private met = new Set<string>()

  addMember(id: string, member: NewMember): HouseholdDetail {
    const view = this.view(id)
    const thisYear = Number(iso(this.now() + 8 * 3_600_000).slice(0, 4))
    if (!member.display_name.trim()) throw new Fault('VALUE_OUT_OF_RANGE', 'blank')
    checked(member.display_name, 40)
    checked(member.relation, 20)
    if (member.birth_year !== null && (member.birth_year < 1880 || member.birth_year > thisYear))
      throw new Fault('VALUE_OUT_OF_RANGE', 'birth year')
    if (this.met.has(member.id)) throw new Fault('ALREADY_RECORDED', member.id)
    this.met.add(member.id)
    view.members = [...view.members, { member, since: iso(this.now()) }]
    return this.edited(id)
  }

  correctMember(id: string, member: string, changes: MemberChange[]): HouseholdDetail {
    const view = this.view(id)
    const known = view.members.find((one) => one.member.id === member)
    if (!known) throw new Fault('NOT_FOUND', member)
    if (changes.length === 0) throw new Fault('ALREADY_SO', member)
    const corrected = [...(known.corrected ?? [])]
    let right = known.member
    for (const change of changes) {
      if (change.field === 'display_name' && !change.value.trim())
        throw new Fault('VALUE_OUT_OF_RANGE', 'blank')
      if (change.field !== 'birth_year') checked(change.value ?? null, change.field === 'relation' ? 20 : 40)
      const before = corrected.find((one) => one.field === change.field)
      const entered = before?.entered ?? ({ field: change.field, value: right[change.field] } as MemberChange)
      const values = [{ value: change, by: me.id, at: iso(this.now()) }]
      if (before) corrected.splice(corrected.indexOf(before), 1)
      corrected.push({ field: change.field, entered, values })
      right = { ...right, [change.field]: change.value }
    }
    const next = { ...known, member: right, corrected }
    view.members = view.members.map((one) => (one === known ? next : one))
    return this.edited(id)
  }

  memberLeft(id: string, member: string): HouseholdDetail {
    const view = this.view(id)
    if (!view.members.some((one) => one.member.id === member)) throw new Fault('NOT_FOUND', member)
    view.members = view.members.filter((one) => one.member.id !== member)
    return this.edited(id)
  }

  private write(id: string, change: FieldChange, visit: string | null) {
    if (change.field === 'notes') checked(change.value, 500)
    if (change.field === 'contact_name') checked(change.value, 40)
    if (change.field === 'contact_phone' && !/^[\d +-]{5,20}$/.test(change.value))
      throw new Fault('VALUE_OUT_OF_RANGE', 'phone')
    const view = this.view(id)
    const value = { value: change, by: me.id, at: iso(this.now()), visit, confirmed_at: null }
    const others = view.fields.filter((f) => f.field !== change.field)
    view.fields = [...others, { field: change.field, values: [value] }]
  }

  private edited(id: string) {
    const row = this.row(id)
    this.delivery.add({
      kind: 'household_edit',
      id: `edit-${id}`,
      document: id,
      title: `${row.building_name}${row.unit} ${row.room}`,
      bytes_total: 210,
    })
    return this.detail(id)
  }

  private daysSince(when: string) {
    const day = (ms: number) => Math.floor((ms + 8 * 3_600_000) / DAY_MS)
    return day(this.now()) - day(Date.parse(when))
  }
}

export const gridName = grid.name
export { today }

/** 502-A and ５０２ａ are one door. */
function doorKey(unit: string, room: string): string {
  const key = (text: string, word: string) =>
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[\s\-—–_.·]/g, '')
      .replace(new RegExp(`${word}$`), '')
  return `${key(unit, '单元')}/${key(room, '室')}`
}

function floorOf(room: string): number | null {
  const below = /^负(\d+)/.exec(room)
  if (below) return -Number(below[1])
  const above = /^(\d{1,2})\d\d(\D|$)/.exec(room)
  return above ? Number(above[1]) : null
}
