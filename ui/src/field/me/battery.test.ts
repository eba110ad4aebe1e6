import { expect, it, vi } from 'vitest'
import { standIn, type Battery, type Phone } from '../../api/field'
import { batteryOf, followBattery } from './battery'

/** What a web view's battery is, as the standard draws it. */
class Manager extends EventTarget {
  level = 0.34
  charging = false
}

function listening() {
  const battery = vi.fn<(said: Battery | null) => Promise<never>>(() => Promise.reject(new Error('locked')))
  standIn({ battery } as unknown as Phone)
  return battery
}

it('a level is of a hundred, and one that no battery has is none', () => {
  expect(batteryOf({ level: 0.345, charging: false })).toEqual({ level: 35, charging: false })
  expect(batteryOf({ level: 1, charging: true })).toEqual({ level: 100, charging: true })
  expect(batteryOf({ level: 0, charging: false })).toEqual({ level: 0, charging: false })
  for (const level of [-0.1, 1.2, Infinity, NaN]) expect(batteryOf({ level, charging: false })).toBeNull()
})

it('the phone hears of the battery at once and at every change', async () => {
  const heard = listening()
  const manager = new Manager()
  await followBattery({ getBattery: () => Promise.resolve(manager) })
  manager.level = 0.19
  manager.dispatchEvent(new Event('levelchange'))
  manager.charging = true
  manager.dispatchEvent(new Event('chargingchange'))
  expect(heard.mock.calls.flat()).toEqual([
    { level: 34, charging: false },
    { level: 19, charging: false },
    { level: 19, charging: true },
  ])
})

it('a web view without a battery, or one that refuses, says nothing', async () => {
  const heard = listening()
  await followBattery({})
  await followBattery({ getBattery: () => Promise.reject(new DOMException('no', 'NotAllowedError')) })
  expect(heard).not.toHaveBeenCalled()
})
