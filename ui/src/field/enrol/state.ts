import { shallowReadonly, shallowRef } from 'vue'
import type { PhoneStatus } from '../../api/field'

const status = shallowRef<PhoneStatus>()

/** Whose phone this is; the same on every screen. */
export const useStatus = () => shallowReadonly(status)
export const setStatus = (next: PhoneStatus) => (status.value = next)
