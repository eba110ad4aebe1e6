import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { phone, standIn, type PatrolScreen } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import { setStatus, useStatus } from '../enrol/state'
import FindingItem from './FindingItem.vue'

let item: VueWrapper | undefined
beforeEach(async () => {
  standIn(fakePhone(new URLSearchParams('scene=walking')))
  setStatus(await phone.status())
})
afterEach(() => item?.unmount())

async function shown(screen: PatrolScreen, by?: string) {
  const seen = screen.view.findings[0]
  if (!seen) throw new Error('nothing was found')
  const props = {
    screen: by ? { ...screen, view: { ...screen.view, leader: by } } : screen,
    seen: by ? { ...seen, by } : seen,
    categories: await phone.categories(),
    amend: async () => true,
  }
  item = mount(FindingItem, { props })
  await flushPromises()
  return item
}
async function found() {
  const running = await phone.patrolRunning()
  const input = {
    category: 'F01001',
    state: 'observed' as const,
    incident: null,
    note: '纸箱两堆',
    voice: null,
  }
  return await phone.patrolFinding(running?.id ?? '', input)
}

test('a finding keeps its own words, and what was added to it stands below with a name', async () => {
  const before = await found()
  const id = before.view.findings[0]?.finding.id ?? ''
  const after = await phone.patrolAmendFinding(before.id, id, '傍晚已经清走')
  const text = (await shown(after)).text()
  expect(text).toContain('楼道堆物')
  expect(text).toContain('纸箱两堆')
  expect(text).toContain(`${useStatus().value?.worker?.name}补充：傍晚已经清走`)
})

test('words are added by whoever wrote it or leads the patrol, and by nobody else', async () => {
  const screen = await found()
  expect((await shown(screen)).findAll('button')).toHaveLength(1)
  item?.unmount()
  expect((await shown(screen, 'somebody else')).findAll('button')).toHaveLength(0)
})
