import { shallowRef } from 'vue'
import { feel } from './haptics'

/** What was just put away, and the one thing that can still be done about it. */
export type Saved = { words: string; act: { words: string; to: string } }

const SHOWN_MS = 6000
const saved = shallowRef<Saved>()
let leaving: ReturnType<typeof setTimeout> | undefined

export const useSaved = () => saved

/** Says it for a moment, on whichever screen comes next. */
export function sayKept(next: Saved) {
  saved.value = next
  feel('kept')
  clearTimeout(leaving)
  leaving = setTimeout(dropSaved, SHOWN_MS)
}
export function dropSaved() {
  clearTimeout(leaving)
  saved.value = undefined
}
