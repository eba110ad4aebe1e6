import { flushPromises, mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { standIn, type Phone } from '../../api/field'
import LogPage from './LogPage.vue'

const log = { date: '2026-09-15', worker: '陈静', grid_name: '梧桐-03', lines: [], confirmed: null }

test('a log that is confirmed with a double tap is confirmed once', async () => {
  let confirmed = 0
  let done = () => {}
  standIn({
    now: () => Date.parse('2026-09-15T17:10:00+08:00'),
    onSync: () => () => {},
    syncState: async () => undefined,
    workLog: async () => log,
    categories: async () => [],
    draftGet: async () => JSON.stringify({ text: '走访 3 户', offered: [] }),
    draftPut: async () => null,
    confirmWorkLog: async () => {
      confirmed += 1
      await new Promise<void>((saved) => (done = saved))
    },
  } as unknown as Phone)
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: LogPage }] })
  await router.push('/')
  const page = mount(RouterView, { global: { plugins: [router] } })
  await flushPromises()
  const button = page.get('[data-testid=log-confirm]')
  await button.trigger('click')
  await button.trigger('click')
  await flushPromises()
  expect([confirmed, button.attributes('aria-busy')]).toEqual([1, 'true'])
  done()
  await flushPromises()
  expect(button.attributes('aria-busy')).toBeUndefined()
})
