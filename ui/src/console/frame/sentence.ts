// The sentence for a code. What is said to somebody at a desk comes first, then what both faces say.
import { say, words, type WordKey } from '../../shared/words'

const first = (...keys: string[]) => keys.find((key) => words.global.te(key, 'zh-CN')) as WordKey

export const sentence = (code: string) =>
  say(first(`console.errors.${code}`, `errors.${code}`, 'errors.INTERNAL'))
