// Regions that nobody is to see, as parts of the picture. Kept apart from the finger that draws them.
import type { Region } from '../../api/field'

export interface Point {
  x: number
  y: number
}

/** Smaller than this, in parts of the picture, was a tap and no region. */
const SMALLEST = 0.02

const within = (part: number) => Math.min(1, Math.max(0, part))

/** The region between two corners, whichever way the finger went; null for a tap. */
export function spanned(from: Point, to: Point): Region | null {
  const [left, right] = [within(Math.min(from.x, to.x)), within(Math.max(from.x, to.x))]
  const [top, bottom] = [within(Math.min(from.y, to.y)), within(Math.max(from.y, to.y))]
  const [width, height] = [right - left, bottom - top]
  return width < SMALLEST || height < SMALLEST ? null : { x: left, y: top, width, height }
}

/** For whoever cannot draw: one in the middle, each further one beside the last. */
export function another(regions: readonly Region[]): Region {
  const step = (regions.length % 4) * 0.06
  return { x: 0.38 + step, y: 0.38 + step, width: 0.24, height: 0.24 }
}

/** Where a finger is, in parts of what it touches. */
export function partOf(box: DOMRect, at: { clientX: number; clientY: number }): Point {
  return { x: (at.clientX - box.left) / box.width, y: (at.clientY - box.top) / box.height }
}

/** How a region lies over its picture. */
export function laid(region: Region): Record<'left' | 'top' | 'width' | 'height', string> {
  const percent = (part: number) => `${(part * 100).toFixed(2)}%`
  return {
    left: percent(region.x),
    top: percent(region.y),
    width: percent(region.width),
    height: percent(region.height),
  }
}
