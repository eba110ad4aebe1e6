import { flushPromises, mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { h, useTemplateRef } from 'vue'
import { standIn } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import ReportOf from './ReportOf.vue'

test('a report that is confirmed with a double tap is confirmed once, and remembers what was offered', async () => {
  const fake = fakePhone()
  let confirmed = 0
  standIn({
    ...fake,
    confirmVisitReport: (...report) => {
      confirmed += 1
      return fake.confirmVisitReport(...report)
    },
  })
  const period = { from: '2026-09-01', until: '2026-09-30' }
  let report: { confirm: () => Promise<void> } | null = null
  const Page = {
    setup() {
      const of = useTemplateRef<{ confirm: () => Promise<void> }>('of')
      return () => h(ReportOf, { ref: 'of', period, onVnodeMounted: () => (report = of.value) })
    },
  }
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: Page }] })
  await router.push('/')
  const page = mount(RouterView, { global: { plugins: [router] } })
  await flushPromises()
  await page.get('[data-testid=visit-report-narrative]').setValue('两家的灭火器已催换')
  const confirm = () => report?.confirm()
  await Promise.all([confirm(), confirm()])
  expect(confirmed).toBe(1)
  const draft = JSON.parse((await fake.draftGet('visit-report-2026-09-01-2026-09-30')) ?? 'null')
  expect([draft.confirmed, draft.offered.length > 0]).toEqual(['两家的灭火器已催换', true])
})
