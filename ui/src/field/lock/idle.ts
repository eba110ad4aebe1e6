// How long nobody has touched the app, so that nobody makes it shorter by setting a clock.

/** After so long without a touch the app locks itself. */
export const IDLE_MS = 2 * 60_000

/** A moment by both clocks: how long the machine had been running, which nobody can set, and what the wall says. */
export interface Moment {
  running: number
  wall: number
}

/**
 * How long it was from one to the other, by the clock that says more. A wall that is put back wins nobody time; where the machine
 * does not count its sleep (Android tells no app how long it has been running), the wall does. A wall that is put right by an
 * hour locks too early once, which costs six digits.
 */
export const idleMs = (touched: Moment, now: Moment) =>
  Math.max(0, now.running - touched.running, now.wall - touched.wall)
