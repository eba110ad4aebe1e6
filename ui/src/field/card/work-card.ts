import { computed, watch } from 'vue'
import { phone } from '../../api/field'
import { ms } from '../../shared/moment'
import { useLoaded } from '../frame/loaded'
import { useNow } from '../frame/now'
import { squares } from './squares'

/** Whoever scans a code at its last moment on the screen still has so long. */
const SPARE_MS = 60_000

/** The code to be scanned now, and how many seconds until the phone signs the next; none while there is none that serves. */
export function useWorkCard() {
  const { data, fault, reload } = useLoaded(() => phone.workCard())
  const now = useNow(1_000)
  const until = computed(() => (data.value ? ms(data.value.until) : 0))
  const left = computed(() => Math.max(0, Math.floor((until.value - SPARE_MS - now.value) / 1_000)))
  const code = computed(() => data.value && squares(data.value.address))
  const serves = computed(() => until.value > now.value)
  // Also when the app was away for an hour: the first second back asks for a new one.
  watch(now, () => {
    if (data.value && left.value === 0) void reload()
  })
  return { code: computed(() => (serves.value ? code.value : undefined)), left, fault, now }
}
