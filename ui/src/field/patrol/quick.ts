// Which findings are one tap away while somebody walks: what this phone found most, then what is found often anywhere.
import type { Category } from '../../api/field'

/** More would cost the map, and the sheet has them all. */
export const QUICK = 4

/** The categories for the chips, out of the list; `found` are codes of what was found before, as often as it was. */
export function quickOf(categories: readonly Category[], found: readonly string[]): Category[] {
  const times = new Map<string, number>()
  for (const code of found) times.set(code, (times.get(code) ?? 0) + 1)
  const often = ({ code }: Category) => times.get(code) ?? 0
  return [...categories]
    .sort((a, b) => often(b) - often(a) || Number(b.frequent) - Number(a.frequent))
    .filter((category) => often(category) > 0 || category.frequent)
    .slice(0, QUICK)
}
