// Where the phone is, as far as the web view knows. It is asked only while a screen that needs it is looked at, or while a
// patrol runs; the phone judges how old and how sure a fix is, and what is said by hand needs none.
import { onActivated, onBeforeUnmount, onDeactivated, onMounted } from 'vue'
import { phone, type Fix } from '../../api/field'

/** What asks: the `navigator` of a web view. */
export interface Satellites {
  geolocation?: Pick<Geolocation, 'watchPosition' | 'clearWatch'>
}

const DENIED = 1
let machine: Satellites = navigator
let watching: number | undefined
let wanted = 0
let patrolling = false

/** For tests: another sky. */
export function under(sky: Satellites) {
  stop()
  ;[machine, wanted, patrolling] = [sky, 0, false]
}

const fixOf = ({ coords, timestamp }: GeolocationPosition): Fix => ({
  lon: coords.longitude,
  lat: coords.latitude,
  accuracy_m: coords.accuracy,
  // no sky knows the future; a clock that was set meanwhile makes a fix of now
  age_ms: Math.max(0, Math.min(Date.now() - timestamp, 0xffffffff)),
})

function follow() {
  const needed = (wanted > 0 || patrolling) && !document.hidden
  if (!needed) return stop()
  if (watching !== undefined) return
  watching = machine.geolocation?.watchPosition(
    (position) => void phone.onFix(fixOf(position)).catch(() => undefined),
    // a sky that shows nothing for a while is asked on; a worker who said no is not
    ({ code }) => code === DENIED && void phone.onFix(null).catch(() => undefined),
    { enableHighAccuracy: true, maximumAge: 5_000 },
  )
}
function stop() {
  if (watching !== undefined) machine.geolocation?.clearWatch(watching)
  watching = undefined
}
document.addEventListener('visibilitychange', follow)

/** This screen needs to know as long as it is looked at. */
export function usePosition() {
  let here = false
  const come = () => {
    if (!here) wanted += 1
    here = true
    follow()
  }
  const go = () => {
    if (here) wanted -= 1
    here = false
    follow()
  }
  onMounted(come)
  onActivated(come)
  onDeactivated(go)
  onBeforeUnmount(go)
}

/** A patrol runs, or does not any more: its way is written down on whatever screen. */
export function followPatrol(runs: boolean) {
  patrolling = runs
  follow()
}
