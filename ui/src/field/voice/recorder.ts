// A voice note being recorded: where it stands, and the verbs. What was recorded is on this phone before anybody hears of it.
import { onScopeDispose, ref, shallowRef } from 'vue'
import { asFault, phone, type Fault, type VoiceNote } from '../../api/field'
import { whyUnavailable, type Unavailable } from '../frame/device'
import { microphone as real, Unheard, type Microphone, type Take } from './microphone'

/** The longest note. */
export const LONGEST_MS = 60_000
const TICK_MS = 200

/** `0:07` */
export function lengthOf(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

export type Stage = 'still' | 'asking' | 'recording' | 'keeping'

/** `kept` hears of every note that lies on this phone. */
export function useRecorder(kept: (note: VoiceNote) => void, microphone: Microphone = real) {
  const stage = ref<Stage>('still')
  /** Milliseconds that are recorded so far. */
  const elapsed = ref(0)
  /** Why nothing can be recorded; the screen says it, and typing goes on. */
  const silence = ref<Unavailable>()
  /** Why what was recorded could not be kept. */
  const fault = shallowRef<Fault>()
  let take: Take | undefined
  let ticking: ReturnType<typeof setInterval> | undefined
  let keeping: Promise<boolean> | undefined
  let gone = false

  async function start() {
    if (stage.value !== 'still') return
    silence.value = undefined
    fault.value = undefined
    stage.value = 'asking'
    try {
      const heard = await microphone.listen(() => void stop())
      // the worker left while the system was asking
      if (gone) return heard.drop()
      take = heard
    } catch (thrown) {
      silence.value = thrown instanceof Unheard ? thrown.why : whyUnavailable(thrown)
      stage.value = 'still'
      return
    }
    const begun = performance.now()
    elapsed.value = 0
    stage.value = 'recording'
    ticking = setInterval(() => {
      elapsed.value = Math.min(performance.now() - begun, LONGEST_MS)
      if (elapsed.value >= LONGEST_MS) void stop()
    }, TICK_MS)
  }

  /** Ends what is being recorded; false when it could not be kept, and why is said. Whoever saves a record asks this first. */
  async function stop(): Promise<boolean> {
    if (stage.value === 'recording' && take && !gone) keeping = keep(take)
    const all = (await keeping) ?? true
    keeping = undefined
    return all
  }
  async function keep(spoken: Take): Promise<boolean> {
    clearInterval(ticking)
    stage.value = 'keeping'
    try {
      const recorded = await spoken.stop()
      kept(await phone.addVoice(recorded))
      return true
    } catch (thrown) {
      fault.value = asFault(thrown)
      return false
    } finally {
      take = undefined
      stage.value = 'still'
    }
  }

  // Whoever puts the phone away has said enough; an app in the background may hear no more.
  const away = () => document.hidden && void stop()
  document.addEventListener('visibilitychange', away)
  onScopeDispose(() => {
    gone = true
    clearInterval(ticking)
    document.removeEventListener('visibilitychange', away)
    if (stage.value === 'recording') take?.drop()
  })
  return { stage, elapsed, silence, fault, start, stop }
}
