// 看原图 at a desk: what this page has opened so far. The centre decides anew at every look; whoever loads the page again says what
// for again. This browser's clock only measures how long ago it was, because it may differ from the centre's.
import { reactive } from 'vue'

const OPEN_MS = 15 * 60_000
const openedAt = reactive(new Map<string, number>())
const key = (person: string, original: string) => `${person} ${original}`

/** The centre has taken the reason of this person. */
export const open = (person: string, original: string, now: number) =>
  void openedAt.set(key(person, original), now)

/** Whether this person may look at an original without another reason. */
export function isOpen(person: string, original: string, now: number): boolean {
  const since = now - (openedAt.get(key(person, original)) ?? -Infinity)
  return since >= 0 && since < OPEN_MS
}
