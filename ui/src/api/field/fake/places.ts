// The shops of the pictures: one too late, one due today, one with something wanting, one shut, one never looked at. Refuses
// like the phone does, as far as screens can tell.
import type {
  CheckAnswer,
  Checklist,
  LogLine,
  NewPlaceVisit,
  PlaceDetail,
  PlaceRow,
  PlaceView,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { at, grid, iso, me, people, today } from './street'
import { checked } from './words'

const DAY_MS = 86_400_000
const ITEMS: readonly [string, string, string, string][] = [
  ['exit', '疏散通道畅通', 'Way out is clear', 'F01003'],
  ['wiring', '用电安全，没有飞线', 'Wiring is sound, no hanging cables', 'F02001'],
  ['gas', '燃气软管和报警器', 'Gas hose and alarm', 'F03001'],
  ['extinguisher', '灭火器有效', 'Extinguisher is in date', 'F04001'],
  ['sleeping', '店里没有住人', 'Nobody sleeps here', 'F05001'],
]
const LEAFLETS: readonly [string, string, string][] = [
  ['fire_ten', '九小场所防火十条', 'Ten rules against fire'],
  ['gas_safe', '用气安全一张纸', 'Gas safety on one sheet'],
  ['fraud', '防电信诈骗提示', 'Beware of phone fraud'],
]
const list = (kind: string): Checklist => ({
  kind,
  version: 1,
  items: ITEMS.map(([id, name_zh, name_en, category]) => ({ id, name_zh, name_en, category })),
  leaflets: LEAFLETS.map(([id, name_zh, name_en]) => ({ id, name_zh, name_en })),
})
const LISTS = ['shop', 'workshop'].map(list)
/** Days until the next visit, by what was found. */
const DAYS = { checked: 30, closed: 3, refused: 7, gone: 0 }

const dateOf = (instant: string) => iso(Date.parse(instant) + 8 * 3_600_000).slice(0, 10)
const plus = (date: string, days: number) =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
const between = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
const failed = (visit: NewPlaceVisit) => visit.answers.filter(({ answer }) => answer === 'fail').length

export class Places {
  private views = new Map<string, PlaceView>()

  constructor(
    private delivery: Delivery,
    private now: () => number,
    quietStreet: boolean,
  ) {
    const late = quietStreet ? 5 : 31
    this.shop('xiaoman', '小满便利店', 'shop', '听雨苑 南门口', [[late, 'checked', {}]])
    this.shop('shuangjiang', '霜降面馆', 'shop', '听雨苑 1幢临街1号', [
      [40, 'checked', {}],
      [quietStreet ? 3 : 7, 'checked', { extinguisher: '两只都在红区，答应换' }],
    ])
    this.shop('guyu', '谷雨理发店', 'shop', '听雨苑 1幢临街3号', [[24, 'checked', {}]])
    this.shop('lixia', '立夏水果铺', 'shop', '听雨苑 东门', [[2, 'closed', {}]])
    this.shop('jingzhe', '惊蛰电动车行', 'workshop', '听雨苑 6幢临街2号', [
      [5, 'checked', { wiring: '插线板拖在地上' }],
    ])
    this.shop('chushu', '处暑打印店', 'shop', '听雨苑 北门', [])
  }

  private shop(
    id: string,
    name: string,
    kind: string,
    address: string,
    told: [number, NewPlaceVisit['outcome'], Record<string, string>][],
  ) {
    const visits = told.map(([ago, outcome, wanting], n): PlaceView['visits'][number] => {
      const when = at(ago, 15, 20 + n)
      const answers = ITEMS.map(([item]) => ({
        item,
        answer: (wanting[item] ? 'fail' : 'pass') as CheckAnswer,
        note: wanting[item] ?? null,
      }))
      return {
        visit: {
          ...this.blank(`place-${id}-${n}`, kind, when),
          outcome,
          ended_at: iso(when + 360_000),
          answers: outcome === 'checked' ? answers : [],
          leaflets: outcome === 'checked' ? ['fire_ten'] : [],
        },
        by: me.id,
        recorded_at: iso(when + 360_000),
        amendments: [],
      }
    })
    this.views.set(`place-${id}`, {
      created: { id: `place-${id}`, grid: grid.id, name, kind, address },
      since: iso(at(12, 9, 0)),
      visits: visits.reverse(),
      unreadable: 0,
    })
  }

  private blank(id: string, kind: string, when: number): NewPlaceVisit {
    return {
      id,
      outcome: 'checked',
      started_at: iso(when),
      ended_at: iso(when),
      checklist: { kind, version: 1 },
      answers: [],
      leaflets: [],
      request: null,
      note: null,
      incidents: [],
      next_due: null,
    }
  }

  private view(id: string): PlaceView {
    const view = this.views.get(id)
    if (!view) throw new Fault('NOT_FOUND', id)
    return view
  }

  private due(view: PlaceView): string | null {
    const [last] = view.visits
    if (!last) return plus(dateOf(view.since), 30)
    if (last.visit.outcome === 'gone') return null
    const days = last.visit.outcome === 'checked' && failed(last.visit) ? 7 : DAYS[last.visit.outcome]
    return last.visit.next_due ?? plus(dateOf(last.visit.ended_at), days)
  }

  private row(view: PlaceView): PlaceRow {
    const [last] = view.visits
    const due = this.due(view)
    return {
      ...{ id: view.created.id, name: view.created.name, kind: view.created.kind },
      address: view.created.address ?? null,
      last_visit_at: last?.visit.ended_at ?? null,
      last_outcome: last?.visit.outcome ?? null,
      last_failed: last ? failed(last.visit) : 0,
      days_since: last ? between(dateOf(last.visit.ended_at), today) : null,
      due,
      overdue_days: due ? Math.max(0, between(due, today)) : 0,
      due_now: due !== null && due <= today,
    }
  }

  rows(): PlaceRow[] {
    const key = (row: PlaceRow) => row.due ?? '9999'
    return [...this.views.values()]
      .map((view) => this.row(view))
      .sort((a, b) => key(a).localeCompare(key(b)) || a.name.localeCompare(b.name, 'zh'))
  }

  all = () => [...this.views.values()]
  dueNow = () => this.rows().filter((row) => row.due_now)

  detail(id: string): PlaceDetail {
    const view = this.view(id)
    const [last] = view.visits
    return {
      row: this.row(view),
      view,
      people: people.map((person) => ({ id: person.id, name: person.name })),
      visit_receipts: Object.fromEntries(
        view.visits.map(({ visit }) => [visit.id, this.delivery.receipt(visit.id)]),
      ),
      receipt: this.delivery.receipt(`edit-${id}`),
      refused: [],
      checklist: LISTS.find((one) => one.kind === view.created.kind) ?? null,
      answered: LISTS,
      visited_today:
        last && dateOf(last.visit.ended_at) === today
          ? { by: me.name, myself: last.by === me.id, at: last.visit.ended_at }
          : null,
    }
  }

  begin(id: string, visit: string): NewPlaceVisit {
    return this.blank(visit, this.view(id).created.kind, this.now())
  }

  save(id: string, visit: NewPlaceVisit): PlaceDetail {
    const view = this.view(id)
    if (view.visits.some((seen) => seen.visit.id === visit.id)) return this.detail(id)
    if (visit.outcome === 'checked' && visit.answers.length < ITEMS.length)
      throw new Fault('MISSING_ANSWER', 'items without an answer')
    for (const { note } of visit.answers) checked(note, 200)
    const [note, request] = [checked(visit.note, 1000), checked(visit.request, 500)]
    view.visits.unshift({
      visit: { ...visit, note, request },
      by: me.id,
      recorded_at: iso(this.now()),
      amendments: [],
    })
    this.delivery.add({
      kind: 'place',
      id: visit.id,
      document: id,
      title: view.created.name,
      bytes_total: 520,
    })
    return this.detail(id)
  }

  amend(id: string, visit: string, note: string): PlaceDetail {
    const found = this.view(id).visits.find((seen) => seen.visit.id === visit)
    if (!found) throw new Fault('NOT_FOUND', visit)
    found.amendments.push({ note: checked(note, 1000) ?? '', by: me.id, at: iso(this.now()) })
    this.delivery.add({
      kind: 'place',
      id: `edit-${id}`,
      document: id,
      title: this.view(id).created.name,
      bytes_total: 210,
    })
    return this.detail(id)
  }

  /** What was checked in this window, as lines of the log. */
  lines(): LogLine[] {
    return [...this.views.values()].flatMap((view) =>
      view.visits
        .filter(({ visit }) => dateOf(visit.ended_at) === today)
        .map(({ visit }): LogLine => ({
          type: 'place',
          from: visit.started_at,
          until: visit.ended_at,
          place: view.created.id,
          name: view.created.name,
          outcome: visit.outcome,
          failed: failed(visit),
          leaflets: visit.leaflets.length,
          note: visit.note ?? null,
        })),
    )
  }
}
