import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { h, ref } from 'vue'
import { standIn, type HouseholdDetail, type MemberChange, type Phone } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import PeopleCard from './PeopleCard.vue'

const DOOR = 'h126'
let fake: Phone
beforeEach(async () => {
  document.body.innerHTML = ''
  standIn((fake = fakePhone()))
  const person = { id: 'm1', display_name: '王小莉', birth_year: 1978, relation: 'child' }
  await fake.addMember(DOOR, person)
})

const there = <T extends Element>(name: string) => document.querySelector<T>(`[data-testid=${name}]`)
const tap = async (name: string) => {
  there<HTMLElement>(name)?.click()
  await flushPromises()
}
async function write(name: string, words: string) {
  const field = there<HTMLInputElement>(name)
  if (!field) throw new Error(name)
  field.value = words
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}
async function card(change: (detail: HouseholdDetail) => HouseholdDetail = (detail) => detail) {
  const detail = ref(change(await fake.household(DOOR)))
  const Page = {
    setup: () => () =>
      h(PeopleCard, { detail: detail.value, onChanged: (next: HouseholdDetail) => (detail.value = next) }),
  }
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: Page }] })
  await router.push('/')
  const page = mount(RouterView, { global: { plugins: [router] }, attachTo: document.body })
  await flushPromises()
  return page
}

test('a wrong name is put right, only that is handed in, and the change is told with who and when', async () => {
  const sent: MemberChange[][] = []
  standIn({
    ...fake,
    correctMember: (door, member, changes) => {
      sent.push(changes)
      return fake.correctMember(door, member, changes)
    },
  })
  const page = await card()
  await tap('member-open-1')
  await tap('member-correct')
  await write('member-name', '王小丽')
  there<HTMLFormElement>('member-correct-sheet')?.querySelector('form')?.requestSubmit()
  await flushPromises()
  expect(sent).toEqual([[{ field: 'display_name', value: '王小丽' }]])
  expect(page.get('[data-testid=member]').text()).toContain('王小丽')
  await tap('member-open-1')
  expect(there('member-corrected')?.textContent).toContain('称呼：王小莉 → 王小丽')
})

test('what is half put right is there again, and nothing of it is sent before it is saved', async () => {
  const page = await card()
  await tap('member-open-1')
  await tap('member-correct')
  await write('member-name', '王小')
  page.unmount()
  await flushPromises()
  await card()
  await tap('member-open-1')
  await tap('member-correct')
  expect(there<HTMLInputElement>('member-name')?.value).toBe('王小')
  expect((await fake.household(DOOR)).view.members[0]?.member.display_name).toBe('王小莉')
})

test('where two people wrote different names, both are shown and one is chosen', async () => {
  const said = (value: string, by: string) => ({
    value: { field: 'display_name' as const, value },
    by,
    at: '2026-09-14T01:00:00Z',
  })
  const page = await card((detail) => {
    const [member] = detail.view.members
    if (!member) throw new Error('nobody')
    const values = [said('王小丽', 'a'), said('汪小莉', 'b')]
    const entered = { field: 'display_name' as const, value: '王小莉' }
    const corrected = [{ field: 'display_name' as const, entered, values }]
    return { ...detail, view: { ...detail.view, members: [{ ...member, corrected }] } }
  })
  expect(page.get('[data-testid=member-two]').text()).toContain('点开定一下')
  await tap('member-open-1')
  expect(there('member-settle-1')?.textContent).toContain('王小丽')
  await tap('member-settle-2')
  expect((await fake.household(DOOR)).view.members[0]?.member.display_name).toBe('汪小莉')
})
