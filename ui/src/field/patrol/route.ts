// A patrol in words and on paper: which point is next, how it was reached, where everything lies in a square.
import type { CheckpointState, HitMethod, PatrolScreen, Position } from '../../api/field'
import { clock } from '../../shared/moment'
import { say } from '../../shared/words'

/** Whether there is an order to keep; a patrol without a plan goes where it likes. */
export const isPlanned = (screen: PatrolScreen) => screen.view.created.checkpoints.length > 0

/** The first point of the plan that nobody has reached; without a plan the nearest one, as far as that is known. */
export function nextOf(screen: PatrolScreen): CheckpointState | null {
  const open = screen.checkpoints.filter((point) => point.hit === null)
  if (isPlanned(screen)) return open[0] ?? null
  const near = open.filter((point) => point.distance_m !== null)
  return near.sort((a, b) => (a.distance_m ?? 0) - (b.distance_m ?? 0))[0] ?? null
}

/** `3 / 8`; without a plan there is nothing to count against. */
export const doneOf = (done: number, planned: number) => (planned ? `${done} / ${planned}` : `${done}`)

export const reached = (screen: PatrolScreen) =>
  screen.checkpoints.filter((point) => point.hit !== null).length

/** `1.3 km`, `240 米`. */
export function distanceOf(metres: number): { value: string; unit: string } {
  return metres < 1000
    ? { value: String(Math.round(metres / 10) * 10), unit: say('patrol.metre') }
    : { value: (metres / 1000).toFixed(1), unit: 'km' }
}

/** `40 米·±6 米·12 秒前`; nothing is guessed when there is no fix. */
export function fixWords(point: CheckpointState, position: Position | null, now: number): string {
  if (!position) return say('patrol.noFix')
  const age = Math.max(0, Math.round((now - Date.parse(position.fixed_at)) / 1000))
  return [
    point.distance_m !== null && say('patrol.metres', { n: point.distance_m }),
    say('patrol.accuracy', { n: Math.round(position.accuracy_m) }),
    say('patrol.secondsAgo', { n: age }),
  ]
    .filter(Boolean)
    .join(say('sign.dot'))
}

/** `9:12·扫码·正常`. */
export function hitWords(point: CheckpointState): string {
  const hit = point.hit?.hit
  if (!hit) return say('patrol.notYet')
  const parts = [clock(hit.at), say(`hit.${hit.method}`), say(`hitState.${hit.state}`), hit.reason]
  return parts.filter(Boolean).join(say('sign.dot'))
}

/** A stretch without a fix, said neutrally. */
export function gapWords(screen: PatrolScreen): string | null {
  const gap = screen.gaps.at(-1)
  if (!gap) return null
  const minutes = Math.max(1, Math.round((Date.parse(gap.to) - Date.parse(gap.from)) / 60_000))
  return say('patrol.gap', { at: clock(gap.from), n: minutes })
}

/** A hit by hand, or a point that could not be reached, says why. */
export const needsReason = (method: HitMethod, state: 'ok' | 'abnormal' | 'unreachable') =>
  method === 'manual' || state === 'unreachable'

export type Spot = { x: number; y: number }

/**
 * Puts degrees on a square of paper: equal scale both ways, north up, a margin around what must be seen. Over a few
 * hundred metres a degree of longitude is a degree of latitude times the cosine, and nothing else matters.
 */
export function paper(
  points: readonly (readonly [number, number])[],
  width: number,
  height: number,
  margin: number,
) {
  const lons = points.map(([lon]) => lon)
  const lats = points.map(([, lat]) => lat)
  const [west, east] = [Math.min(...lons), Math.max(...lons)]
  const [south, north] = [Math.min(...lats), Math.max(...lats)]
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const [wide, high] = [Math.max((east - west) * narrow, 1e-6), Math.max(north - south, 1e-6)]
  const scale = Math.min((width - 2 * margin) / wide, (height - 2 * margin) / high)
  const [left, top] = [(width - wide * scale) / 2, (height - high * scale) / 2]
  return (lon: number, lat: number): Spot => ({
    x: left + (lon - west) * narrow * scale,
    y: top + (north - lat) * scale,
  })
}

/** What the list behind the map holds. */
export const listName = ({ view }: PatrolScreen) =>
  view.findings.length ? ('patrol.pointsAndFindings' as const) : ('patrol.allPoints' as const)
