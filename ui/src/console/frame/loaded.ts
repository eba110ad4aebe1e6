import { ref, shallowRef, watch, type WatchSource } from 'vue'
import { asFault, type Fault } from '../../api/registry'

const PATIENCE_MS = 300

/**
 * Something asked of the centre, asked again whenever `on` changes. The old answer stays on the screen until the new one
 * is there; `slow` turns true only when a skeleton is due.
 */
export function useLoaded<T>(on: WatchSource<unknown>, read: () => Promise<T>) {
  const data = shallowRef<T>()
  const fault = shallowRef<Fault>()
  const slow = ref(false)
  let turn = 0

  async function reload() {
    const mine = (turn += 1)
    const patience = setTimeout(() => (slow.value = data.value === undefined), PATIENCE_MS)
    try {
      const answer = await read()
      // A later question overtook this answer.
      if (mine !== turn) return
      data.value = answer
      fault.value = undefined
    } catch (thrown) {
      if (mine === turn) fault.value = asFault(thrown)
    } finally {
      clearTimeout(patience)
      slow.value = false
    }
  }
  watch(on, () => void reload(), { immediate: true })

  return { data, fault, slow, reload }
}
