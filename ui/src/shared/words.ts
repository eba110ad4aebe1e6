import { createI18n } from 'vue-i18n'
import en from '../locales/en.json'
import zh from '../locales/zh-CN.json'

export type Language = 'zh-CN' | 'en'

/** The words of both faces. zh-CN is written first; a sentence missing in it is a type error. */
export const words = createI18n({
  legacy: false,
  locale: 'zh-CN' satisfies Language,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
})

type Paths<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Paths<T[K]>}`
}[keyof T & string]

/** Every sentence there is. A key that is not here does not compile. */
export type WordKey = Paths<typeof zh>

/** What turns the direction of a line: right-to-left scripts, and the marks that order it. */
const TURNS = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/
/** Somebody's words inside ours: whichever way they are read, and whatever they leave open, the sentence around them stays. */
export const isolated = (text: string) => (TURNS.test(text) ? `\u2068${text}\u2069` : text)

/** The sentence in the current language. A named `n` also chooses singular or plural where a language has them. */
export function say(key: WordKey, named: Record<string, string | number> = {}): string {
  const values = Object.entries(named).map(([name, value]) => [
    name,
    typeof value === 'string' ? isolated(value) : value,
  ])
  return words.global.t(key, Object.fromEntries(values), {
    plural: typeof named.n === 'number' ? named.n : 1,
  })
}

/** The language on the screen now. */
export function language(): Language {
  return words.global.locale.value as Language
}

/** Changes the language of every sentence on the screen. */
export function speak(next: Language) {
  words.global.locale.value = next
  document.documentElement.lang = next
}
