// Whether the app is locked. What is half written is kept before the door closes; behind it no screen is left standing.
import { computed, shallowRef, watch } from 'vue'
import { phone, type LockState } from '../../api/field'
import { keepAll } from '../frame/draft'
import { IDLE_MS, idleMs, type Moment } from './idle'

const lock = shallowRef<LockState>()

export const useLock = () => ({
  lock,
  locked: computed(() => lock.value?.locked === true),
})

export const setLock = (next: LockState) => (lock.value = next)

/** How it stands now: a wait gets shorter, a key gets sealed. */
export async function readLock() {
  lock.value = await phone.lockState()
  return lock.value
}

export async function lockNow() {
  if (!lock.value?.set || lock.value.locked) return
  await keepAll()
  lock.value = await phone.lockNow()
}

let touched: Moment | undefined
let timer: ReturnType<typeof setTimeout> | undefined
const guards = () => lock.value?.set === true && !lock.value.locked

/** Now, by the machine and by the wall. A machine that does not answer leaves it to the wall. */
async function now(): Promise<Moment> {
  const running = phone.lockState().then((state) => state.running_ms)
  return { running: await running.catch(() => touched?.running ?? 0), wall: Date.now() }
}

/**
 * Locks if nobody has been there for two minutes; else looks again when that could be. A touch begins them again, unless it comes
 * too late: on a screen that should have been locked long ago it does not count as one.
 */
async function look(touch: boolean) {
  if (!guards()) return
  const moment = await now()
  const idle = touched ? idleMs(touched, moment) : 0
  if (idle >= IDLE_MS) {
    touched = undefined
    return lockNow()
  }
  if (touch || !touched) touched = moment
  clearTimeout(timer)
  timer = setTimeout(() => quietly(false), IDLE_MS - idleMs(touched, moment))
}
const quietly = (touch: boolean) => void look(touch).catch(() => undefined)

/** Locks after two minutes without a touch, also when the app was behind another one meanwhile. */
export function watchIdle() {
  for (const event of ['pointerdown', 'keydown'] as const)
    document.addEventListener(event, () => quietly(true), { capture: true, passive: true })
  document.addEventListener('visibilitychange', () => !document.hidden && quietly(false))
  // whoever opens it, or has just set the PIN, is there
  watch(guards, () => {
    touched = undefined
    quietly(true)
  })
  quietly(true)
}
