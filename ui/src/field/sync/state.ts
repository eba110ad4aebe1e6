import { shallowReadonly, shallowRef } from 'vue'
import { phone, type SyncState } from '../../api/field'

let following: (() => void) | undefined
const state = shallowRef<SyncState>()

/** Follows the phone's delivery from now on; with what a status just said. */
export function followSync(first: SyncState) {
  state.value = first
  following ??= phone.onSync((next) => (state.value = next))
}

/** The state of delivery, the same on every screen. */
export const useSync = () => shallowReadonly(state)
