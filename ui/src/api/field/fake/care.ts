// People in care on the stairs of the pictures: one overdue, one due today, one whose consent ran out, one who was not asked
// yet, one who took it back, and one about whom two people disagree and whose consent is near its end. Refuses like the phone does, as far as screens can tell.
import type {
  CareDetail,
  CareDue,
  CareInput,
  CareLevel,
  CareRow,
  CareStart,
  CareType,
  CareView,
  Code,
  ConsentScope,
  ConsentStanding,
  LogLine,
  NewSupport,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import type { Households } from './households'
import { longestOfCare, type Snoozes } from './snoozes'
import { at, colleague, doors, inStairwell, iso, me, people, today } from './street'
import { checked } from './words'

const DAY_MS = 86_400_000
const OPEN_MS = 15 * 60_000
const RENEW_AHEAD_DAYS = 14
const EVERY: Record<CareLevel, number> = { first: 7, second: 30, third: 90 }

const plus = (date: string, days: number) =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
const dateOf = (instant: string) => iso(Date.parse(instant) + 8 * 3_600_000).slice(0, 10)
const between = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)

function blank(id: string, household: string, types: CareType[], level: CareLevel, when: string): CareView {
  const begun = { by: me.id, at: when }
  return {
    created: { id, household, person: null },
    begun,
    types,
    level: { level, values: [{ level, ...begun }] },
    consent: { state: 'pending' },
    needs: [],
    support: [],
    contacts: [],
    safety_notes: [],
    team: [],
    opens: [],
    last_seen: null,
    closed: null,
    reopen_asked: false,
    unreadable: 0,
  }
}

export class Care {
  private views = new Map<string, CareView>()
  private minted = 0

  constructor(
    private delivery: Delivery,
    private households: Households,
    private now: () => number,
    private snoozes: Snoozes,
    quietStreet: boolean,
  ) {
    const feng = this.plan('504', 'living_alone', 'first')
    this.agreed(feng, 200)
    this.need(feng, 'errand', '助餐卡月底到期，要代去续')
    feng.safety_notes.push({ note: '耳背，敲门听不见，请敲厨房的窗', by: me.id, at: iso(at(79, 9, 0)) })
    feng.contacts.push({ contact: { name: '侄女', phone: '14200000504' }, by: me.id, at: iso(at(79, 9, 0)) })
    feng.team.push({ id: 'helper-1', name: '吕奶奶', role: 'neighbour' })
    this.helped(feng, 23, '说最近睡不好，劝去卫生站看看')
    this.helped(feng, 16, null)
    this.helped(feng, quietStreet ? 2 : 9, null)
    feng.opens.push({ reason: '上门前看一下', by: colleague.id, at: iso(at(9, 8, 50)) })

    const li = this.plan('502', 'empty_nest', 'second')
    this.agreed(li, 200)
    this.need(li, 'repair', '燃气软管老化，约了师傅来换')
    this.helped(li, quietStreet ? 4 : 30, null)

    const zhang = this.plan('101', 'empty_nest', 'third')
    this.agreed(zhang, quietStreet ? 90 : -3)
    this.helped(zhang, 20, null)

    this.plan('402', 'living_alone', 'third')

    const yang = this.plan('404', 'living_alone', 'second')
    this.agreed(yang, 200)
    this.helped(yang, 40, null)
    this.helped(yang, 12, null)
    yang.support[0] = { ...this.latest(yang), overruled: true }
    yang.consent = { state: 'withdrawn', by: colleague.id, at: iso(at(12, 15, 20)), reason: '说不用再来了' }

    const lv = this.plan('202', 'living_alone', 'second')
    this.agreed(lv, 6)
    this.helped(lv, 3, null)
    lv.level = {
      level: 'first',
      values: [
        { level: 'first', by: me.id, at: iso(at(0, 9, 10)) },
        { level: 'third', by: colleague.id, at: iso(at(0, 9, 40)) },
      ],
    }
  }

  private latest(view: CareView) {
    const [latest] = view.support
    if (!latest) throw new Fault('INTERNAL', 'no support')
    return latest
  }

  private plan(room: string, type: CareType, level: CareLevel): CareView {
    const door = [...doors.values()].find((d) => inStairwell(d) && d.room === room)
    if (!door) throw new Fault('INTERNAL', room)
    const begun = iso(room === '402' ? at(5, 9, 0) : at(80, 9, 0))
    const view = blank(`care-${room}`, door.id, [type], level, begun)
    this.views.set(view.created.id, view)
    return view
  }

  private agreed(view: CareView, days: number) {
    const scope: ConsentScope[] = ['visits', 'help', 'contact', 'team']
    const expires = plus(today, days)
    const given = { id: `consent-${view.created.id}`, scope, how: 'spoken' as const, witness: '隔壁邻居' }
    const latest = { ...given, given_at: iso(at(79, 9, 0)), expires }
    view.consent = { state: 'given', scope, expires, latest, by: me.id }
  }

  private need(view: CareView, kind: 'errand' | 'repair', detail: string) {
    const need = { id: `need-${view.created.id}`, kind, detail }
    view.needs.push({ need, by: me.id, at: iso(at(79, 9, 5)), state: 'todo', differs: false })
  }

  private helped(view: CareView, days: number, note: string | null) {
    const when = iso(at(days, 10, 5))
    const support: NewSupport = {
      id: `support-${view.created.id}-${days}`,
      at: when,
      kind: 'visit',
      seen: true,
      as_usual: note === null,
      needs_done: [],
      note,
      emergency: false,
    }
    view.support.unshift({ support, by: me.id, recorded_at: when, overruled: false })
    view.last_seen = when
  }

  private view(id: string): CareView {
    const view = this.views.get(id)
    if (!view) throw new Fault('NOT_FOUND', id)
    return view
  }

  private standing(view: CareView): ConsentStanding {
    if (view.consent.state !== 'given') return view.consent.state
    return view.consent.expires < today ? 'expired' : 'given'
  }

  private due(view: CareView): CareDue | null {
    const standing = this.standing(view)
    if (view.closed || standing === 'withdrawn') return null
    if (standing === 'expired' && view.consent.state === 'given')
      return { why: 'renew_consent', day: view.consent.expires }
    if (standing === 'pending') return { why: 'ask_consent', day: plus(dateOf(view.begun.at), 7) }
    const visit = plus(dateOf(view.last_seen ?? view.begun.at), this.every(view))
    const end = this.ending(view)
    return end !== null && end < visit ? { why: 'renew_consent', day: end } : { why: 'visit', day: visit }
  }

  /** The last day of a consent that is near its end. */
  private ending(view: CareView): string | null {
    if (view.consent.state !== 'given' || view.closed) return null
    const left = between(today, view.consent.expires)
    return left >= 0 && left <= RENEW_AHEAD_DAYS ? view.consent.expires : null
  }

  private every(view: CareView) {
    const elder = view.types.some((type) =>
      ['living_alone', 'empty_nest', 'left_behind_elder'].includes(type),
    )
    const days = EVERY[view.level.level]
    return elder ? Math.min(days, 30) : days
  }

  private row(view: CareView): CareRow {
    const household = this.households.row(view.created.household)
    const due = this.due(view)
    const seen = view.last_seen && dateOf(view.last_seen)
    const end = this.ending(view)
    return {
      id: view.created.id,
      household_id: view.created.household,
      household,
      name: household.name,
      level: view.level.level,
      level_differs: view.level.values.some((value) => value.level !== view.level.level),
      standing: this.standing(view),
      consent_ends_in: end === null ? null : between(today, end),
      due,
      overdue_days: due ? Math.max(0, between(due.day, today)) : 0,
      due_now: due !== null && due.day <= today,
      last_seen: seen,
      days_since_seen: seen ? between(seen, today) : null,
      needs_open: view.needs.filter((need) => need.state !== 'done').length,
      closed: view.closed !== null,
      reopen_asked: view.reopen_asked,
      later: this.snoozes.later(
        view.created.id,
        due !== null && due.day <= today ? longestOfCare({ level: view.level.level, due }) : null,
      ),
    }
  }

  rows(): CareRow[] {
    const rows = [...this.views.values()].map((view) => this.row(view))
    const rank = (row: CareRow) =>
      row.closed || row.standing === 'withdrawn' ? 3 : row.overdue_days > 0 ? 0 : row.due_now ? 1 : 2
    return rows.sort((a, b) => rank(a) - rank(b) || b.overdue_days - a.overdue_days)
  }

  due_now = () => this.rows().filter((row) => row.due_now)
  of = (household: string) => this.rows().filter((row) => row.household_id === household)

  detail(id: string): CareDetail {
    const view = this.view(id)
    const bare: CareView = {
      ...view,
      needs: view.needs.map((need) => ({ ...need, need: { ...need.need, detail: '' } })),
      support: view.support.map((done) => ({ ...done, support: { ...done.support, note: null } })),
      contacts: [],
      safety_notes: [],
      team: [],
    }
    const withdrawn = view.consent.state === 'withdrawn'
    const mine = view.opens.find((open) => open.by === me.id)
    const until = mine && Date.parse(mine.at) + OPEN_MS
    const open = until !== undefined && until > this.now() && !withdrawn
    return {
      row: this.row(view),
      view: open ? view : bare,
      open_until: open ? iso(until) : null,
      has_words: !withdrawn && JSON.stringify(bare) !== JSON.stringify(view),
      every_days: this.every(view),
      people: people.map(({ id, name }) => ({ id, name })),
      support_receipts: Object.fromEntries(
        view.support.map(({ support }) => [support.id, this.delivery.receipt(support.id)]),
      ),
      receipt: { type: 'centre' },
      refused: [],
      warnings: [],
    }
  }

  begin(start: CareStart): CareDetail {
    const there = this.of(start.household).find((row) => !row.closed)
    if (there) return this.detail(there.id)
    const id = this.mint('care')
    const view = blank(id, start.household, start.types, start.level, iso(this.now()))
    this.views.set(id, view)
    this.say(id, this.room(view))
    return this.detail(id)
  }

  support(id: string): NewSupport {
    this.view(id)
    const now = iso(this.now())
    return {
      id: this.mint('support'),
      at: now,
      kind: 'visit',
      seen: true,
      as_usual: true,
      needs_done: [],
      note: null,
      emergency: false,
    }
  }

  save(id: string, support: NewSupport): CareDetail {
    const view = this.view(id)
    this.needs(view, ['visit', 'phone', 'company'].includes(support.kind) ? 'visits' : 'help')
    const note = checked(support.note, 500)
    const as_usual = support.as_usual && !note && support.needs_done.length === 0
    const done = {
      support: { ...support, note, as_usual },
      by: me.id,
      recorded_at: support.at,
      overruled: false,
    }
    if (view.support.every((other) => other.support.id !== support.id)) view.support.unshift(done)
    if (support.seen) view.last_seen = support.at
    for (const need of view.needs) if (support.needs_done.includes(need.need.id)) need.state = 'done'
    this.say(support.id, this.room(view), id)
    return this.detail(id)
  }

  act(id: string, input: CareInput): CareDetail {
    const view = this.view(id)
    const mark = { by: me.id, at: iso(this.now()) }
    if (this.standing(view) === 'withdrawn' && input.type !== 'give_consent')
      throw new Fault('CONSENT_WITHDRAWN', id)
    switch (input.type) {
      case 'give_consent': {
        const { scope, how, expires } = input
        const witness = this.words(input.witness, 40, 'MISSING_WITNESS')
        const latest = { id: this.mint('consent'), scope, how, witness, expires, given_at: mark.at }
        view.consent = { state: 'given', scope, expires, latest, by: me.id }
        break
      }
      case 'withdraw_consent':
        view.consent = { state: 'withdrawn', ...mark, reason: checked(input.reason, 200) }
        break
      case 'set_level':
        view.level = { level: input.level, values: [{ level: input.level, ...mark }] }
        break
      case 'add_type':
        view.types = [...view.types, input.care_type]
        break
      case 'remove_type':
        view.types = view.types.filter((type) => type !== input.care_type)
        break
      case 'add_need': {
        this.needs(view, 'help')
        const detail = this.words(input.detail, 200, 'MISSING_WORDS')
        const need = { id: this.mint('need'), kind: input.kind, detail }
        view.needs.push({ need, ...mark, state: 'todo', differs: false })
        break
      }
      case 'mark_need':
        this.needs(view, 'help')
        for (const need of view.needs) if (need.need.id === input.need) need.state = input.state
        break
      case 'set_contact':
        this.needs(view, 'contact')
        if (!/^[\d +-]{5,20}$/.test(input.phone)) throw new Fault('VALUE_OUT_OF_RANGE', 'phone')
        view.contacts = [{ contact: { name: input.name, phone: input.phone }, ...mark }]
        break
      case 'set_safety_note':
        this.needs(view, 'visits')
        view.safety_notes = input.note ? [{ note: checked(input.note, 200) ?? '', ...mark }] : []
        break
      case 'join_team':
        this.needs(view, 'team')
        view.team.push({ id: this.mint('carer'), name: input.name, role: input.role })
        break
      case 'leave_team':
        view.team = view.team.filter((carer) => carer.id !== input.carer)
        break
      case 'open':
        view.opens.unshift({ reason: this.words(input.reason, 200, 'MISSING_REASON'), ...mark })
        break
      case 'close':
        view.closed = { reason: this.words(input.reason, 200, 'MISSING_REASON'), ...mark }
        break
      case 'reopen':
        view.closed = null
        break
    }
    this.say(`${id}-${input.type}-${this.now()}`, this.room(view), id)
    return this.detail(id)
  }

  private words(text: string, limit: number, code: Code): string {
    const words = checked(text, limit)
    if (!words) throw new Fault(code, 'blank')
    return words
  }

  private needs(view: CareView, scope: ConsentScope) {
    if (view.closed) throw new Fault('CARE_CLOSED', view.created.id)
    if (this.standing(view) === 'withdrawn') throw new Fault('CONSENT_WITHDRAWN', view.created.id)
    if (this.standing(view) !== 'given' || view.consent.state !== 'given')
      throw new Fault('CONSENT_MISSING', view.created.id)
    if (!view.consent.scope.includes(scope)) throw new Fault('CONSENT_SCOPE', scope)
  }

  private room = (view: CareView) => this.households.row(view.created.household).room

  private say(id: string, room: string, document = id) {
    this.delivery.add({ kind: 'care', id, document, title: `听雨苑 3幢2单元 ${room}`, bytes_total: 360 })
  }

  private mint = (kind: string) => `${kind}-${Date.now().toString(36)}-${(this.minted += 1)}`

  /** What was done today, for the log: for how many, never for whom. */
  lines(): LogLine[] {
    const own = [...this.views.values()].flatMap((view) =>
      view.support
        .filter(({ support, by }) => by === me.id && Date.parse(support.at) >= at(0, 0, 0))
        .map(({ support }) => ({ plan: view.created.id, at: support.at })),
    )
    const times = own.map((done) => done.at).sort()
    const [from, until] = [times.at(0), times.at(-1)]
    if (!from || !until) return []
    return [{ type: 'care', from, until, people: new Set(own.map((done) => done.plan)).size }]
  }
}
