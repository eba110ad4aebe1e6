import { onBeforeUnmount, ref, type Ref } from 'vue'
import { phone } from '../../api/field'

/** The phone's clock as it goes on, in steps of `every` milliseconds. */
export function useNow(every = 30_000): Ref<number> {
  const now = ref(phone.now())
  const ticking = setInterval(() => (now.value = phone.now()), every)
  onBeforeUnmount(() => clearInterval(ticking))
  return now
}
