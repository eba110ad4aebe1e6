import { phone } from '../api/field'
import { setStatus } from './enrol/state'
import { dress } from './frame/appearance'
import { followBattery } from './me/battery'
import { followLine } from './sync/line'
import { followSync } from './sync/state'

/** What every screen stands on; a locked phone tells it once it is opened. */
export async function begin() {
  const [status] = await Promise.all([phone.status(), dress()])
  setStatus(status)
  followSync(status.sync)
  followLine()
  void followBattery()
}
