import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import {
  asFault,
  phone,
  type Fault,
  type FindingInput,
  type HitInput,
  type PatrolKind,
  type PatrolScreen,
  type Position,
} from '../../api/field'
import { followPatrol, usePosition } from '../frame/position'

const REFRESH_MS = 10_000

/** The patrol that is running on this phone, also after the app was killed: its screen and the verbs. */
export function usePatrol() {
  const screen = shallowRef<PatrolScreen | null>()
  const position = shallowRef<Position | null>(null)
  const fault = shallowRef<Fault>()
  const readAt = ref(phone.now())
  const id = computed(() => screen.value?.id ?? '')

  /** Runs one verb; what the phone refuses is shown, what was there stays. */
  async function run(verb: () => Promise<PatrolScreen | null>): Promise<boolean> {
    try {
      screen.value = await verb()
      readAt.value = phone.now()
      fault.value = undefined
      return true
    } catch (thrown) {
      fault.value = asFault(thrown)
      return false
    }
  }
  async function look() {
    position.value = (await phone.whereabouts().catch(() => null))?.position ?? null
  }
  const read = async () => {
    await look()
    return await run(() => phone.patrolRunning())
  }
  usePosition()
  watch(screen, (now) => followPatrol(Boolean(now && !now.paused)))
  const refreshing = setInterval(() => {
    if (screen.value && !screen.value.paused && !fault.value) void read()
  }, REFRESH_MS)
  onBeforeUnmount(() => clearInterval(refreshing))
  void read()

  return {
    ...{ screen, position, fault, readAt, read },
    start: (plan: string) => run(() => phone.patrolStart(plan)),
    startFree: (grid: string, kind: PatrolKind) => run(() => phone.patrolStartFree(grid, kind)),
    hit: (hit: HitInput) => run(() => phone.patrolHit(id.value, hit)),
    finding: (finding: FindingInput) => run(() => phone.patrolFinding(id.value, finding)),
    amend: (finding: string, note: string) => run(() => phone.patrolAmendFinding(id.value, finding, note)),
    pause: () => run(() => phone.patrolPause(id.value)),
    resume: () => run(() => phone.patrolResume(id.value)),
  }
}
