import { onBeforeUnmount, watch, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { phone } from '../../api/field'

const PAUSE_MS = 400

/** Everything that is half written on a screen that stands. */
const standing = new Set<() => Promise<void>>()

/** Keeps all of it now: the app is about to lock. */
export async function keepAll() {
  await Promise.all([...standing].map((keep) => keep().catch(() => undefined)))
}

/**
 * Keeps what is half written. It goes to the phone at every pause in typing, before the camera opens (`keep`), and
 * whenever the app leaves the screen; `drop` forgets it once its record is saved.
 */
export function useDraft<T>(key: string, state: Readonly<Ref<T | undefined>>) {
  let pausing: ReturnType<typeof setTimeout> | undefined
  let dropped = false
  let kept = ''

  async function keep() {
    clearTimeout(pausing)
    if (dropped || state.value === undefined) return
    const json = JSON.stringify(state.value)
    if (json === kept) return
    kept = json
    await phone.draftPut(key, json)
  }
  const quietly = () => void keep().catch(() => (kept = ''))
  standing.add(keep)

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

  /** Kept also when nobody wrote anything yet: another page is going to add to it. */
  async function hold() {
    kept = ''
    await keep()
  }

  async function drop() {
    dropped = true
    clearTimeout(pausing)
    await phone.draftDrop(key)
  }

  watch(
    state,
    () => {
      clearTimeout(pausing)
      pausing = setTimeout(quietly, PAUSE_MS)
    },
    { deep: true },
  )
  document.addEventListener('visibilitychange', quietly)
  window.addEventListener('pagehide', quietly)
  onBeforeRouteLeave(quietly)
  onBeforeUnmount(() => {
    standing.delete(keep)
    quietly()
    document.removeEventListener('visibilitychange', quietly)
    window.removeEventListener('pagehide', quietly)
  })
  return { keep, recall, untouched, hold, drop }
}
