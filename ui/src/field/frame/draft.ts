import { onBeforeUnmount, watch, type Ref } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'
import { phone } from '../../api/field'

/** A pause in typing. */
export const PAUSE_MS = 400

type Keep = () => Promise<unknown>

/** Everything that is half written on a screen that stands. */
const standing = new Set<Keep>()
/** What is still being said there. */
const speaking = new Set<Keep>()

const all = (keeps: ReadonlySet<Keep>) => Promise.all([...keeps].map((keep) => keep().catch(() => undefined)))

/** Keeps all of it now: the app is about to lock. What is being said comes first, because its draft names it. */
export async function keepAll() {
  await all(speaking)
  await all(standing)
}

/** Ends and keeps what is being said on this screen before the app locks. */
export function keepFirst(settle: Keep) {
  speaking.add(settle)
  onBeforeUnmount(() => speaking.delete(settle))
}

/** Keeps it whenever the screen, or the app, may not come back: another address, another app, the lock, the end. */
export function keepOnTheWayOut(keep: Keep) {
  const quietly = () => void keep().catch(() => undefined)
  standing.add(keep)
  document.addEventListener('visibilitychange', quietly)
  window.addEventListener('pagehide', quietly)
  onBeforeRouteLeave(quietly)
  onBeforeRouteUpdate(quietly)
  onBeforeUnmount(() => {
    standing.delete(keep)
    quietly()
    document.removeEventListener('visibilitychange', quietly)
    window.removeEventListener('pagehide', quietly)
  })
}

/**
 * Keeps what is half written. It goes to the phone at every pause in typing, before the camera opens (`keep`), and
 * whenever the app leaves the screen; `drop` forgets it once its record is saved.
 */
export function useDraft<T>(key: string, state: Readonly<Ref<T | undefined>>) {
  let pausing: ReturnType<typeof setTimeout> | undefined
  let dropped = false
  let kept = ''
  let putting: Promise<unknown> = Promise.resolve()

  async function keep() {
    clearTimeout(pausing)
    if (dropped || state.value === undefined) return
    const json = JSON.stringify(state.value)
    if (json === kept) return
    kept = json
    putting = phone.draftPut(key, json).catch((thrown) => {
      kept = ''
      throw thrown
    })
    await putting
  }

  /** Keeps it although nothing was written since: its record took it along, or another page is going to add to it. */
  async function keepAnew() {
    kept = ''
    await keep()
  }

  async function recall(): Promise<T | null> {
    const json = await phone.draftGet(key)
    if (json === null) return null
    try {
      kept = json
      return JSON.parse(json) as T
    } catch {
      return null
    }
  }

  /** What is there now was not written by anybody: leaving it behind leaves no draft. */
  const untouched = () => (kept = JSON.stringify(state.value))

  async function drop() {
    dropped = true
    clearTimeout(pausing)
    // what is still on its way there would come back after it
    await putting.catch(() => undefined)
    await phone.draftDrop(key)
  }

  watch(
    state,
    () => {
      clearTimeout(pausing)
      pausing = setTimeout(() => void keep().catch(() => undefined), PAUSE_MS)
    },
    { deep: true },
  )
  keepOnTheWayOut(keep)
  return { keep, keepAnew, recall, untouched, drop }
}
