// Lost photos, in the order in which somebody would look at them.
import type { LostPhoto } from '../../api/registry'

/** The incidents that show them, each once, those that wait longest first. */
export function ofIncidents(lost: readonly LostPhoto[]): string[] {
  const shown = lost.filter((one) => one.shown_as === 'incident' && one.document)
  const sorted = [...shown].sort((a, b) => a.found_at.localeCompare(b.found_at))
  return [...new Set(sorted.map((one) => one.document as string))]
}
