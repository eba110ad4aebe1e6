import type { Phone } from './door'
import { windowPhone } from './window'

export { CASE_STEPS, CODES, KNOCK_MINUTES } from '../generated/phone'
export type * from '../generated/phone'
export { asFault, Fault, type Phone } from './door'

/** The phone. Open the door once, before the first screen is drawn. */
export let phone: Phone

/** Opens the door: `vite --mode fake` gives the demo street in memory, everything else the real phone. */
export async function openDoor(): Promise<void> {
  phone = import.meta.env.MODE === 'fake' ? (await import('./fake')).fakePhone() : windowPhone()
}

/** Puts somebody else behind the door; for tests of composables. */
export function standIn(other: Phone) {
  phone = other
}
