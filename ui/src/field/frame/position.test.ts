import { mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { defineComponent } from 'vue'
import { standIn, type Phone } from '../../api/field'
import { followPatrol, under, usePosition } from './position'

const told = vi.fn(async () => ({ position: null }))
const sky = {
  found: (() => {}) as PositionCallback,
  lost: (() => {}) as PositionErrorCallback,
  watched: 0,
  watchPosition(found: PositionCallback, lost?: PositionErrorCallback | null) {
    sky.watched += 1
    sky.found = found
    sky.lost = lost ?? (() => {})
    return 7
  },
  clearWatch: vi.fn(() => (sky.watched -= 1)),
}
const Screen = defineComponent({ setup: () => (usePosition(), () => null) })

beforeEach(() => {
  standIn({ onFix: told } as unknown as Phone)
  sky.watched = 0
  under({ geolocation: sky })
  told.mockClear()
})

test('the sky is looked at while a screen needs it, and no longer', () => {
  expect(sky.watched).toBe(0)
  const [one, two] = [mount(Screen), mount(Screen)]
  expect(sky.watched).toBe(1)
  one.unmount()
  expect(sky.watched).toBe(1)
  two.unmount()
  expect(sky.watched).toBe(0)
})

test('a patrol is followed on whatever screen', () => {
  followPatrol(true)
  mount(Screen).unmount()
  expect(sky.watched).toBe(1)
  followPatrol(false)
  expect(sky.watched).toBe(0)
})

test('the phone is told where, how sure and how long ago', () => {
  mount(Screen)
  sky.found({
    coords: { longitude: 114.305, latitude: 30.59, accuracy: 8 },
    timestamp: Date.now() - 1_200,
  } as GeolocationPosition)
  const [fix] = told.mock.calls[0] as unknown as [{ age_ms: number }]
  expect(fix).toMatchObject({ lon: 114.305, lat: 30.59, accuracy_m: 8 })
  expect(fix.age_ms).toBeGreaterThanOrEqual(1_200)
  expect(fix.age_ms).toBeLessThan(2_000)
})

test('a fix from the future is one of now', () => {
  mount(Screen)
  sky.found({
    coords: { longitude: 1, latitude: 1, accuracy: 8 },
    timestamp: Date.now() + 9e9,
  } as GeolocationPosition)
  expect(told).toHaveBeenCalledWith(expect.objectContaining({ age_ms: 0 }))
})

test('whoever says no is not asked on, and a web view without a sky says nothing', () => {
  mount(Screen)
  sky.lost({ code: 3 } as GeolocationPositionError)
  expect(told).not.toHaveBeenCalled()
  sky.lost({ code: 1 } as GeolocationPositionError)
  expect(told).toHaveBeenCalledWith(null)
  under({})
  mount(Screen)
})
