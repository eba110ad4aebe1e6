// Six digits, typed one by one, and how long nobody may try again.
import { watch as minutes } from '../../shared/moment'

export const DIGITS = 6

/** The digits after this key; what is not a digit, or one too many, changes nothing. */
export function typed(pin: string, key: string): string {
  if (key === 'Backspace') return pin.slice(0, -1)
  return /^\d$/.test(key) && pin.length < DIGITS ? pin + key : pin
}

/** `01:03` until the next try; nothing when one may try now. Seconds are rounded up: never sooner than promised. */
export const waitWords = (ms: number) => (ms > 0 ? minutes(Math.ceil(ms / 1000) * 1000) : '')
