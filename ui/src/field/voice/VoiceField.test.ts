import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { standIn, type Phone, type VoiceNote } from '../../api/field'
import VoiceField from './VoiceField.vue'

const NOTE = { hash: 'h', media: 'webm', duration_ms: 3_000, bytes: 7_000 } as VoiceNote
vi.mock('./microphone', async (real) => ({
  ...(await real<typeof import('./microphone')>()),
  microphone: { listen: async () => ({ stop: async () => new Blob(['三楼有烟味']), drop: () => {} }) },
}))

let router: Router
let put: (note: VoiceNote) => void
const note = ref<VoiceNote | null>(null)
const Door = defineComponent({
  setup: () => () =>
    h(VoiceField, { modelValue: note.value, 'onUpdate:modelValue': (n) => (note.value = n ?? null) }),
})

beforeEach(async () => {
  note.value = null
  standIn({ addVoice: () => new Promise<VoiceNote>((done) => (put = done)) } as unknown as Phone)
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/visit', component: Door },
      { path: '/me', component: { render: () => null } },
    ],
  })
  await router.push('/visit')
})

test('a page with a recording in it waits until the phone has it, and hears of it', async () => {
  const page = mount(RouterView, { global: { plugins: [router] } })
  await page.get('[data-testid=voice-start]').trigger('click')
  await flushPromises()
  const away = router.push('/me')
  await flushPromises()
  expect([router.currentRoute.value.path, note.value]).toEqual(['/visit', null])
  put(NOTE)
  await away
  expect([router.currentRoute.value.path, note.value]).toEqual(['/me', NOTE])
})

test('a phone that never answers holds nobody', async () => {
  vi.useFakeTimers()
  const page = mount(RouterView, { global: { plugins: [router] } })
  await page.get('[data-testid=voice-start]').trigger('click')
  await vi.advanceTimersByTimeAsync(0)
  const away = router.push('/me')
  await vi.advanceTimersByTimeAsync(3_000)
  await away
  expect(router.currentRoute.value.path).toBe('/me')
  vi.useRealTimers()
})
