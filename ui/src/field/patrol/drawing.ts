import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import type { Position } from '../../api/field'
import type { Spot } from './route'

const METRES_PER_DEGREE = 111_320
/** What is drawn before the paper has been measured. */
const FIRST = { width: 358, height: 400 }
/** A circle of less is hidden by the dot in it. */
const LEAST_RADIUS = 12

/**
 * The size of a drawing whose unit is one pixel, so that signs and numbers keep theirs whatever room is left for it; they grow
 * with the text, because that is what the numbers are, up to `largest`.
 */
export function useDrawing(drawing: Ref<SVGSVGElement | null>, largest: number) {
  const size = ref(FIRST)
  const scale = ref(1)
  const measure = () => {
    const box = drawing.value?.getBoundingClientRect()
    if (box && box.width > 0 && box.height > 0) size.value = { width: box.width, height: box.height }
    scale.value = Math.min(largest, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1)
  }
  const watcher = typeof ResizeObserver === 'undefined' ? undefined : new ResizeObserver(measure)
  onMounted(() => {
    measure()
    if (drawing.value) watcher?.observe(drawing.value)
  })
  onBeforeUnmount(() => watcher?.disconnect())
  return { size, scale }
}

type Place = (lon: number, lat: number) => Spot

/** A line or a ring as a path. */
export const pathOf = (place: Place, line: readonly (readonly [number, number])[]) =>
  line
    .map(([lon, lat], n) => {
      const { x, y } = place(lon, lat)
      return `${n ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')

/** Where the phone is, with the circle in which it may be. */
export function hereOf(place: Place, position: Position | null) {
  if (!position) return null
  const spot = place(position.lon, position.lat)
  const metre = spot.y - place(position.lon, position.lat + 1 / METRES_PER_DEGREE).y
  return { ...spot, radius: Math.max(LEAST_RADIUS, metre * position.accuracy_m) }
}

type Line = readonly (readonly [number, number])[]

/** The way as it was walked, in pieces, and what lies between two pieces: nobody knows the way there. */
export function piecesOf(track: Line, breaks: readonly number[]): { walked: Line[]; missing: Line[] } {
  const starts = [0, ...breaks]
  const walked = starts.map((from, n) => track.slice(from, starts[n + 1]))
  const missing = breaks.map((at) => track.slice(at - 1, at + 1))
  return { walked: walked.filter((piece) => piece.length > 1), missing }
}
