// One plan while its page is open: what it says, and every act on it.
import { onBeforeUnmount, ref, watch } from 'vue'
import { asFault, phone, type CareDetail, type CareInput, type Fault, type NewSupport } from '../../api/field'
import { ms } from '../../shared/moment'
import { useLoaded } from '../frame/loaded'

export function usePlan(id: string) {
  const { data, fault, slow, reload } = useLoaded(() => phone.carePlan(id))
  const refused = ref<Fault>()
  const saving = ref(false)
  let closing: ReturnType<typeof setTimeout> | undefined

  async function doing(act: () => Promise<CareDetail>): Promise<boolean> {
    if (saving.value) return false
    saving.value = true
    try {
      data.value = await act()
      refused.value = undefined
      return true
    } catch (thrown) {
      refused.value = asFault(thrown)
      return false
    } finally {
      saving.value = false
    }
  }
  const act = (input: CareInput) => doing(() => phone.actOnCare(id, input))
  const save = (support: NewSupport) => doing(() => phone.saveSupport(id, support))

  // What was opened closes by itself, also while somebody looks.
  watch(
    () => data.value?.open_until,
    (until) => {
      clearTimeout(closing)
      if (until) closing = setTimeout(() => void reload(), Math.max(0, ms(until) - phone.now()) + 500)
    },
  )
  onBeforeUnmount(() => clearTimeout(closing))

  return { data, fault, slow, refused, saving, reload, act, save }
}
