import { say, type WordKey } from '../../shared/words'

const HAN_PX = 14
const LATIN_PX = 8.4
const PADDING_PX = 24

/** How wide a column of numbers has to be for its heading to break between words and never inside one. */
export function columnOf(heading: WordKey): number {
  const wide = (word: string) =>
    [...word].reduce((sum, sign) => sum + (sign > '\u2e80' ? HAN_PX : LATIN_PX), 0)
  return Math.ceil(Math.max(...say(heading).split(' ').map(wide))) + PADDING_PX
}
