// Language, text size and light, as this phone likes them.
import { Locale } from 'vant'
import enUS from 'vant/es/locale/lang/en-US'
import zhCN from 'vant/es/locale/lang/zh-CN'
import { computed, shallowRef } from 'vue'
import { phone, type Settings } from '../../api/field'
import { speak } from '../../shared/words'

export const TEXT_SCALES = [1, 1.15, 1.3, 1.5] as const
const LARGE_FROM = 1.3

const settings = shallowRef<Settings>({
  language: 'zh-CN',
  text_scale: 1,
  theme: 'system',
  photos_on_wifi_only: false,
  mask_names: false,
  save_power: true,
})
const night = window.matchMedia('(prefers-color-scheme: dark)')

function wear({ language, text_scale, theme }: Settings) {
  const root = document.documentElement
  const dark = theme === 'dark' || (theme === 'system' && night.matches)
  speak(language)
  Locale.use(language, language === 'en' ? enUS : zhCN)
  root.style.setProperty('--gw-text-scale', String(text_scale))
  root.toggleAttribute('data-large', text_scale >= LARGE_FROM)
  if (dark) root.dataset.theme = 'dark'
  else delete root.dataset.theme
}

/** Dresses the screen as the phone remembers it: before the first screen, on the lock screen, and after it was unlocked. */
export function dressAs(look: Settings) {
  settings.value = look
  wear(look)
  night.onchange = () => wear(settings.value)
}

/** The settings and the one way to change them: worn at once, kept by the phone. */
export function useAppearance() {
  async function change(part: Partial<Settings>) {
    settings.value = { ...settings.value, ...part }
    wear(settings.value)
    settings.value = await phone.saveSettings(settings.value)
  }
  const large = computed(() => settings.value.text_scale >= LARGE_FROM)
  return { settings, large, change }
}
