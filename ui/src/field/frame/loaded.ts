import { onActivated, onBeforeUnmount, onDeactivated, onMounted, ref, shallowRef } from 'vue'
import { asFault, phone, type Fault } from '../../api/field'

const PATIENCE_MS = 300

/**
 * Something read from the phone: what it is, why it could not be read, and `reload`. Reads again whenever the screen
 * comes back and whenever an exchange with the centre has ended. `slow` turns true only when a skeleton is due.
 */
export function useLoaded<T>(read: () => Promise<T>) {
  const data = shallowRef<T>()
  const fault = shallowRef<Fault>()
  const slow = ref(false)
  let turn = 0
  let visible = false
  let phase = ''

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

  const stop = phone.onSync((state) => {
    const ended = phase === 'syncing' && state.phase !== 'syncing'
    phase = state.phase
    if (ended && visible) void reload()
  })
  onMounted(() => {
    visible = true
    void reload()
  })
  onActivated(() => {
    if (!visible) void reload()
    visible = true
  })
  onDeactivated(() => (visible = false))
  onBeforeUnmount(stop)

  return { data, fault, slow, reload }
}
