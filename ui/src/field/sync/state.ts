import { readonly, shallowRef } from 'vue'
import { phone, type SyncState } from '../../api/field'

const state = shallowRef<SyncState>()

/** Follows the phone's delivery from now on; call once, with what the first status said. */
export function followSync(first: SyncState) {
  state.value = first
  phone.onSync((next) => (state.value = next))
}

/** The state of delivery, the same on every screen. */
export const useSync = () => readonly(state)
