// 省电, as the screens say it: read when a screen comes and every half minute while it stands.
import { watch } from 'vue'
import { phone, type Power } from '../../api/field'
import { say } from '../../shared/words'
import { useLoaded } from '../frame/loaded'
import { useNow } from '../frame/now'

const EVERY_MS = 30_000

export function usePower() {
  const { data: power, reload: readPower } = useLoaded(() => phone.power())
  watch(useNow(EVERY_MS), () => void readPower())
  return { power, readPower }
}

/** `还剩 34%`, or that nobody says. */
export function levelWords({ battery }: Power): string {
  if (!battery) return say('power.unknown')
  return say(battery.charging ? 'power.charging' : 'power.left', { n: battery.level })
}
