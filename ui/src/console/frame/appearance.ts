// Language, text size and light, as this browser remembers them.
import { reactive, watch } from 'vue'
import { speak, type Language } from '../../shared/words'

export const TEXT_SCALES = [1, 1.15, 1.3, 1.5] as const
export const THEMES = ['system', 'light', 'dark'] as const
const KEPT = 'gridwalk.appearance'
const night = window.matchMedia('(prefers-color-scheme: dark)')

type Appearance = { language: Language; scale: number; theme: (typeof THEMES)[number] }

function kept(): Partial<Appearance> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Appearance>
  } catch {
    return {}
  }
}

export const appearance = reactive<Appearance>({ language: 'zh-CN', scale: 1, theme: 'system', ...kept() })

/** The width of a table's column, which Element Plus wants in px, for the text size of now. */
export const wide = (px: number) => Math.round(px * appearance.scale)

function wear() {
  const root = document.documentElement
  const dark = appearance.theme === 'dark' || (appearance.theme === 'system' && night.matches)
  speak(appearance.language)
  root.style.setProperty('--gw-text-scale', String(appearance.scale))
  root.toggleAttribute('data-large', appearance.scale >= 1.3)
  root.classList.toggle('dark', dark)
  if (dark) root.dataset.theme = 'dark'
  else delete root.dataset.theme
}

/** Call once, before the first screen. */
export function dress() {
  wear()
  night.addEventListener('change', wear)
  watch(appearance, () => {
    wear()
    localStorage.setItem(KEPT, JSON.stringify(appearance))
  })
}
