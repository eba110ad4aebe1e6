// Whether the app is locked. What is half written is kept before the door closes; behind it no screen is left standing.
import { computed, shallowRef } from 'vue'
import { phone, type LockState } from '../../api/field'
import { keepAll } from '../frame/draft'
import { IDLE_MS } from './pin'

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

let last = Date.now()
let timer: ReturnType<typeof setTimeout> | undefined
const due = () => Date.now() - last >= IDLE_MS
const lockQuietly = () => void lockNow().catch(() => undefined)

/** Somebody is there: the two minutes begin again. */
export function touched() {
  last = Date.now()
  clearTimeout(timer)
  timer = setTimeout(() => (due() ? lockQuietly() : touched()), IDLE_MS)
}

/** Locks after two minutes without a touch, also when the app was behind another one meanwhile. */
export function watchIdle() {
  // a touch on a screen that should have been locked long ago does not count as one
  const touch = () => (due() && lock.value?.set && !lock.value.locked ? lockQuietly() : touched())
  for (const event of ['pointerdown', 'keydown'] as const)
    document.addEventListener(event, touch, { capture: true, passive: true })
  document.addEventListener('visibilitychange', () => !document.hidden && due() && lockQuietly())
  touched()
}
