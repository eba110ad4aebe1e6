import { describe, expect, it } from 'vitest'
import { pushed, seen, WHOLE, zoomed } from './sheet'

describe('a sheet that is looked at', () => {
  it('keeps what lies under the finger while it comes nearer', () => {
    const finger = { x: 90, y: 40 }
    const near = zoomed(WHOLE, 2, finger, 300, 200)
    expect(near.zoom).toBe(2)
    expect(seen(near, finger)).toEqual(finger)
    const back = zoomed(near, 0.5, finger, 300, 200)
    expect(back).toEqual(WHOLE)
  })

  it('is never smaller than its frame and never leaves it', () => {
    expect(zoomed(WHOLE, 0.2, { x: 0, y: 0 }, 300, 200)).toEqual(WHOLE)
    expect(pushed(WHOLE, 50, -50, 300, 200)).toEqual(WHOLE)
    const near = zoomed(WHOLE, 2, { x: 0, y: 0 }, 300, 200)
    expect(pushed(near, -9999, 9999, 300, 200)).toEqual({ zoom: 2, x: -300, y: 0 })
  })

  it('comes no nearer than is of use', () => {
    expect(zoomed(WHOLE, 1000, { x: 0, y: 0 }, 300, 200).zoom).toBe(8)
  })
})
