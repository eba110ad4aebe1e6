import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { Fault, registry, type IncidentDetail, type Person, type Step } from '../../api/registry'
import { me } from '../frame/session'
import ErrandSteps from './ErrandSteps.vue'
import Ownership from './Ownership.vue'
import { begun, outcomesOf, stepAction } from './step-acts'

const NOW = Date.parse('2026-09-18T03:00:00Z')
const desk = { id: 'd', name: '顾远山', role: 'dispatcher', grids: [], department: null } as Person
const end = { outcome: 'not_ours', note: '查过图', by: 'd', at: '2026-09-15T02:00:00Z' } as const
const step = (more: Partial<Step> = {}): Step => ({
  event: 'a',
  kind: 'inquiry',
  what: '',
  lies_with: '供水公司',
  due: '2026-09-17',
  by: 'd',
  at: '2026-09-14T02:00:00Z',
  end: null,
  proposed: null,
  ...more,
})
const incident = (course: object, category = 'P01008') =>
  ({
    line: { id: 'i', category },
    departments: { yard: '街道市政所' },
    view: { ended_at: null, course: { steps: [], ...course } },
  }) as unknown as IncidentDetail
const stubs = { ElDialog: { template: '<div><slot /></div>' } }
const shown = (detail: IncidentDetail) => mount(Ownership, { props: { detail, now: NOW }, global: { stubs } })

beforeEach(() => {
  me.value = desk
  vi.restoreAllMocks()
})

test('silence is an answer once its days are over, and an answer may be corrected', () => {
  expect(outcomesOf(step(), '2026-09-17')).toEqual(['ours', 'not_ours'])
  expect(outcomesOf(step(), '2026-09-18')).toEqual(['ours', 'not_ours', 'no_answer'])
  expect(outcomesOf(step({ end }), '2026-09-15')).toEqual(['ours', 'no_answer'])
  expect(outcomesOf(step({ kind: 'milestone' }), '2026-09-15')).toEqual(['done', 'not_needed'])
})

test('the dialog begins with what was told on site, and says what is missing', () => {
  const told = step({ proposed: { ...end, outcome: 'ours', note: '抢修师傅说是' } })
  const answers = begun({ kind: 'end_step', step: told }, undefined)
  expect(stepAction({ kind: 'end_step', step: told }, answers)).toEqual({
    type: 'end_step',
    step: 'a',
    outcome: 'ours',
    note: '抢修师傅说是',
  })
  const blank = begun({ kind: 'ask_owner' }, undefined)
  const code = (kind: 'ask_owner' | 'start_notice' | 'register_fallback' | 'make_safe' | 'add_step') =>
    stepAction({ kind }, blank)
  expect(code('ask_owner')).toBe('MISSING_DEPARTMENT')
  expect(code('start_notice')).toBe('MISSING_PLACE')
  expect(code('register_fallback')).toBe('MISSING_DEPARTMENT')
  expect(code('make_safe')).toBe('MISSING_WORDS')
  expect(code('add_step')).toBe('MISSING_WORDS')
})

test('before the desk has decided there is one thing to do', () => {
  const page = shown(incident({ ownership_proposed: 'ownerless' }))
  expect(page.text()).toContain('现场提出：无主')
  expect(page.findAll('button').map((button) => button.text())).toEqual(['定权属'])
})

test('an inquiry that is overdue is marked, and the desk asks, answers, starts and registers', () => {
  const page = shown(incident({ ownership: 'ownerless', steps: [step(), step({ event: 'b', end })] }))
  const [open, answered] = page.findAll('[data-testid=inquiry]')
  expect(open?.text()).toContain('逾期未答')
  expect(open?.get('button').text()).toBe('写答复')
  expect(answered?.get('button').text()).toBe('改答复')
  for (const act of ['ask-owner', 'start-notice', 'register-fallback', 'make-safe'])
    expect(page.find(`[data-testid=${act}]`).exists(), act).toBe(true)
  me.value = { ...desk, role: 'lead' }
  const lead = shown(incident({ ownership: 'ownerless', steps: [step(), step({ event: 'b', end })] }))
  expect(lead.findAll('button').map((button) => button.attributes('data-testid'))).toEqual([
    'make-safe',
    'inquiry-answer',
  ])
})

test('what the server does not allow is said, with what was chosen still there', async () => {
  vi.spyOn(registry, 'act').mockRejectedValue(new Fault('NOT_SAFE_YET', 'guard', 422))
  const page = shown(incident({ ownership: 'ownerless' }))
  await page.get('[data-testid=start-notice]').trigger('click')
  await page.get('#step-where').setValue('东门公示栏')
  await page.get('form').trigger('submit')
  await flushPromises()
  expect(page.get('[data-testid=step-problem]').text()).toBe('先把险情处置好、记下来，再往下办。')
  expect((page.get('#step-where').element as HTMLInputElement).value).toBe('东门公示栏')
  expect(page.emitted('done')).toBeUndefined()
})

test('a step of an errand is ended at the desk', async () => {
  const next = incident({}, 'E06001')
  const act = vi.spyOn(registry, 'act').mockResolvedValue(next)
  const detail = incident({ steps: [step({ kind: 'milestone', what: '交材料' })] }, 'E06001')
  const page = mount(ErrandSteps, { props: { detail, now: NOW }, global: { stubs } })
  expect(page.text()).toContain('过期')
  await page.get('[data-testid=step-end]').trigger('click')
  await page.findAll('input[type=radio]')[0]?.setValue()
  await page.get('form').trigger('submit')
  await flushPromises()
  const ended = { type: 'end_step', step: 'a', outcome: 'done', note: '' }
  expect(act.mock.calls).toEqual([['i', ended]])
  expect(page.emitted('done')).toEqual([[next]])
})
