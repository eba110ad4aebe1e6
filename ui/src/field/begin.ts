import { phone } from '../api/field'
import { setStatus } from './enrol/state'
import { dressAs } from './frame/appearance'
import { followPatrol } from './frame/position'
import { followBattery } from './me/battery'
import { followLine } from './sync/line'
import { followSync } from './sync/state'

/** What `begin` wants to know; a locked phone refuses, which is nobody's fault until somebody waits for it. */
export function ask() {
  const answers = Promise.all([phone.status(), phone.settings()])
  answers.catch(() => undefined)
  return answers
}

/** What every screen stands on; a locked phone tells it once it is opened. */
export async function begin(asked = ask()) {
  const [status, settings] = await asked
  dressAs(settings)
  setStatus(status)
  followSync(status.sync)
  followLine()
  void followBattery()
  // a patrol that the app was killed in goes on
  void phone
    .patrolRunning()
    .then((patrol) => followPatrol(patrol !== null && !patrol.paused))
    .catch(() => undefined)
}
