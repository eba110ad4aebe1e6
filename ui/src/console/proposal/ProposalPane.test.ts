import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { registry, type ProposalLine } from '../../api/registry'
import ProposalPane from './ProposalPane.vue'
import { standingOf, titleOf, whatAcceptingDoes } from './words'

const line: ProposalLine = {
  id: 'p',
  grid: 'g',
  grid_name: '梧桐-03',
  subject: { type: 'building', id: 'b' },
  title: '听雨苑 3幢',
  field: 'storeys',
  says: '6',
  says_now: '6',
  should: '7',
  because: '在楼下数过',
  worker: '林晓',
  at: '2026-09-14T04:00:00Z',
  answer: null,
  may_answer: true,
  changes_row: true,
}
const answered: ProposalLine = {
  ...line,
  answer: { outcome: 'accepted', applied: true, note: '已核', by_name: '赵鹿鸣', at: '2026-09-14T05:00:00Z' },
}
afterEach(() => vi.restoreAllMocks())

test('accepting needs no words, and the list afterwards is handed on', async () => {
  const sent = vi.spyOn(registry, 'answerProposal').mockResolvedValue([answered])
  const pane = mount(ProposalPane, { props: { line } })
  expect(pane.text()).toContain('采纳后，台账上这一项马上改过来')
  await pane.get('[data-testid=proposal-accept]').trigger('click')
  await flushPromises()
  expect(sent).toHaveBeenCalledWith('p', { accept: true, note: null })
  expect(pane.emitted('answered')).toEqual([[[answered]]])
})

test('declining needs a reason, and nothing is sent without one', async () => {
  const sent = vi.spyOn(registry, 'answerProposal').mockResolvedValue([])
  const pane = mount(ProposalPane, { props: { line } })
  await pane.get('[data-testid=proposal-decline]').trigger('click')
  expect(pane.get('[role=alert]').text()).toBe('写一句就能办。')
  expect(sent).not.toHaveBeenCalled()
  await pane.get('[data-testid=proposal-note]').setValue('阁楼不算一层')
  await pane.get('[data-testid=proposal-decline]').trigger('click')
  expect(sent).toHaveBeenCalledWith('p', { accept: false, note: '阁楼不算一层' })
})

test('whoever only reads sees no buttons, and what was answered is told', () => {
  const read = mount(ProposalPane, { props: { line: { ...line, may_answer: false } } })
  expect(read.find('[data-testid=proposal-accept]').exists()).toBe(false)
  expect(read.text()).toContain('由社区书记或信息管理员答复')
  const done = mount(ProposalPane, { props: { line: { ...answered, may_answer: false } } })
  expect(done.get('[data-testid=proposal-answer]').text()).toContain('已采纳，台账已改')
  expect(done.text()).toContain('已核')
})

test('what accepting does is said before it is pressed', () => {
  expect(whatAcceptingDoes({ ...line, changes_row: false, field: 'boundary' })).toContain('由街道重画')
  expect(whatAcceptingDoes({ ...line, changes_row: false, field: 'lift' })).toContain('另行登记')
  expect(titleOf({ ...line, title: null })).toBe('不在这里的名册里')
  expect([standingOf(line), standingOf(answered)]).toEqual(['waits', 'accepted'])
})
