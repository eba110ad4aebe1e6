// Photos that records named and that have not arrived, as rows of a page.
import type { AwaitedPhoto } from '../../api/registry'

/** What it is, as somebody would say on the telephone. */
export type Shown = 'photo' | 'original' | 'voice'

export const shownAs = ({ shown_as }: AwaitedPhoto): Shown =>
  shown_as === 'original' ? 'original' : shown_as.endsWith('voice') ? 'voice' : 'photo'

/** The place of the console where the record that names it is read; a door's record has none. */
export function recordOf({ document, shown_as }: AwaitedPhoto) {
  if (['checkpoint', 'finding_voice'].includes(shown_as)) return { name: 'patrols', params: { id: document } }
  const ofCase = ['incident', 'original', 'voice'].includes(shown_as)
  return ofCase ? { name: 'incidents', params: { id: document } } : undefined
}
