// How full the phone is, as far as the web view knows. Android's has a battery to ask; WebKit's has none, and then the phone's
// own machine answers, or nobody does and nothing is saved.
import type { Battery } from '../../api/field'
import { phone } from '../../api/field'

interface Manager extends EventTarget {
  level: number
  charging: boolean
}
/** What asks: the `navigator` of a web view. */
export interface Machine {
  getBattery?: () => Promise<Manager>
}

/** A level that no battery has is none. */
export const batteryOf = ({ level, charging }: Pick<Manager, 'level' | 'charging'>): Battery | null =>
  level >= 0 && level <= 1 ? { level: Math.round(level * 100), charging } : null

/** Tells the phone now and whenever it changes; nothing at all where nobody knows. */
export async function followBattery(machine: Machine = navigator as Machine) {
  const manager = await machine.getBattery?.().catch(() => undefined)
  if (!manager) return
  const tell = () => void phone.battery(batteryOf(manager)).catch(() => undefined)
  for (const change of ['levelchange', 'chargingchange']) manager.addEventListener(change, tell)
  tell()
}
