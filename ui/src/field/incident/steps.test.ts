import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { standIn, type IncidentAction, type IncidentDetail, type Phone, type Step } from '../../api/field'
import ErrandCard from './ErrandCard.vue'
import OwnerlessCard from './OwnerlessCard.vue'
import { missing, type ReportForm } from './report-form'
import { nameOf, toTell } from './steps'

const NOW = Date.parse('2026-09-14T03:00:00Z')
const act = vi.fn<(action: IncidentAction) => Promise<boolean>>(async () => true)
const drafts = new Map<string, string>()

beforeEach(() => {
  act.mockClear()
  drafts.clear()
  standIn({
    now: () => NOW,
    draftGet: async (key: string) => drafts.get(key) ?? null,
    draftPut: async (key: string, json: string) => (drafts.set(key, json), null),
    draftDrop: async (key: string) => (drafts.delete(key), null),
  } as unknown as Phone)
})

const end = (outcome: string, note = '') => ({ outcome, note, by: 'w', at: '2026-09-12T02:00:00Z' })
const step = (event: string, more: object = {}) =>
  ({
    event,
    kind: 'milestone',
    what: '交材料',
    lies_with: '街道便民窗口',
    due: '2026-09-18',
    by: 'w',
    at: '2026-09-11T02:00:00Z',
    end: null,
    proposed: null,
    ...more,
  }) as Step
const inquiry = (event: string, more: object = {}) =>
  step(event, { kind: 'inquiry', what: '', lies_with: '供水公司', due: '2026-09-13', ...more })

const incident = (steps: Step[], more: { state?: string; events?: object[]; course?: object } = {}) =>
  ({
    row: { id: 'i', local_no: '梧桐-03-0911-002', category: 'E06001', place: '3幢2单元 502' },
    possible: ['add_step', 'end_step', 'tell_answer'],
    departments: [{ id: 'yard', name: '街道市政所' }],
    people: [{ id: 'w', name: '林晓' }],
    view: {
      state: more.state ?? 'reported',
      created: { description: '李阿姨要办养老认证' },
      events: more.events ?? [],
      course: { steps, ...more.course },
    },
  }) as unknown as IncidentDetail
const global = { stubs: { Sheet: { template: '<div><slot /></div>' } } }
const card = (detail: IncidentDetail) => mount(ErrandCard, { props: { detail, act }, global })

test('a resident hears how far it is, where it lies and until when, and nothing about anybody', () => {
  const told = toTell(
    incident([
      step('a', { end: end('done', '李阿姨自己去的') }),
      step('b', { what: '等窗口审完' }),
      step('c', { what: '复印', end: end('not_needed') }),
    ]),
  )
  expect(told).toEqual([
    '托办的事，编号 梧桐-03-0911-002。',
    '2 步里办好了 1 步。',
    '最近办好：交材料（9月12日）。',
    '接下来：等窗口审完。',
    '现在在街道便民窗口。',
    '争取9月18日前办好。',
  ])
  expect(told.join('')).not.toMatch(/李阿姨|林晓|502/)
})

test('a resident hears how it ended, in the words of whoever ended it', () => {
  const measure = '认证办好了'
  const handled = { applied: { type: 'yes' }, event: { action: { type: 'self_handle', measure } } }
  const told = (state: string) => toTell(incident([], { state, events: [handled] })).at(-1)
  expect(told('self_handled')).toBe('已经办好：认证办好了')
  expect(told('cancelled')).toBe('这件事已经撤回。')
  expect(told('reported')).toBe('已经记下，正在安排。')
})

test('a step is added with its words, and nothing is sent without any', async () => {
  const page = card(incident([]))
  await page.get('[data-testid=errand-add]').trigger('click')
  await flushPromises()
  await page.get('form').trigger('submit')
  expect(page.get('[data-testid=step-lacks]').text()).toBe('写几个字就能存。')
  await page.get('[data-testid=step-what]').setValue('交材料')
  await page.get('[data-testid=step-where]').setValue('街道便民窗口')
  await page.get('form').trigger('submit')
  await flushPromises()
  const added = { type: 'add_step', what: '交材料', lies_with: '街道便民窗口', wanted: null }
  expect(act.mock.calls).toEqual([[added]])
})

test('an open step is ended or moved on, one that has ended is not touched, and what is late says so', async () => {
  const late = step('a', { due: '2026-09-13' })
  const page = card(incident([late, step('b', { end: end('done') })]))
  const [open, ended] = page.findAll('[data-testid=errand-step]')
  expect([open?.element.tagName, ended?.element.tagName]).toEqual(['BUTTON', 'DIV'])
  expect(open?.text()).toContain('逾期')
  await open?.trigger('click')
  await flushPromises()
  await page.get('[data-testid=step-how-moved]').trigger('click')
  await page.get('[data-testid=step-where]').setValue('市民中心3号窗口')
  await page.get('form').trigger('submit')
  await flushPromises()
  expect(act.mock.calls[0]?.[0]).toEqual({
    type: 'move_step',
    step: 'a',
    lies_with: '市民中心3号窗口',
    wanted: '2026-09-13',
  })
})

test('words that the phone refused are there again', async () => {
  act.mockResolvedValueOnce(false)
  const page = card(incident([step('a')]))
  const open = () => page.get('[data-testid=errand-step]').trigger('click')
  await open()
  await flushPromises()
  await page.get('[data-testid=step-note]').setValue('窗口收了')
  await page.get('form').trigger('submit')
  await flushPromises()
  expect(drafts.get('form:i:step:a')).toContain('窗口收了')
})

test('whoever was asked and has not answered in time is marked, and what was told on site can be handed in', async () => {
  const ownerless = {
    made_safe: [{ unit: 'yard', measure: '铁板盖住', by: 'w', at: '2026-09-10T02:00:00Z' }],
    notice: { at: '2026-09-10T02:00:00Z', until: '2026-09-25', place: '东门' },
    fallback: null,
  }
  const steps = [inquiry('a'), inquiry('b', { lies_with: '供电公司', end: end('not_ours') })]
  const page = mount(OwnerlessCard, {
    props: { detail: incident(steps, { course: { ownerless } }), act },
    global,
  })
  const [open, answered] = page.findAll('[data-testid=inquiry]')
  expect(open?.text()).toContain('逾期未答')
  expect(answered?.text()).toContain('不是他们的')
  expect(page.get('[data-testid=made-safe]').text()).toContain('街道市政所先行处置')
  expect(page.get('[data-testid=notice]').text()).toContain('公示到 9月25日')
  await open?.trigger('click')
  await flushPromises()
  await page.get('form').trigger('submit')
  expect(act).not.toHaveBeenCalled()
  await page.get('[data-testid=inquiry-answer-ours]').trigger('click')
  await page.get('form').trigger('submit')
  await flushPromises()
  expect(act.mock.calls).toEqual([[{ type: 'end_step', step: 'a', outcome: 'ours', note: '' }]])
})

test('a case without any of it shows nothing of it', () => {
  const page = mount(OwnerlessCard, { props: { detail: incident([]), act }, global })
  expect(page.find('[data-testid=ownerless]').exists()).toBe(false)
})

test('an errand is closed, a quarrel is settled', () => {
  const of = (category: string) => nameOf('self_handle', { row: { category } } as IncidentDetail)
  expect([of('E06001'), of('D00002')]).toEqual(['办好了，办结', '就地化解，办结'])
})

test('an errand is reported in words, with a photo or without', () => {
  const form = (more: Partial<ReportForm> = {}, description = '帮着办养老认证', category = 'E06001') =>
    ({
      incident: { category, description, place: { text: '3幢2单元' } },
      photos: [],
      how: 'submit',
      measure: '',
      withoutPhoto: '',
      severityChosen: false,
      ...more,
    }) as unknown as ReportForm
  expect(missing(form())).toBeNull()
  expect(missing(form({}, ' '))).toBe('MISSING_WORDS')
  expect(missing(form({ how: 'self_handle' }))).toBe('MISSING_REASON')
  expect(missing(form({ how: 'self_handle', measure: '办好了' }))).toBeNull()
  expect(missing(form({}, '灯不亮', 'E06002'))).toBe('MISSING_PHOTO')
})
