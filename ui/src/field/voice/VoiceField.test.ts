import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { standIn, type Phone, type VoiceNote } from '../../api/field'
import { keepAll, useDraft } from '../frame/draft'
import VoiceField from './VoiceField.vue'

const NOTE = { hash: 'h', media: 'webm', duration_ms: 3_000, bytes: 7_000 } as VoiceNote
vi.mock('./microphone', async (real) => ({
  ...(await real<typeof import('./microphone')>()),
  microphone: { listen: async () => ({ stop: async () => new Blob(['三楼有烟味']), drop: () => {} }) },
}))

let router: Router
let put: (note: VoiceNote) => void
const note = ref<VoiceNote | null>(null)
let drafts: Map<string, string>
const Door = defineComponent({
  setup() {
    useDraft('visit', note)
    return () =>
      h(VoiceField, { modelValue: note.value, 'onUpdate:modelValue': (n) => (note.value = n ?? null) })
  },
})

beforeEach(async () => {
  note.value = null
  drafts = new Map()
  standIn({
    addVoice: () => new Promise<VoiceNote>((done) => (put = done)),
    draftPut: async (key: string, json: string) => (drafts.set(key, json), null),
  } as unknown as Phone)
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/visit', component: Door },
      { path: '/incidents/:id', component: Door },
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

test('a page that gives way to another of its kind waits as well', async () => {
  await router.push('/incidents/a')
  const page = mount(RouterView, { global: { plugins: [router] } })
  await page.get('[data-testid=voice-start]').trigger('click')
  await flushPromises()
  const away = router.push('/incidents/b')
  await flushPromises()
  expect([router.currentRoute.value.path, note.value]).toEqual(['/incidents/a', null])
  put(NOTE)
  await away
  expect([router.currentRoute.value.path, note.value]).toEqual(['/incidents/b', NOTE])
})

test('an app that locks ends the recording first, and the draft that is kept names it', async () => {
  const page = mount(RouterView, { global: { plugins: [router] } })
  await page.get('[data-testid=voice-start]').trigger('click')
  await flushPromises()
  const locking = keepAll()
  await flushPromises()
  put(NOTE)
  await locking
  expect(JSON.parse(drafts.get('visit') ?? 'null')).toEqual(NOTE)
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
