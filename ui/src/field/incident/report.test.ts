import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { defineComponent, nextTick } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { Fault, standIn, type IncidentAction, type Phone, type Photo, type VoiceNote } from '../../api/field'
import { useReport } from './report'
import type { ReportForm } from './report-form'

const half = (): ReportForm => ({
  incident: {
    category: 'P01003',
    description: ' 井盖又断了一块',
    place: { text: '东门' },
  } as ReportForm['incident'],
  photos: [{ hash: 'p1' }, { hash: 'p2' }] as Photo[],
  how: 'submit',
  measure: '',
  voice: { hash: 'v' } as VoiceNote,
  withoutPhoto: '',
  severityChosen: false,
})
let drafts: Map<string, string>
let went: string[]
let refuses: IncidentAction['type'] | undefined
let report: ReturnType<typeof useReport>

const name = (action: IncidentAction) =>
  action.type === 'comment' ? action.text : action.type === 'add_photo' ? action.photo.hash : action.type

beforeEach(async () => {
  drafts = new Map([['report', JSON.stringify(half())]])
  went = []
  refuses = undefined
  standIn({
    now: () => 0,
    categories: async () => [],
    draftGet: async (key: string) => drafts.get(key) ?? null,
    draftPut: async (key: string, json: string) => (drafts.set(key, json), null),
    draftDrop: async (key: string) => (drafts.delete(key), null),
    actOnIncident: async (id: string, action: IncidentAction) => {
      if (action.type === refuses) throw new Fault('NOT_FOUND', 'no')
      went.push(`${id} ${name(action)}`)
    },
  } as unknown as Phone)
  const Page = defineComponent({
    setup() {
      report = useReport({ source: 'patrol', household: null, finding: null }, null)
      return () => null
    },
  })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: Page }] })
  await router.push('/')
  mount(RouterView, { global: { plugins: [router] } })
  await flushPromises()
})

test('words, photos and voice go along to the case that is listed already, and the draft is gone', async () => {
  expect(await report.follow('i-drain')).toBe(true)
  expect(went).toEqual(['i-drain 井盖又断了一块', 'i-drain p1', 'i-drain p2', 'i-drain add_voice'])
  await flushPromises()
  expect(drafts.size).toBe(0)
})

test('what has arrived does not go twice when the rest was refused at first', async () => {
  refuses = 'add_voice'
  expect(await report.follow('i-drain')).toBe(false)
  await nextTick()
  const left = JSON.parse(drafts.get('report') ?? '{}') as ReportForm
  expect([left.incident.description, left.photos, left.voice]).toEqual(['', [], { hash: 'v' }])
  refuses = undefined
  expect(await report.follow('i-drain')).toBe(true)
  expect(went).toEqual(['i-drain 井盖又断了一块', 'i-drain p1', 'i-drain p2', 'i-drain add_voice'])
})

test('words that the phone refuses keep everything where it is', async () => {
  refuses = 'comment'
  expect(await report.follow('i-drain')).toBe(false)
  expect([went, report.form.value?.photos.length, report.fault.value?.code]).toEqual([[], 2, 'NOT_FOUND'])
})

test('a double tap follows once', async () => {
  const both = await Promise.all([report.follow('i-drain'), report.follow('i-drain')])
  expect(both).toEqual([true, false])
  expect(went.length).toBe(4)
})
