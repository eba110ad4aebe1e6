import { describe, expect, it } from 'vitest'
import type { Region } from '../../api/field'
import { another, laid, partOf, spanned } from './marks'

describe('a region that is drawn', () => {
  it('is the same whichever corner the finger began at', () => {
    const region = { x: 0.25, y: 0.5, width: 0.25, height: 0.25 }
    expect(spanned({ x: 0.25, y: 0.5 }, { x: 0.5, y: 0.75 })).toEqual(region)
    expect(spanned({ x: 0.5, y: 0.75 }, { x: 0.25, y: 0.5 })).toEqual(region)
  })
  it('ends at the edge when the finger leaves the picture', () => {
    expect(spanned({ x: 0.5, y: 0.5 }, { x: 3, y: -1 })).toEqual({ x: 0.5, y: 0, width: 0.5, height: 0.5 })
  })
  it('is none after a tap', () => {
    expect(spanned({ x: 0.5, y: 0.5 }, { x: 0.51, y: 0.9 })).toBeNull()
  })
  it('stays inside the picture when it is placed by a button, however often', () => {
    const regions: Region[] = []
    for (let n = 0; n < 9; n += 1) regions.push(another(regions))
    for (const { x, y, width, height } of regions) {
      expect(x + width).toBeLessThanOrEqual(1)
      expect(y + height).toBeLessThanOrEqual(1)
    }
    expect(regions[0]).not.toEqual(regions[1])
  })
  it('lies where the finger was', () => {
    const box = { left: 10, top: 20, width: 200, height: 100 } as DOMRect
    expect(partOf(box, { clientX: 110, clientY: 45 })).toEqual({ x: 0.5, y: 0.25 })
    expect(laid({ x: 0.5, y: 0.25, width: 0.1, height: 1 / 3 })).toEqual({
      left: '50.00%',
      top: '25.00%',
      width: '10.00%',
      height: '33.33%',
    })
  })
})
