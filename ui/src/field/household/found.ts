// What a search found, as headings and ways: which screen a hit opens.
import type { FoundGroup, FoundKind, Hit, Piece } from '../../api/field'
import { say } from '../../shared/words'

/** `人 3`: what they are, and how many there are. */
export const headingOf = (group: FoundGroup) => say(`found.${group.kind}`)

/** `共 47`, when more were found than are shown. */
export const asideOf = (group: FoundGroup) =>
  group.total > group.hits.length ? say('found.more', { n: group.total }) : undefined

/** Where a hit leads. */
export function wayOf(kind: FoundKind, hit: Hit): string {
  switch (kind) {
    case 'case':
      return `/incidents/${hit.document}`
    case 'place':
      return `/places/${hit.document}`
    case 'building':
      return `/households?building=${hit.document}`
    case 'page':
      return `/handbook/${hit.document}`
    case 'announcement':
      return `/announcements?at=${hit.document}`
    case 'checkpoint':
      return '/patrol'
    default:
      return `/households/${hit.document}`
  }
}

/** The pieces as one text, for the name of a button. */
export const textOf = (pieces: readonly Piece[]) => pieces.map((piece) => piece.text).join('')

/** The hit that is `step` further, staying inside the list; none before the first, so that the field is next. */
export function nextOf(at: number, step: number, many: number): number | null {
  const next = at + step
  return next < 0 ? null : Math.min(next, many - 1)
}
