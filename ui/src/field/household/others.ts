import { shallowRef } from 'vue'
import { phone, type HouseholdDetail } from '../../api/field'
import { dateOf } from '../../shared/moment'
import { restOf, type Thing } from './rest'

/** Leaves a page on which something was done at a door; first it asks about what else there is, if there is anything. */
export function useOthers(leave: () => void) {
  const others = shallowRef<Thing[]>([])

  /** `just` names what was done or found here a moment ago. A door that cannot be read holds nobody up. */
  async function leaveDoor(door: HouseholdDetail | string | undefined, just: readonly string[] = []) {
    const detail = typeof door === 'string' ? await phone.household(door).catch(() => undefined) : door
    others.value = detail ? restOf(detail, dateOf(phone.now()), just) : []
    if (others.value.length === 0) leave()
  }
  return { others, leaveDoor }
}
