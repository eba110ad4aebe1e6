import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, nextTick, ref, type Ref } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { standIn, type Phone } from '../../api/field'
import { keepAll, PAUSE_MS } from './draft'
import { sheetKey, useSheetDraft } from './sheet-draft'

const DRAIN = sheetKey('i-drain', 'act:cancel')
const LEAD = sheetKey('i-lead', 'act:cancel')
let drafts: Map<string, string>
let screen: VueWrapper
let sheet: ReturnType<typeof useSheetDraft>
let about: Ref<string>
let open: Ref<boolean>
let words: Ref<string>
let level: Ref<number>

/** A page with a sheet in it, after the app was started. */
async function start() {
  ;[about, open, words, level] = [ref(DRAIN), ref(false), ref('what another sheet left here'), ref(3)]
  const Page = defineComponent({
    setup() {
      const [text, urgent, key] = [words, level, about]
      sheet = useSheetDraft(
        () => key.value,
        open,
        { words, level },
        () => {
          text.value = ''
          urgent.value = 3
        },
        () => {
          if (urgent.value > 3) urgent.value = 3
        },
      )
      return () => null
    },
  })
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/incidents/:id', component: Page },
      { path: '/me', component: { render: () => null } },
    ],
  })
  await router.push('/incidents/i-drain')
  screen = mount(RouterView, { global: { plugins: [router] } })
  return router
}
async function type(text: string) {
  words.value = text
  await nextTick()
}
async function show(key: string) {
  open.value = false
  await nextTick()
  about.value = key
  open.value = true
  await flushPromises()
}
const said = (key = DRAIN) => JSON.parse(drafts.get(key) ?? '{}').words

beforeEach(async () => {
  drafts = new Map()
  standIn({
    draftPut: async (key: string, json: string) => (drafts.set(key, json), null),
    draftGet: async (key: string) => drafts.get(key) ?? null,
    draftDrop: async (key: string) => (drafts.delete(key), null),
  } as unknown as Phone)
  await start()
})
afterEach(() => vi.useRealTimers())

test('what is typed is kept at a pause, and is there again after the app was killed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  open.value = true
  await flushPromises()
  await type('井盖又')
  await vi.advanceTimersByTimeAsync(PAUSE_MS - 1)
  expect(said()).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(said()).toBe('井盖又')
  // no farewell: the app is gone
  await start()
  await show(DRAIN)
  expect([words.value, sheet.resumed.value]).toEqual(['井盖又', true])
})

test('a sheet that is closed, left or locked keeps what is written at once', async () => {
  await show(DRAIN)
  await type('井盖')
  open.value = false
  await flushPromises()
  expect(said()).toBe('井盖')

  await show(DRAIN)
  await type('井盖又')
  await keepAll()
  expect(said()).toBe('井盖又')

  await type('井盖又松了')
  screen.unmount()
  await flushPromises()
  expect(said()).toBe('井盖又松了')
})

test('a page that gives way to another of its kind keeps what is written at once', async () => {
  const router = await start()
  await show(DRAIN)
  await type('井盖又')
  await router.push('/incidents/i-lead')
  expect(said()).toBe('井盖又')
})

test('what is written about one thing is not offered for another', async () => {
  await show(DRAIN)
  await type('井盖')
  await show(LEAD)
  expect([words.value, sheet.resumed.value]).toEqual(['', false])
  await type('铅管')
  await show(DRAIN)
  expect(words.value).toBe('井盖')
  expect([said(DRAIN), said(LEAD)]).toEqual(['井盖', '铅管'])
})

test('a sheet that was only looked at, or emptied again, leaves nothing behind', async () => {
  await show(DRAIN)
  open.value = false
  await flushPromises()
  expect(drafts.size).toBe(0)
  await show(DRAIN)
  await type('井盖')
  await sheet.keep()
  await type('')
  await sheet.keep()
  expect(drafts.size).toBe(0)
})

test('what was saved is forgotten, and what the phone refused is there again', async () => {
  await show(DRAIN)
  await type('误报')
  open.value = false
  expect(await sheet.handIn(async () => false)).toBe(false)
  await show(DRAIN)
  expect(words.value).toBe('误报')
  open.value = false
  await nextTick()
  expect(await sheet.handIn(async () => true)).toBe(true)
  screen.unmount()
  await flushPromises()
  expect(drafts.size).toBe(0)
})

test('a sheet that is opened again while its act is being saved begins anew', async () => {
  await show(DRAIN)
  await type('误报')
  open.value = false
  let saved = () => {}
  const saving = sheet.handIn(() => new Promise((done) => (saved = () => done(true))))
  await show(DRAIN)
  saved()
  await saving
  expect(words.value).toBe('')
  await sheet.keep()
  expect(drafts.size).toBe(0)
})

test('a double tap saves once', async () => {
  await show(DRAIN)
  await type('误报')
  let saves = 0
  const save = async () => ((saves += 1), true)
  expect(await Promise.all([sheet.handIn(save), sheet.handIn(save)])).toEqual([true, false])
  // nor while it slides away
  expect(await sheet.handIn(save)).toBe(false)
  expect(saves).toBe(1)
  await show(DRAIN)
  expect(await sheet.handIn(save)).toBe(true)
})

test('a draft that is still on its way to the phone does not come back after its act was saved', async () => {
  let arrives = () => {}
  const later = new Promise<void>((done) => (arrives = done))
  standIn({
    draftPut: async (key: string, json: string) => (await later, drafts.set(key, json), null),
    draftGet: async () => null,
    draftDrop: async (key: string) => (drafts.delete(key), null),
  } as unknown as Phone)
  await show(DRAIN)
  await type('误报')
  open.value = false
  await nextTick()
  const saving = sheet.handIn(async () => true)
  await flushPromises()
  arrives()
  await saving
  expect(drafts.size).toBe(0)
})

test('what is no longer offered is not taken up again, and words of a newer app do not hurt', async () => {
  drafts.set(DRAIN, JSON.stringify({ words: '催一下', level: 4, mood: 'calm' }))
  await show(DRAIN)
  expect([words.value, level.value]).toEqual(['催一下', 3])
  drafts.set(LEAD, '{"words":')
  await show(LEAD)
  expect(words.value).toBe('')
})

test('whoever types before the phone has answered is not overwritten', async () => {
  drafts.set(DRAIN, JSON.stringify({ words: '旧的', level: 3 }))
  open.value = true
  await nextTick()
  words.value = '新的'
  await flushPromises()
  expect(words.value).toBe('新的')
})

test('a key names its document and does not end with it, so that no other record takes the draft along', () => {
  expect(DRAIN).toBe('form:i-drain:act:cancel')
})
