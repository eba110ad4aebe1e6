// A phone without a phone: the demo street in memory, so that every screen runs in a plain browser. It answers and
// refuses like the real one, as far as the screens can tell; nothing of it is in the app that is shipped.
//
// `?scene=` in the address chooses how the day begins:
//   (none)     the pictures: no network, three records and five photos still on the phone
//   delivered  everything has arrived, network is good
//   stuck      the centre refused a damaged photo
//   walking    a patrol is half way
//   quiet      nothing is due
//   evening    ten past five: the day is over
//   fresh      the phone is not enrolled
//   many       a thousand households
//   morning    twenty past eight: three new, two came back, and nobody charged the phone
//   locked     the PIN 480215 is asked for; 204816 is a good code
//   shared     two share the phone: 1 has the PIN 480215, 2 has 715093
// `?scale=1.5` and `?language=en` dress the screens.
import type { Battery, Settings, Task, TaskGroup, TaskRow, Today } from '../../generated/phone'
import { Fault, type Asked, type Phone } from '../door'
import { Care } from './care'
import { Delivery } from './delivery'
import { Forms } from './forms'
import { Announcements, handbook } from './handbook'
import { Households } from './households'
import { Incidents } from './incidents'
import { mapOf } from './map'
import { Logs } from './log'
import { Patrols } from './patrols'
import { Lock } from './lock'
import { Places } from './places'
import { Moving } from './moving'
import { People } from './people'
import { keep, mark, photoUrl, scene as drawn } from './photos'
import { Proposals } from './proposals'
import { Reports } from './report'
import { search } from './search'
import { keep as keepVoice, recording } from './voices'
import { longestOfCare, longestOfPlan, longestOfTask, Snoozes } from './snoozes'
import {
  at,
  buildings,
  colleague,
  categories,
  departments,
  grid,
  evening,
  iso,
  me,
  morning,
  plans,
  tasks,
  today,
} from './street'

/** The last working day before that Monday. */
const FRIDAY = iso(at(3, 8, 0)).slice(0, 10)

/** An address of the right length that is another one every moment; nobody signed it. */
const address = (now: number) =>
  `https://centre.wangshu.example/verify#${`AQ${now.toString(36)}`.padEnd(119, 'A')}`

/** What the sync of twenty past eight brought. */
const NEWS_TODAY = { fresh: 3, returned: 2, drafts_left: 0 }
const NOTHING_NEW = { fresh: 0, returned: 0, drafts_left: 0 }

const CODES = { good: '204816', used: '111111', old: '222222' }

/** A fresh phone on the morning of the pictures, or as the scene says. */
export function fakePhone(wish = new URLSearchParams(location.search)): Phone {
  const people = new People(wish.get('scene') ?? '')
  // a second one has done nothing here yet, and has the centre's word for it
  const scene = people.isSecond() ? 'second' : (wish.get('scene') ?? '')
  const opened = performance.now()
  const now = () => (scene === 'evening' ? evening : morning) + Math.round(performance.now() - opened)
  const delivery = new Delivery(['delivered', 'fresh', 'second'].includes(scene) ? 'good' : 'none', now)
  const drafts = new Map<string, string>()
  const done = new Set<string>()
  const due = () => (scene === 'quiet' ? [] : tasks.filter((task) => !done.has(task.id)))
  const households = new Households(delivery, due, now)
  const snoozes = new Snoozes()
  const care = new Care(delivery, households, now, snoozes, scene === 'quiet')
  households.care = care.of
  const incidents = new Incidents(delivery, now)
  households.incidents = incidents.of
  const patrols = new Patrols(delivery, now)
  const said = new Announcements(delivery, now)
  const places = new Places(delivery, now, scene === 'quiet')
  const forms = new Forms(delivery, households, now, (key) => drafts.has(key), scene === 'quiet')
  households.forms = forms.of
  const logs = new Logs(delivery, households, incidents, places, forms, care, now)
  const reports = new Reports(delivery, households.all, places.all, now)
  const proposals = new Proposals(delivery, (id) => households.row(id), now)
  let enrolled = scene !== 'fresh' && !people.isComing()
  let settings: Settings = {
    language: wish.get('language') === 'en' ? 'en' : 'zh-CN',
    text_scale: Number(wish.get('scale') ?? 1),
    theme: 'system',
    photos_on_wifi_only: false,
    mask_names: false,
    save_power: true,
  }
  // The browser's own battery is none of the pictures' business.
  const battery: Battery | null = { level: scene === 'morning' ? 19 : 71, charging: false }
  const power = () => {
    const runsDown = (below: number) => battery !== null && !battery.charging && battery.level < below
    const saving = settings.save_power !== false && runsDown(40)
    return { battery, saving, low: runsDown(21), fix_every_s: saving ? 30 : 5 }
  }
  const lock = new Lock(
    people.pin(),
    people.pin() !== null,
    CODES,
    now,
    () => settings,
    () => delivery.online(),
    (pin) => people.setPin(pin),
  )
  const unsent = () => {
    const { waiting_records, waiting_photos, waiting_voices } = delivery.state()
    return waiting_records + waiting_photos + waiting_voices
  }
  const here = () => people.here(settings)
  const moving = new Moving(delivery, now, () => patrols.running() !== null)
  const walked = () => {
    const id = patrols.running()
    if (id && !patrols.screen(id).paused) throw new Fault('PATROL_RUNNING', 'walked')
  }
  let minted = 0
  const mint = (kind: string) => `${kind}-${Date.now().toString(36)}-${(minted += 1)}`

  beginWith(delivery, scene)
  if (scene === 'walking') patrols.halfWay()

  // The window of a test can walk into the network: fake.connect('good').
  Object.assign(window, { fake: { connect: delivery.connect.bind(delivery) } })

  const listed = (name: string) => (settings.mask_names && name ? `${name.slice(0, 1)}**` : name)
  const row = (task: Task): TaskRow => {
    const household = task.household ? households.row(task.household) : null
    return {
      task,
      plate: household?.room ?? '',
      name: household ? listed(household.name) : (task.place ?? ''),
      household,
      days_since_visit: household?.days_since ?? null,
      overdue_days: Math.max(0, Math.round((Date.parse(today) - Date.parse(task.due)) / 86_400_000)),
      done: done.has(task.id),
      later: snoozes.later(task.id, longestOfTask(task)),
    }
  }

  const todays = (): Today => {
    const all = due()
      .map(row)
      .filter((r) => r.done || !r.household?.void)
    const later = all.filter((r) => r.later.until && !r.done)
    const rows = all.filter((r) => !later.includes(r))
    const plans_due = care.due_now()
    const overdue = rows.filter((r) => r.overdue_days > 0)
    const here = rows.filter((r) => r.overdue_days === 0)
    const floor = (r: TaskRow) => r.household?.floor ?? 0
    const walking = buildings.flatMap((building): TaskGroup[] => {
      const inside = here.filter((r) => r.household?.building === building.id)
      const title = `${building.estate} ${building.number}`
      inside.sort((a, b) => floor(b) - floor(a))
      return inside.length ? [{ title, hint: 'walking', rows: inside }] : []
    })
    const elsewhere = here.filter((r) => !r.household)
    return {
      date: today,
      grid_name: grid.name,
      overdue: overdue.length,
      due_today: here.length,
      returned: rows.filter((r) => r.task.kind === 'returned' && !r.done).length,
      groups: [
        ...(overdue.length ? [{ title: '', hint: 'overdue' as const, rows: overdue }] : []),
        ...walking,
        ...(elsewhere.length ? [{ title: '', hint: 'elsewhere' as const, rows: elsewhere }] : []),
        ...(later.length ? [{ title: '', hint: 'later' as const, rows: later }] : []),
      ],
      care: plans_due.filter((plan) => !plan.later.until),
      care_later: plans_due.filter((plan) => plan.later.until),
      places: places.dueNow(),
      forms: forms.dueNow(),
      plans: patrols.plans((plan) => snoozes.later(plan.id, longestOfPlan(plan))),
      found: { since: FRIDAY, reports: incidents.since(FRIDAY), findings: [] },
      running_patrol: patrols.running(),
    }
  }

  const many = (query: string) => {
    const rows = households.rows(query).map((row) => ({ ...row, name: listed(row.name) }))
    return scene === 'many'
      ? Array.from({ length: 3 }, (_, n) => rows.map((r) => ({ ...r, id: n ? `${r.id}~${n}` : r.id })))
          .flat()
          .slice(0, 1000)
      : rows
  }

  const status = () => ({
    enrolled,
    worker: enrolled ? (people.isSecond() ? colleague : me) : null,
    grids: enrolled ? [grid] : [],
    server: enrolled ? 'https://centre.wangshu.example' : null,
    now: iso(now()),
    today,
    sync: delivery.state(),
  })

  const asked: Asked = {
    lockState: async () => lock.state(),
    lockNow: async () => lock.lock(),
    unlock: async (pin) => lock.unlock(pin),
    recover: async (code) => lock.recover(code),
    setPin: async (old, pin) => lock.set(old, pin),
    removePin: async (pin) => {
      if (people.isShared()) throw new Fault('PIN_NEEDED', 'shared')
      return lock.remove(pin)
    },
    workersHere: async () => here(),
    changeWorker: async () => (walked(), people.change(unsent()), here()),
    chooseWorker: async (number) => (people.choose(number), here()),
    addWorker: async () => (walked(), people.add(lock.state().sealed, unsent()), here()),
    showName: async (on) => (people.show(on ? (status().worker?.name ?? null) : null), here()),
    moveState: async () => moving.state(),
    packParcel: async () => moving.pack(),
    parcelArrived: async (receipt) => moving.arrived(receipt),
    openParcel: async (_file, code) => moving.open(code),
    leavePhone: async (pin) => {
      if (people.pin() !== null) lock.prove(pin ?? '')
      return (walked(), people.leave(unsent()), here())
    },
    status: async () => status(),
    enrol: async (server, code) => {
      if (!server.includes('centre')) throw new Fault('SERVER_UNREACHABLE', server)
      if (code === CODES.used) throw new Fault('CODE_USED', 'once')
      if (code === CODES.old) throw new Fault('CODE_EXPIRED', 'ten minutes')
      if (code !== CODES.good) throw new Fault('CODE_WRONG', 'no such code')
      enrolled = true
      people.enrolled()
      return status()
    },
    workCard: async () => ({ address: address(now()), until: iso(now() + 120_000) }),
    today: async () => todays(),
    snooze: async (input) => {
      const { subject } = input
      const task = subject.type === 'task' && due().find((t) => t.id === subject.id)
      const plan = subject.type === 'care' && care.due_now().find((p) => p.id === subject.id)
      const route = subject.type === 'patrol' && plans.find((p) => p.id === subject.id)
      if (!task && !plan && !route) throw new Fault('NOT_FOUND', subject.id)
      const longest = task ? longestOfTask(task) : plan ? longestOfCare(plan) : null
      snoozes.put(input, route ? longestOfPlan(route) : longest)
      return todays()
    },
    endSnooze: async (subject) => (snoozes.end(subject), todays()),
    completeTask: async (task) => (done.add(task), todays()),
    households: async (query) => many(query),
    search: async (query) => search(query, households, incidents, places, said.rows(), settings),
    household: async (id) => households.detail(id.split('~')[0] ?? id),
    places: async () => places.rows(),
    place: async (id) => places.detail(id),
    beginPlaceVisit: async (id) => places.begin(id, mint('place-visit')),
    savePlaceVisit: async (id, visit) => {
      const saved = places.save(id, visit)
      drafts.delete(`place-visit:${id}`)
      return saved
    },
    amendPlaceVisit: async (id, visit, note) => places.amend(id, visit, note),
    forms: async () => forms.rows(),
    form: async (form, round) => forms.detail(form, round),
    formDoor: async (form, round, household) => forms.open(form, round, household, mint('form')),
    saveFormDoor: async (household, input) => {
      const saved = forms.save(household, input, mint('form'))
      drafts.delete(`form:${household}:${input.form.id}/${input.form.round}`)
      return saved
    },
    carePlans: async () => care.rows(),
    carePlan: async (id) => care.detail(id),
    beginCare: async (start) => care.begin(start),
    beginSupport: async (plan) => care.support(plan),
    saveSupport: async (plan, support) => care.save(plan, support),
    actOnCare: async (plan, input) => care.act(plan, input),
    beginVisit: async (id, task) =>
      households.beginVisit(
        id,
        tasks.find((t) => t.id === task),
        mint('visit'),
      ),
    saveVisit: async (id, visit) => {
      const detail = households.saveVisit(id, visit)
      if (visit.task) done.add(visit.task)
      return { ...detail, tasks: detail.tasks.filter((t) => !done.has(t.id)) }
    },
    amendVisit: async (id, visit, note) => households.amend(id, visit, note),
    changeField: async (id, change) => households.change(id, change),
    resolveConflict: async (id, choice) => households.change(id, choice),
    addMember: async (id, member) => households.addMember(id, member),
    correctMember: async (id, member, changes) => households.correctMember(id, member, changes),
    memberLeft: async (id, member) => households.memberLeft(id, member),
    buildingChoices: async () => households.choices(),
    doorsLike: async (building, unit, room) => households.like(building, unit, room),
    voidHouseholds: async () => households.voids(),
    addDwelling: async (door) => (drafts.delete('new-door'), households.addDoor(mint('door'), door)),
    splitDwelling: async (id, split) => households.split(id, split, () => mint('door')),
    voidDwelling: async (id, input) => households.makeVoid(id, mint('act'), input),
    takeBackDwelling: async (id) => households.takeBack(id, () => mint('act')),
    draftPut: async (key, json) => (drafts.set(key, json), null),
    draftGet: async (key) => drafts.get(key) ?? null,
    draftDrop: async (key) => (drafts.delete(key), null),
    pages: async () => handbook,
    announcements: async () => said.rows(),
    readAnnouncement: async (id) => said.read(id),
    workLog: async () => logs.read(done),
    confirmWorkLog: async (text) => (drafts.delete(`work-log-${today}`), logs.confirm(text, done)),
    visitReport: async (from, until) => reports.read(from, until),
    confirmVisitReport: async (from, until, narrative) => (
      drafts.delete(`visit-report-${from}-${until}`),
      reports.confirm(from, until, narrative)
    ),
    correctable: async (subject) => proposals.about(subject),
    proposals: async () => proposals.read(),
    lookAtProposals: async () => proposals.look(),
    propose: async (input) => proposals.propose(input),
    categories: async () => categories,
    inFront: async () => null,
    power: async () => power(),
    battery: async () => power(),
    onFix: async () => ({ position: patrols.position() }),
    callForHelp: async () => {
      if (scene === 'quiet') throw new Fault('NO_DIALLER', 'a desk')
      return null
    },
    meteredLine: async (metered) => (delivery.metered(metered), null),
    markPhoto: async (hash, wishes) => {
      const photo = await mark(hash, wishes, iso(now()), grid.name)
      if (!photo) throw new Fault('PHOTO_TRUNCATED', 'undecodable')
      return photo
    },
    forgetPhoto: async () => null,
    beginIncident: async (start) => ({
      id: mint('incident'),
      grid: grid.id,
      local_no: incidents.nextNumber(),
      source: start.source,
      category: '',
      severity: 3,
      place: {
        text: start.household ? households.row(start.household).building_name : '听雨苑 3幢2单元 3–4楼',
        household: start.household,
        position: start.position,
      },
      description: '',
      finding: start.finding ? [start.finding.patrol, start.finding.finding] : null,
    }),
    nearbyIncidents: async (category) =>
      incidents
        .rows()
        .filter((r) => r.category === category && !['closed', 'cancelled', 'self_handled'].includes(r.state))
        .map((r) => ({ row: r, distance_m: 18, date: r.reported_at.slice(0, 10) })),
    reportIncident: async (incident, photos, voices, how) => incidents.report(incident, photos, voices, how),
    incidents: async () => incidents.rows(),
    incident: async (id) => incidents.detail(id),
    departments: async () => departments,
    actOnIncident: async (id, action) => incidents.act(id, action),
    whereabouts: async () => ({ position: patrols.position() }),
    gridMap: async () => mapOf(households.rows(''), incidents.rows(), patrols.position()),
    patrols: async () => patrols.rows(),
    patrol: async (id) => patrols.screen(id),
    patrolRunning: async () => {
      const id = patrols.running()
      return id ? patrols.screen(id) : null
    },
    patrolStart: async (plan) => patrols.start(plan),
    patrolStartFree: async (_grid, kind) => patrols.startFree(kind),
    patrolHit: async (id, hit) => patrols.hit(id, hit),
    patrolFinding: async (id, finding) => patrols.finding(id, finding),
    patrolAmendFinding: async (id, finding, note) => patrols.amend(id, finding, note),
    patrolPause: async (id) => patrols.pause(id),
    patrolResume: async (id) => patrols.resume(id),
    patrolPreviewFinish: async (id) => patrols.preview(id),
    patrolFinish: async (id, shareLine, note) => patrols.finish(id, shareLine, note),
    syncNow: async () => {
      const before = delivery.state()
      void delivery.sync()
      return before
    },
    syncPage: async () => ({ ...delivery.page(), news: scene === 'morning' ? NEWS_TODAY : NOTHING_NEW }),
    beginUnsent: async () => delivery.beginUnsent(),
    storage: async () => delivery.storage(),
    freeStorage: async () => delivery.free(),
    settings: async () => settings,
    saveSettings: async (next) => (settings = next),
  }
  return {
    ...copied(asked, lock, people),
    addPhoto: async (file, stage) => {
      const photo = await keep(file, stage, iso(now()))
      if (!photo) throw new Fault(file.size < 16 ? 'PHOTO_UNSUPPORTED' : 'PHOTO_TRUNCATED', 'undecodable')
      return photo
    },
    addVoice: async (recorded) => {
      const note = await keepVoice(recorded, iso(now()))
      if (!note) throw new Fault('VOICE_TRUNCATED', 'undecodable')
      return note
    },
    voice: async ({ hash }) => {
      const sound = recording(hash)
      if (!sound) throw new Fault('NOT_FOUND', hash)
      return sound
    },
    unsentPiece: () => delivery.unsentPiece(),
    now,
    photoUrl,
    originalUrl: (_, hash) => photoUrl(hash),
    onSync: (listener) => delivery.listen(listener),
  }
}

/** What answers while everything else is refused. */
const AT_THE_DOOR = new Set([
  'lockState',
  'lockNow',
  'unlock',
  'recover',
  'inFront',
  'workersHere',
  'changeWorker',
  'chooseWorker',
])
/** And what answers somebody who shares the phone and has no PIN yet. */
const AT_THE_THRESHOLD = new Set([
  'status',
  'enrol',
  'settings',
  'saveSettings',
  'setPin',
  'meteredLine',
  'leavePhone',
])

/** As over the bridge: what goes in and comes out is a copy, so no screen holds a piece of the phone. */
function copied(asked: Asked, lock: Lock, people: People): Asked {
  const copy = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T))
  return Object.fromEntries(
    Object.entries(asked).map(([name, command]) => [
      name,
      async (...args: unknown[]) => {
        if (!AT_THE_DOOR.has(name)) {
          lock.guard()
          if (people.needsPin() && !AT_THE_THRESHOLD.has(name)) throw new Fault('PIN_NEEDED', 'shared')
        }
        return copy(await (command as (...args: unknown[]) => Promise<unknown>)(...args.map(copy)))
      },
    ]),
  ) as Asked
}

/** What was done before the pictures were taken. */
function beginWith(delivery: Delivery, scene: string) {
  const waiting = scene === 'delivered' ? 'centre' : 'local'
  const visit = (id: string, title: string, when: number, state: 'local' | 'centre') =>
    delivery.add({
      kind: 'visit',
      id,
      document: 'h126',
      title,
      at: iso(when),
      receipt: { type: state },
      bytes_total: 420,
    })
  if (scene === 'fresh' || scene === 'second') return
  visit('seen-1', '听雨苑 3幢2单元 202', at(0, 8, 5), 'centre')
  visit('seen-2', '听雨苑 3幢2单元 504', at(0, 8, 14), 'centre')
  delivery.add({
    kind: 'incident', id: 'i-drain-e0', document: 'i-drain', title: '东门雨水井盖', at: iso(at(0, 8, 40)), bytes_total: 900,
    receipt: { type: 'seen', office: '城管办', at: iso(at(0, 9, 6)) },
  }) // prettier-ignore
  delivery.add({
    kind: 'incident', id: 'corridor', document: 'i-lead', title: '3幢楼道堆物', at: iso(at(0, 9, 12)), bytes_total: 900,
    receipt: { type: waiting },
  }) // prettier-ignore
  visit('today-1', '听雨苑 3幢2单元 104', at(0, 9, 24), waiting)
  visit('today-2', '听雨苑 3幢2单元 103', at(0, 9, 31), waiting)
  for (let n = 0; n < 5; n += 1) {
    const photo = drawn(n < 2 ? 'corridor' : 'drain', 'before', iso(at(0, 9, 12 + n)))
    delivery.add({
      kind: 'photo', id: `photo-${n}`, document: 'i-drain', title: n < 2 ? '3幢楼道堆物' : '东门雨水井盖', at: photo.taken_at,
      receipt: { type: waiting }, bytes_total: photo.bytes, bytes_sent: n === 2 ? 197_000 : 0,
    }) // prettier-ignore
  }
  if (scene === 'stuck')
    delivery.add({
      kind: 'photo', id: 'photo-broken', document: 'i-drain', title: '3幢消火栓', at: iso(at(0, 8, 5)),
      receipt: { type: 'refused', code: 'PHOTO_TRUNCATED' }, bytes_total: 210_000,
    }) // prettier-ignore
}
