// One patrol at a time, on the morning's plan; the phone in the fake walks by itself, 70 metres a minute.
import type {
  FindingInput,
  FinishPreview,
  HitInput,
  PatrolKind,
  PatrolRow,
  PatrolScreen,
  PatrolView,
  Later,
  Plan,
  PlanSummary,
  PlanWalk,
  Position,
  TrackGap,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { at, colleague, grid, iso, me, people, plans, today } from './street'
import { checked } from './words'

/** Who walked the two rounds last, before this morning. */
const EARLIER: Record<string, PlanWalk> = {
  '听雨苑 早班': { at: iso(at(2, 9, 4)), by: colleague.name, myself: false },
  '听雨苑 午后': { at: iso(at(4, 14, 11)), by: me.name, myself: true },
}
const SPEED_M_PER_MS = 70 / 60_000
const FIX_MS = 20_000

export class Patrols {
  private kept = new Map<string, PatrolView>()
  private count = 0

  constructor(
    private delivery: Delivery,
    private now: () => number,
  ) {}

  /** The picture of 巡查中: six of eleven points, one gap, 47 minutes. */
  halfWay() {
    const view = this.create(plans[0]?.id ?? '', at(0, 8, 59))
    grid.checkpoints.slice(0, 6).forEach((checkpoint, n) =>
      view.hits.push({
        hit: {
          id: `hit${n}`,
          checkpoint: checkpoint.id,
          at: iso(at(0, 9, 2 + n * 6)),
          method: n === 5 ? 'manual' : 'qr',
          reason: n === 5 ? '地库没有信号' : null,
          state: 'ok',
          position: null,
          photo: null,
        },
        by: me.id,
        counts: true,
      }),
    )
  }

  running(): string | null {
    return [...this.kept.values()].find((view) => !view.ended_at)?.created.id ?? null
  }

  start(plan: string): PatrolScreen {
    if (this.running()) throw new Fault('PATROL_RUNNING', 'one at a time')
    const view = this.create(plan, this.now())
    this.delivered(view)
    return this.screen(view.created.id)
  }

  startFree(kind: PatrolKind): PatrolScreen {
    if (this.running()) throw new Fault('PATROL_RUNNING', 'one at a time')
    const view = this.create(null, this.now(), kind)
    this.delivered(view)
    return this.screen(view.created.id)
  }

  private create(plan: string | null, when: number, kind: PatrolKind = 'daily'): PatrolView {
    this.count += 1
    const view: PatrolView = {
      created: {
        id: `patrol${this.count}`,
        grid: grid.id,
        kind,
        plan,
        checkpoints: plans.find((p) => p.id === plan)?.checkpoints ?? [],
        started_at: iso(when),
      },
      leader: me.id,
      hits: [],
      findings: [],
      pauses: [],
      ended_at: null,
      distance_m: null,
      line: null,
      note: null,
      unreadable: 0,
    }
    this.kept.set(view.created.id, view)
    return view
  }

  private view(id: string): PatrolView {
    const view = this.kept.get(id)
    if (!view) throw new Fault('NOT_FOUND', id)
    return view
  }

  private open(id: string): PatrolView {
    const view = this.view(id)
    if (view.ended_at) throw new Fault('PATROL_ENDED', id)
    return view
  }

  private walkedMs(view: PatrolView): number {
    const end = view.ended_at ? Date.parse(view.ended_at) : this.now()
    const paused = view.pauses.reduce(
      (sum, p) => sum + (p.to ? Date.parse(p.to) : end) - Date.parse(p.from),
      0,
    )
    return end - Date.parse(view.created.started_at) - paused
  }

  private gaps(view: PatrolView): TrackGap[] {
    const sixth = view.hits[5]
    if (!sixth) return []
    const from = Date.parse(sixth.hit.at) - 120_000
    return [{ from: iso(from), to: iso(from + 540_000), at: 0 }]
  }

  /** The way so far: through the points already reached and towards the next, a fix each 20 seconds, none in a gap. */
  private fixes(view: PatrolView): { at: number; place: [number, number] }[] {
    const stops = view.hits.flatMap(({ hit }) => {
      const point = grid.checkpoints.find((c) => c.id === hit.checkpoint)
      return point ? [{ at: Date.parse(hit.at), lon: point.lon ?? 0, lat: point.lat ?? 0 }] : []
    })
    const last = stops.at(-1)
    const next = grid.checkpoints[stops.length]
    if (last && next) stops.push({ at: last.at + 14 * 60_000, lon: next.lon ?? 0, lat: next.lat ?? 0 })
    const end = view.ended_at ? Date.parse(view.ended_at) : this.now()
    const gaps = this.gaps(view).map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const)
    return stops.slice(1).flatMap((to, n) => {
      const from = stops[n] ?? to
      const fixes: { at: number; place: [number, number] }[] = n
        ? []
        : [{ at: from.at, place: [from.lon, from.lat] }]
      for (let at = from.at + FIX_MS; at <= Math.min(to.at, end); at += FIX_MS) {
        const share = (at - from.at) / (to.at - from.at)
        if (gaps.some(([since, until]) => at > since && at < until)) continue
        fixes.push({
          at,
          place: [from.lon + (to.lon - from.lon) * share, from.lat + (to.lat - from.lat) * share],
        })
      }
      return fixes
    })
  }

  screen(id: string): PatrolScreen {
    const view = this.view(id)
    const fixes = this.fixes(view)
    const planned = view.created.checkpoints.flatMap((c) => grid.checkpoints.filter((p) => p.id === c))
    const was = (p: { id: string }) => view.hits.some((h) => h.hit.checkpoint === p.id)
    const free = view.ended_at ? grid.checkpoints.filter(was) : grid.checkpoints
    const points = planned.length ? planned : free
    const next = points.findIndex((p) => !view.hits.some((h) => h.hit.checkpoint === p.id))
    return {
      id,
      view,
      plan: plans.find((p) => p.id === view.created.plan) ?? null,
      checkpoints: points.map((checkpoint, n) => ({
        checkpoint,
        hit: view.hits.find((h) => h.hit.checkpoint === checkpoint.id) ?? null,
        distance_m: n === next ? 40 : 60 + Math.abs(n - next) * 45,
      })),
      people: people.map(({ id: person, name }) => ({ id: person, name })),
      distance_m: view.distance_m ?? Math.round(this.walkedMs(view) * SPEED_M_PER_MS * 0.4),
      duration_s: Math.floor(this.walkedMs(view) / 1000),
      paused: view.pauses.some((p) => !p.to),
      gaps: this.gaps(view).flatMap((gap) => {
        const at = fixes.findIndex((fix) => fix.at >= Date.parse(gap.to))
        return at > 0 ? [{ ...gap, at }] : []
      }),
      track: fixes.map(({ place }) => place),
      receipt: this.delivery.receipt(id),
      photo_states: {},
      voice_receipts: Object.fromEntries(
        view.findings.flatMap(({ finding: { voice } }) =>
          voice ? [[voice.hash, this.delivery.receipt(voice.hash)]] : [],
        ),
      ),
    }
  }

  /** The real rule lives in core/src/patrol/due.rs; here a plan is due until somebody walked it this morning. */
  plans(later: (plan: Plan) => Later): PlanSummary[] {
    const told = plans.map((plan): PlanSummary => {
      const walked = [...this.kept.values()].filter(({ created }) => created.plan === plan.id)
      const done = walked.filter(({ ended_at, hits }) => ended_at && hits.length)
      const open = walked.find(({ ended_at }) => !ended_at)
      const mine = (view: PatrolView) => ({ at: view.created.started_at, by: me.name, myself: true })
      const { frequency = null, window = null } = plan
      const waits = later(plan)
      return {
        id: plan.id,
        name: plan.name,
        checkpoints: plan.checkpoints.length,
        frequency,
        window,
        last: done[0] ? mine(done[0]) : (EARLIER[plan.name] ?? null),
        under_way: open ? mine(open) : null,
        due:
          frequency && !done.length
            ? { day: today, overdue_days: 0, late: false, done: 0, asked: frequency.times, later: waits }
            : null,
      }
    })
    const rank = ({ due }: PlanSummary) => (due && !due.later.until ? 0 : 1)
    return told.sort((a, b) => rank(a) - rank(b))
  }

  rows(): PatrolRow[] {
    return [...this.kept.values()].map((view) => ({
      id: view.created.id,
      plan_name: plans.find((p) => p.id === view.created.plan)?.name ?? '',
      started_at: view.created.started_at,
      ended_at: view.ended_at,
      checkpoints: view.created.checkpoints.length,
      hit: view.hits.length,
      findings: view.findings.length,
      receipt: this.delivery.receipt(view.created.id),
    }))
  }

  hit(id: string, input: HitInput): PatrolScreen {
    const view = this.open(id)
    const point = grid.checkpoints.find((c) => c.id === input.checkpoint)
    if (!point) throw new Fault('NOT_FOUND', input.checkpoint)
    if ((input.method === 'qr' || input.method === 'nfc') && input.code?.trim() !== point.code)
      throw new Fault('VALUE_OUT_OF_RANGE', 'another plate')
    if ((input.method === 'manual' || input.state === 'unreachable') && !input.reason?.trim())
      throw new Fault('MISSING_REASON', input.method)
    view.hits.push({
      hit: {
        id: `${id}-hit${view.hits.length}`,
        checkpoint: input.checkpoint,
        at: iso(this.now()),
        method: input.method,
        reason: checked(input.reason, 200),
        state: input.state,
        position: null,
        photo: input.photo,
      },
      by: me.id,
      counts: !view.hits.some((h) => h.hit.checkpoint === input.checkpoint),
    })
    this.delivered(view)
    return this.screen(id)
  }

  finding(id: string, input: FindingInput): PatrolScreen {
    const view = this.open(id)
    const finding = {
      ...input,
      note: checked(input.note, 500),
      id: `${id}-f${view.findings.length}`,
      at: iso(this.now()),
    }
    view.findings.push({ finding, by: me.id, amendments: [] })
    this.delivered(view)
    if (input.voice) {
      const { hash, bytes } = input.voice
      this.delivery.add({ kind: 'voice', id: hash, document: id, title: '巡查', bytes_total: bytes })
    }
    return this.screen(id)
  }

  amend(id: string, finding: string, note: string): PatrolScreen {
    const view = this.view(id)
    const found = view.findings.find((seen) => seen.finding.id === finding)
    if (!found) throw new Fault('NOT_FOUND', finding)
    ;(found.amendments ??= []).push({ note: checked(note, 500) ?? '', by: me.id, at: iso(this.now()) })
    this.delivered(view)
    return this.screen(id)
  }

  pause(id: string): PatrolScreen {
    const view = this.open(id)
    if (!view.pauses.some((p) => !p.to)) view.pauses.push({ from: iso(this.now()), to: null })
    return this.screen(id)
  }

  resume(id: string): PatrolScreen {
    for (const pause of this.open(id).pauses) pause.to ??= iso(this.now())
    return this.screen(id)
  }

  preview(id: string): FinishPreview {
    const view = this.open(id)
    const screen = this.screen(id)
    const plan = screen.plan
    return {
      distance_m: screen.distance_m,
      duration_s: screen.duration_s,
      checkpoints: screen.checkpoints.length,
      hit: screen.checkpoints.filter((c) => c.hit && c.hit.hit.state !== 'unreachable').length,
      unreachable: screen.checkpoints.filter((c) => c.hit?.hit.state === 'unreachable').length,
      findings: view.findings.length,
      line: plan?.line_asked_because
        ? {
            asked_because: plan.line_asked_because,
            may_be_refused: plan.line_may_be_refused,
            points: this.fixes(view).map(({ place }) => place),
            expires_at: iso(this.now() + 30 * 86_400_000),
            blob: 'line',
          }
        : null,
    }
  }

  finish(id: string, shareLine: boolean, note: string | null): PatrolScreen {
    const view = this.open(id)
    const line = this.preview(id).line
    view.distance_m = this.screen(id).distance_m
    view.note = checked(note, 1000)
    view.ended_at = iso(this.now())
    for (const pause of view.pauses) pause.to ??= view.ended_at
    if (line && shareLine)
      view.line = { blob: line.blob, points: line.points.length, expires_at: line.expires_at }
    this.delivered(view)
    return this.screen(id)
  }

  /** Where the phone is: near the point it goes to next. */
  position(): Position | null {
    const id = this.running()
    if (!id) return null
    const next = this.screen(id).checkpoints.find((c) => !c.hit)?.checkpoint ?? grid.checkpoints[0]
    if (!next) return null
    return {
      lon: (next.lon ?? 0) - 0.0003,
      lat: (next.lat ?? 0) + 0.00012,
      accuracy_m: 6,
      fixed_at: iso(this.now() - 12_000),
      mock: false,
    }
  }

  private delivered(view: PatrolView) {
    this.delivery.add({
      kind: 'patrol',
      id: view.created.id,
      document: view.created.id,
      title: plans.find((p) => p.id === view.created.plan)?.name ?? '',
      bytes_total: 1200,
    })
  }
}
