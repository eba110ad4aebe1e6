// The incidents this phone knows, and a small fold of their events; the real one lives in core/src/incident.
import type {
  Applied,
  CaseStep,
  Code,
  Course,
  EventView,
  IncidentAction,
  IncidentDetail,
  IncidentRow,
  IncidentState,
  NewIncident,
  Photo,
  PossibleAct,
  Receipt,
  ReportHow,
  Role,
  VoiceNote,
  Withheld,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { scene } from './photos'
import { ERRAND, followDay, ownerlessOf, stepsOf, stepVerbs } from './steps'
import { at, categories, departments, grid, iso, me, people, today } from './street'
import { dateOf } from '../../../shared/moment'
import { checked } from './words'

type Kept = { created: NewIncident; photos: Photo[]; events: EventView[]; due: number | null }

/** What comes next on the way to a check. */
const BEFORE_CHECK: Partial<Record<IncidentState, CaseStep>> = {
  reported: 'accept',
  verifying: 'verify_result',
  accepted: 'file',
  filed: 'dispatch',
  dispatched: 'feedback',
  handling: 'feedback',
  feedback: 'send_check',
  self_handled: 'send_check',
}
const OPEN: IncidentState[] = [
  'reported',
  'verifying',
  'accepted',
  'filed',
  'dispatched',
  'handling',
  'returned',
  'suspended',
  'feedback',
  'checking',
]
/** How long an original stays open to whoever gave a reason. */
const OPEN_MS = 15 * 60_000
const desk = people[2]
const handler = people[3]
const office = departments.find((d) => d.id === handler?.department) ?? departments[0]

const voicesOf = (kept: Kept): VoiceNote[] =>
  kept.events.flatMap(({ event }) => (event.action.type === 'add_voice' ? [event.action.voice] : []))

/** Where an action leads from here, or why it does not apply. */
function fold(state: IncidentState, action: IncidentAction): Applied {
  const go = (allowed: IncidentState[], next: IncidentState, because: Code = 'WRONG_STATE'): Applied =>
    allowed.includes(state) ? { type: 'yes', state: next } : { type: 'no', because }
  switch (action.type) {
    case 'submit':
      return go(['draft'], 'reported')
    case 'self_handle':
      return go(['draft', 'reported', 'accepted', 'filed'], 'self_handled')
    case 'ask_verify':
      return go(['reported'], 'verifying')
    case 'verify_result':
      return go(['verifying'], 'reported')
    case 'accept':
      return go(['reported'], 'accepted')
    case 'file':
      return go(['accepted'], 'filed')
    case 'dispatch':
      return go(['filed'], 'dispatched')
    case 'start':
      return go(['dispatched'], 'handling')
    case 'return':
      return go(['dispatched', 'handling'], 'returned')
    case 'feedback':
      return go(['dispatched', 'handling'], 'feedback')
    case 'send_check':
      return go(['feedback'], 'checking')
    case 'check_pass':
      return go(['checking'], 'closed')
    case 'check_fail':
      return go(['checking'], 'dispatched')
    case 'cancel':
      return go(['draft', 'reported'], 'cancelled', 'CANCEL_AFTER_ACCEPT')
    default:
      return { type: 'yes', state }
  }
}

export class Incidents {
  private kept = new Map<string, Kept>()
  private count = 0

  constructor(
    private delivery: Delivery,
    private now: () => number,
  ) {
    this.begin()
  }

  /** What the street begins with. */
  private begin() {
    const drain = this.create('i-drain', 'P01003', 3, '听雨苑 东门', '东门雨水井盖断一角')
    drain.photos.push(scene('drain', 'before', iso(at(0, 8, 40))))
    this.put(drain, 'worker', at(0, 8, 40), { type: 'submit', without_photo_because: null })
    this.put(drain, 'dispatcher', at(0, 8, 52), { type: 'accept' })
    this.put(drain, 'dispatcher', at(0, 8, 53), { type: 'file' })
    this.put(drain, 'dispatcher', at(0, 9, 0), {
      type: 'dispatch',
      owner: office?.id ?? '',
      co_departments: [],
    })
    this.put(drain, 'worker', at(0, 9, 20), { type: 'cancel', reason: '物业换了块旧盖，作废。' })
    this.put(drain, 'worker', at(0, 9, 22), {
      type: 'set_ownership',
      ownership: 'unclear',
      note: '盖上没字',
    })
    this.put(drain, 'worker', at(0, 9, 25), {
      type: 'whistle',
      departments: departments.slice(1, 3).map((one) => one.id),
      reason: '一起看看是谁家的盖',
    })
    this.put(drain, 'handler', at(0, 9, 30), { type: 'start' })
    this.put(drain, 'handler', at(0, 9, 32), { type: 'comment', text: '带新盖过来，权属问过再定。' })
    drain.due = at(0, 15, 0)

    const corridor = this.create(
      '01a088df-2300-75d4-abf4-4165b7e368a1',
      'F01001',
      3,
      '听雨苑 3幢2单元 3–4楼',
      '',
    )
    corridor.photos.push(scene('corridor', 'before', iso(at(4, 9, 12))))
    this.put(corridor, 'worker', at(4, 9, 12), { type: 'submit', without_photo_because: null })
    this.put(corridor, 'dispatcher', at(4, 9, 30), { type: 'accept' })
    this.put(corridor, 'dispatcher', at(4, 9, 31), { type: 'file' })
    this.put(corridor, 'dispatcher', at(4, 9, 40), {
      type: 'dispatch',
      owner: office?.id ?? '',
      co_departments: [],
    })
    this.put(corridor, 'handler', at(4, 15, 0), {
      type: 'feedback',
      measure: '和住户一起清走了。',
      document: null,
    })
    corridor.photos.push(scene('floor', 'after', iso(at(4, 15, 0))))
    this.put(corridor, 'dispatcher', at(4, 15, 10), { type: 'send_check', checker: me.id })

    const quarrel = this.create('i-quarrel', 'D00002', 4, '听雨苑 3幢1单元 301', '楼上漏水两家吵起来')
    this.put(quarrel, 'worker', at(1, 14, 30), { type: 'submit', without_photo_because: '纠纷不拍照' })
    this.put(quarrel, 'worker', at(1, 14, 32), {
      type: 'record_dispute',
      stage: 'arisen',
      parties: 2,
      follow_up: '2026-09-18',
    })

    const seep = this.create('i-seep', 'E06004', 4, '听雨苑 5幢A座 负1-02', '来电说地下室渗水')
    this.put(seep, 'dispatcher', at(0, 8, 15), { type: 'submit', without_photo_because: '来电' })
    this.put(seep, 'dispatcher', at(0, 8, 20), { type: 'ask_verify', question: '地下室是渗水还是管漏？' })

    const lead = this.create(
      'i-lead',
      'F02001',
      2,
      '听雨苑 1幢1单元 门口',
      '一楼电瓶车从窗口拉线充电，劝拔了，明早复查。',
    )
    const shot = scene('corridor', 'before', iso(at(6, 17, 5)))
    lead.photos.push({ ...shot, original: { hash: 'corridor', bytes: 3_100_000, turn: 1 } })
    this.put(lead, 'worker', at(6, 17, 5), { type: 'self_handle', measure: '劝拔' })

    const errand = this.create('i-errand', ERRAND, 4, '听雨苑 3幢2单元 502', '帮着办养老认证')
    this.put(errand, 'worker', at(3, 10, 20), { type: 'submit', without_photo_because: '代办，不用拍照' })
    this.put(errand, 'worker', at(3, 10, 22), {
      type: 'add_step',
      what: '把表和复印件交到窗口',
      lies_with: '街道便民窗口',
      wanted: '2026-09-12',
    })
    this.put(errand, 'worker', at(3, 10, 23), {
      type: 'add_step',
      what: '等窗口审完',
      lies_with: '街道便民窗口',
      wanted: '2026-09-16',
    })
    this.put(errand, 'worker', at(2, 15, 5), {
      type: 'end_step',
      step: 'i-errand-e1',
      outcome: 'done',
      note: '窗口收了，给了回执。',
    })

    const manhole = this.create('i-manhole', 'P01008', 2, '听雨苑 北门', '井盖没字，踩着晃')
    manhole.photos.push(scene('drain', 'before', iso(at(6, 9, 0))))
    this.put(manhole, 'worker', at(6, 9, 0), { type: 'submit', without_photo_because: null })
    this.put(manhole, 'worker', at(6, 9, 2), {
      type: 'set_ownership',
      ownership: 'ownerless',
      note: '盖上没字',
    })
    this.put(manhole, 'worker', at(6, 9, 5), { type: 'make_safe', measure: '摆了锥桶，拉了警戒带。' })
    this.put(manhole, 'dispatcher', at(5, 9, 0), { type: 'set_ownership', ownership: 'ownerless', note: '' })
    this.put(manhole, 'dispatcher', at(5, 9, 5), {
      type: 'ask_owner',
      addressee: '供水公司',
      note: '北门井盖是不是你们的',
    })
    this.put(manhole, 'dispatcher', at(2, 9, 6), {
      type: 'ask_owner',
      addressee: '供电公司',
      note: '北门井盖是不是你们的',
    })
  }

  private create(id: string, category: string, severity: number, place: string, description: string): Kept {
    this.count += 1
    const kept: Kept = {
      created: {
        id,
        grid: grid.id,
        local_no: `${grid.name}-0914-00${this.count}`,
        source: 'patrol',
        category,
        severity,
        place: { text: place, household: null, position: null },
        description,
        finding: null,
      },
      photos: [],
      events: [],
      due: null,
    }
    this.kept.set(id, kept)
    return kept
  }

  private put(kept: Kept, role: Role, when: number, action: IncidentAction) {
    const by = { worker: me, dispatcher: desk, handler }[role as 'worker'] ?? me
    const id = `${kept.created.id}-e${kept.events.length}`
    const act = { by: by.id, role, device: 'phone', recorded_at: iso(when) }
    const department = role === 'handler' ? handler?.department : null
    const applied = fold(this.state(kept), action)
    kept.events.push({ event: { id, act, department, action }, change: id, applied })
    if (action.type === 'add_photo') kept.photos.push(action.photo)
    return id
  }

  private state(kept: Kept): IncidentState {
    const yes = kept.events.map((e) => e.applied).filter((a) => a.type === 'yes')
    return yes.at(-1)?.state ?? 'draft'
  }

  private one(id: string): Kept {
    const kept = this.kept.get(id)
    if (!kept) throw new Fault('NOT_FOUND', id)
    return kept
  }

  private receipt(kept: Kept): Receipt {
    const mine = kept.events.map((e) => this.delivery.receipt(e.change))
    return mine.find((r) => r.type !== 'centre') ?? { type: 'centre' }
  }

  row(id: string): IncidentRow {
    const kept = this.one(id)
    const category = categories.find((c) => c.code === kept.created.category)
    const state = this.state(kept)
    return {
      id,
      local_no: kept.created.local_no,
      category: kept.created.category,
      category_zh: category?.name_zh ?? kept.created.category,
      category_en: category?.name_en ?? kept.created.category,
      severity: kept.created.severity,
      state,
      place: kept.created.place.text,
      grid: grid.id,
      reported_at: kept.events[0]?.event.act.recorded_at ?? iso(this.now()),
      mine: kept.events[0]?.event.act.by === me.id,
      thumbnail: kept.photos[0]?.thumbnail ?? null,
      photos: kept.photos.length,
      due: kept.due === null ? null : iso(kept.due),
      overdue: kept.due !== null && kept.due < this.now() && OPEN.includes(state),
      follow_day: followDay(stepsOf(this.applied(kept))),
      receipt: this.receipt(kept),
    }
  }

  private applied = (kept: Kept) => kept.events.filter((e) => e.applied.type === 'yes').map((e) => e.event)

  /** What the real fold says beside the stage, as far as the screens of the street need it. */
  private course(kept: Kept): Course {
    const done = this.applied(kept)
    const last = (type: IncidentAction['type']) => done.findLast((e) => e.action.type === type)?.action
    const ownership = last('set_ownership')
    const dispute = last('record_dispute')
    const desk = done.findLast((e) => e.action.type === 'set_ownership' && e.act.role === 'dispatcher')
    const tier = last('escalate')
    const end = last('conclude_dispute')
    return {
      requests: [],
      suspensions: [],
      extended_to: null,
      return_count: done.filter((e) => e.action.type === 'return').length,
      reopen_count: 0,
      supervised: null,
      calls: done.flatMap(({ id, act, action }) =>
        action.type === 'whistle' || action.type === 'notify'
          ? [
              {
                event: id,
                kind: action.type === 'whistle' ? ('whistle' as const) : ('notice' as const),
                departments: action.departments,
                at: act.recorded_at,
                answers: action.departments
                  .slice(0, act.recorded_at < iso(at(0, 9, 46)) ? 1 : 0)
                  .map((department) => ({ department, by: handler?.id ?? '', at: iso(at(0, 9, 40)) })),
              },
            ]
          : [],
      ),
      satisfaction: null,
      merged_into: null,
      ownership: desk?.action.type === 'set_ownership' ? desk.action.ownership : null,
      ownership_proposed: ownership?.type === 'set_ownership' && !desk ? ownership.ownership : null,
      steps: stepsOf(done),
      ownerless: ownerlessOf(done),
      dispute: kept.created.category.startsWith('D')
        ? {
            stage: dispute?.type === 'record_dispute' ? dispute.stage : null,
            parties: dispute?.type === 'record_dispute' ? dispute.parties : null,
            follow_up: dispute?.type === 'record_dispute' ? (dispute.follow_up ?? null) : null,
            tier: tier?.type === 'escalate' ? tier.tier : 'first',
            tier_since: null,
            route: end?.type === 'conclude_dispute' ? end.route : null,
            success: end?.type === 'conclude_dispute' ? end.success : null,
            fulfilled: null,
          }
        : null,
    }
  }

  /** What 林晓 may do here; the real phone asks the guards. */
  private verbs(kept: Kept): { possible: PossibleAct[]; withheld: Withheld[] } {
    const state = this.state(kept)
    const possible: PossibleAct[] = ['comment', 'add_photo']
    const withheld: Withheld[] = []
    const mine = kept.events[0]?.event.act.by === me.id
    if (mine && (state === 'draft' || state === 'reported')) possible.push('cancel')
    else if (mine && OPEN.includes(state))
      withheld.push({ act: 'cancel', because: 'CANCEL_AFTER_ACCEPT', first: null })
    if (state === 'verifying') possible.push('verify_result')
    else if (state === 'reported')
      withheld.push({ act: 'verify_result', because: 'WRONG_STATE', first: 'ask_verify' })
    const first = BEFORE_CHECK[state]
    if (state === 'checking') possible.push('check')
    else if (first) withheld.push({ act: 'check', because: 'WRONG_STATE', first })
    if (!OPEN.includes(state)) return { possible, withheld }
    possible.push('whistle', 'notify', 'meeting')
    if (kept.created.category.startsWith('P')) possible.push('set_ownership')
    const { dispute, steps = [], ownership, ownership_proposed } = this.course(kept)
    possible.push(...stepVerbs(kept.created.category, steps, ownership ?? ownership_proposed))
    if (kept.created.category === ERRAND && ['reported', 'accepted', 'filed'].includes(state)) {
      if (steps.every((step) => step.end)) possible.push('self_handle')
      else withheld.push({ act: 'self_handle', because: 'STEPS_OPEN', first: null })
    }
    if (dispute) {
      possible.push('record_dispute', 'escalate')
      if (dispute.success) possible.push('self_handle', 'record_fulfilment')
      else {
        possible.push('conclude_dispute')
        withheld.push({ act: 'self_handle', because: 'NOT_SETTLED', first: null })
      }
    }
    if (kept.created.severity > 1) possible.push('raise')
    return { possible, withheld }
  }

  rows = (): IncidentRow[] => [...this.kept.keys()].map((id) => this.row(id))

  /** Handed in on that day or after it, and before today. */
  since = (date: string): IncidentRow[] =>
    this.rows()
      .filter(
        ({ reported_at, state }) =>
          state !== 'draft' && dateOf(reported_at) >= date && dateOf(reported_at) < today,
      )
      .sort((a, b) => a.severity - b.severity)

  /** The cases that name this door, newest first. */
  of = (household: string): IncidentRow[] =>
    [...this.kept.values()]
      .filter(({ created }) => created.place.household === household)
      .map(({ created }) => this.row(created.id))
      .sort((a, b) => b.reported_at.localeCompare(a.reported_at))

  detail(id: string): IncidentDetail {
    const kept = this.one(id)
    const state = this.state(kept)
    const first = kept.events[0]?.event.act
    const dispatched = kept.events.find((e) => e.event.action.type === 'dispatch')
    return {
      row: this.row(id),
      view: {
        created: kept.created,
        reported: first ?? {
          by: me.id,
          role: 'worker' as const,
          device: 'phone',
          recorded_at: iso(this.now()),
        },
        state,
        severity: kept.created.severity,
        owner: dispatched ? (office?.id ?? null) : null,
        co_departments: [],
        dispatched_at: dispatched?.event.act.recorded_at ?? null,
        ended_at: null,
        checker: state === 'checking' ? me.id : null,
        rework_count: 0,
        photos: kept.photos,
        voices: voicesOf(kept),
        events: kept.events,
        unreadable: 0,
        course: this.course(kept),
      },
      people: people.map(({ id: person, name }) => ({ id: person, name })),
      departments,
      category: categories.find((c) => c.code === kept.created.category) ?? null,
      event_receipts: Object.fromEntries(
        kept.events.map((e) => [
          e.change,
          e.event.action.type === 'dispatch'
            ? ({ type: 'seen', office: office?.name ?? '', at: iso(at(0, 9, 6)) } as Receipt)
            : this.delivery.receipt(e.change),
        ]),
      ),
      photo_states: Object.fromEntries(kept.photos.map((p) => [p.hash, this.delivery.photoState(p.hash)])),
      voice_receipts: Object.fromEntries(
        voicesOf(kept).map(({ hash }) => [hash, this.delivery.receipt(hash)]),
      ),
      open_originals: Object.fromEntries(
        kept.events.flatMap(({ event: { act, action } }) => {
          if (action.type !== 'open_original' || act.by !== me.id) return []
          const until = Date.parse(act.recorded_at) + OPEN_MS
          return until > this.now() ? [[action.original, iso(until)]] : []
        }),
      ),
      refused: [],
      seen: dispatched ? [{ incident: id, office: office?.name ?? '', at: iso(at(0, 9, 6)) }] : [],
      clock:
        kept.due === null
          ? null
          : {
              // From nine to noon and from two on, as in the picture.
              left_ms: kept.due - this.now() - 2 * 3_600_000,
              used_ms: this.now() - at(0, 9, 0),
              stands_until: null,
              rule: {
                category: 'P01',
                level: null,
                amount: 4,
                unit: 'working_hours' as const,
                valid_from: '2026-01-01',
              },
            },
      ...this.verbs(kept),
      alike: this.alike(kept),
    }
  }

  /** The same kind on the same morning. */
  private alike(kept: Kept) {
    const others = this.rows().filter(
      (row) => row.category === kept.created.category && OPEN.includes(row.state),
    )
    return others
      .filter((row) => row.id !== kept.created.id)
      .map((row) => ({ row, distance_m: 18, date: row.reported_at.slice(0, 10) }))
  }

  /** The number under which the next incident is known on this phone. */
  nextNumber() {
    this.count += 1
    return `${grid.name}-0914-00${this.count}`
  }

  report(created: NewIncident, photos: Photo[], voices: VoiceNote[], how: ReportHow): IncidentDetail {
    if (this.kept.has(created.id)) return this.detail(created.id)
    const category = categories.find((c) => c.code === created.category)
    if (!category) throw new Fault('MISSING_CATEGORY', created.category)
    if (!created.place.text.trim()) throw new Fault('MISSING_PLACE', 'empty')
    if (how.type === 'self_handle') {
      if (created.severity < 3) throw new Fault('SEVERITY_TOO_HIGH', 'on site')
      if (!category.on_site) throw new Fault('CATEGORY_NOT_ON_SITE', category.code)
      if (created.category !== ERRAND && !photos.some((p) => p.stage === 'after'))
        throw new Fault('MISSING_AFTER_PHOTO', 'on site')
    } else if (photos.length + voices.length === 0 && !how.without_photo_because?.trim()) {
      throw new Fault('MISSING_PHOTO', 'no photo, no reason')
    }
    checked(created.description, 1000)
    const kept: Kept = { created, photos: [...photos], events: [], due: null }
    this.kept.set(created.id, kept)
    for (const voice of voices) this.put(kept, 'worker', this.now(), { type: 'add_voice', voice })
    const change = this.put(kept, 'worker', this.now(), how)
    const item = { document: created.id, bytes_total: 900, title: created.local_no }
    this.delivery.add({ ...item, kind: 'incident', id: change })
    for (const photo of photos)
      this.delivery.add({ ...item, kind: 'photo', id: photo.hash, bytes_total: photo.bytes })
    for (const { hash, bytes } of voices)
      this.delivery.add({ ...item, kind: 'voice', id: hash, bytes_total: bytes })
    return this.detail(created.id)
  }

  act(id: string, action: IncidentAction): IncidentDetail {
    const kept = this.one(id)
    const applied = fold(this.state(kept), action)
    if (applied.type === 'no') throw new Fault(applied.because, 'guard')
    if ('text' in action) checked(action.text, 1000)
    if (action.type === 'open_original' && !action.reason.trim()) throw new Fault('MISSING_REASON', 'blank')
    const change = this.put(kept, 'worker', this.now(), action)
    const item = { document: id, title: kept.created.local_no }
    this.delivery.add({ ...item, kind: 'incident_event', id: change, bytes_total: 300 })
    if (action.type === 'add_photo')
      this.delivery.add({ ...item, kind: 'photo', id: action.photo.hash, bytes_total: action.photo.bytes })
    if (action.type === 'add_voice')
      this.delivery.add({ ...item, kind: 'voice', id: action.voice.hash, bytes_total: action.voice.bytes })
    return this.detail(id)
  }
}
