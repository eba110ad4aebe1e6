// A sheet of paper that is looked at from nearer or farther: scale and offset in pixels, nothing about what is drawn.

export interface Look {
  zoom: number
  x: number
  y: number
}
export interface Spot {
  x: number
  y: number
}

export const WHOLE: Look = { zoom: 1, x: 0, y: 0 }
const NEAREST = 8

/** Where a point of the sheet is seen. */
export const seen = (look: Look, at: Spot): Spot => ({
  x: at.x * look.zoom + look.x,
  y: at.y * look.zoom + look.y,
})

/** Never farther than the whole, never away from the frame. */
function kept(look: Look, width: number, height: number): Look {
  const zoom = Math.min(NEAREST, Math.max(1, look.zoom))
  const within = (value: number, size: number) => Math.min(0, Math.max(size - size * zoom, value))
  return { zoom, x: within(look.x, width), y: within(look.y, height) }
}

/** Nearer or farther; what lies under `at` stays there. */
export function zoomed(look: Look, by: number, at: Spot, width: number, height: number): Look {
  const zoom = Math.min(NEAREST, Math.max(1, look.zoom * by))
  const ratio = zoom / look.zoom
  return kept({ zoom, x: at.x - (at.x - look.x) * ratio, y: at.y - (at.y - look.y) * ratio }, width, height)
}

/** Pushed aside. */
export const pushed = (look: Look, dx: number, dy: number, width: number, height: number): Look =>
  kept({ ...look, x: look.x + dx, y: look.y + dy }, width, height)
