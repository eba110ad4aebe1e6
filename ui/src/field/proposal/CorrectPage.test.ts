import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { h } from 'vue'
import { standIn, type Phone, type ProposalAnswer, type ProposalRow } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import CorrectPage from './CorrectPage.vue'
import { answerWords, freshWords } from './proposal'

let fake: Phone
beforeEach(() => {
  document.body.innerHTML = ''
  standIn((fake = fakePhone()))
})

async function opened(kind: string, id: string) {
  const Page = { setup: () => () => h(CorrectPage, { kind, id }) }
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: Page }],
  })
  await router.push('/')
  const page = mount(RouterView, { global: { plugins: [router] }, attachTo: document.body })
  await flushPromises()
  return page
}
const there = <T extends Element>(name: string) => document.querySelector<T>(`[data-testid=${name}]`)
function write(name: string, words: string) {
  const field = there<HTMLInputElement>(name)
  if (!field) throw new Error(name)
  field.value = words
  field.dispatchEvent(new Event('input'))
}
async function press() {
  there<HTMLButtonElement>('proposal-save')?.closest('form')?.requestSubmit()
  await flushPromises()
}
const aDoor = async () => (await fake.households(''))[0]?.id ?? ''

test('at a door its plate and its building can be said to be wrong, and what is said is kept with its receipt', async () => {
  const page = await opened('door', await aDoor())
  await page.get('[data-testid=correct-storeys]').trigger('click')
  await flushPromises()
  expect(there('proposal-says')?.textContent).toMatch(/台账上现在写的是：\d+/)
  write('proposal-should', '19')
  write('proposal-because', '在楼下数过')
  await press()
  const [row] = await fake.proposals()
  expect(row?.proposal).toMatchObject({ field: 'storeys', should: '19', because: '在楼下数过' })
  expect(page.get('[data-testid=proposal]').text()).toContain('在楼下数过')
  expect(page.find('[data-testid=proposal] [data-receipt=local]').exists()).toBe(true)
  expect(page.get('[data-testid=proposal-waits]').text()).toBe('等中心答复。')
})

test('what is refused says why, and is still there', async () => {
  const page = await opened('door', await aDoor())
  await page.get('[data-testid=correct-storeys]').trigger('click')
  await flushPromises()
  write('proposal-should', '很多')
  write('proposal-because', '在楼下数过')
  await press()
  expect(there('proposal-fault')?.textContent).toContain('这个值对不上')
  expect(there<HTMLInputElement>('proposal-should')?.value).toBe('很多')
  expect((await fake.proposals()).map((row) => row.proposal.field)).not.toContain('storeys')
})

test('without a value or without a reason nothing is handed in', async () => {
  const page = await opened('door', await aDoor())
  await page.get('[data-testid=correct-plate]').trigger('click')
  await flushPromises()
  const before = (await fake.proposals()).length
  write('proposal-should', '3单元 502')
  await press()
  expect(await fake.proposals()).toHaveLength(before)
  expect(there('proposal-fault')?.textContent).toContain('写一句原因')
})

const answer: ProposalAnswer = {
  proposal: 'p',
  outcome: 'accepted',
  applied: true,
  note: null,
  office: '梧桐社区',
  at: '2026-09-14T04:00:00Z',
}

test('an answer says what happens now, and a boundary is drawn by the street', () => {
  expect(answerWords(answer, 'storeys')).toBe('梧桐社区已采纳，台账已改')
  expect(answerWords({ ...answer, applied: false }, 'lift')).toBe('梧桐社区已采纳，由中心去办')
  expect(answerWords({ ...answer, applied: false }, 'boundary')).toBe('梧桐社区已采纳，网格图由街道重画')
  expect(answerWords({ ...answer, outcome: 'declined' }, 'storeys')).toBe('梧桐社区没有采纳')
})

test('an answer is told once on the list of today: one by its building, more by their number', () => {
  const row = { title: '听雨苑 3幢', fresh: true } as ProposalRow
  expect(freshWords([row, { ...row, fresh: false }])).toBe('更正建议有答复：听雨苑 3幢')
  expect(freshWords([row, row])).toBe('2 条更正建议有答复')
  expect(freshWords([{ ...row, fresh: false }])).toBeNull()
})
