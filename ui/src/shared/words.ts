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
