// The phone's motor behind a port: a hand in a glove feels what a glance would have to look for.

/** What is felt: put away, held long enough, refused. */
export type Feel = 'kept' | 'held' | 'refused'

export interface Motor {
  /** Milliseconds on, off, on …; a phone without a motor does nothing. */
  buzz(pattern: number[]): void
}

const PATTERNS: Record<Feel, number[]> = { kept: [25], held: [40], refused: [30, 60, 30] }

/** The motor of whatever shows this page; WebKit has none. */
const ownMotor: Motor = { buzz: (pattern) => void navigator.vibrate?.(pattern) }
let motor = ownMotor

/** Another motor, for tests; without one the page's own again. */
export const standInMotor = (other: Motor = ownMotor) => (motor = other)

export const feel = (what: Feel) => motor.buzz(PATTERNS[what])
