import { mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { routerKey, type Router } from 'vue-router'
import { phone, standIn, type FormDetail } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import FormNotice from './FormNotice.vue'

let form: FormDetail
const push = vi.fn()
beforeEach(async () => {
  standIn(fakePhone(new URLSearchParams()))
  const [row] = await phone.forms()
  form = await phone.form(row?.form.id ?? '', row?.form.round ?? '')
})
const shown = (duty: string | null) =>
  mount(FormNotice, {
    props: { row: form.row, template: { ...form.template, duty } },
    global: { provide: { [routerKey as symbol]: { push } as unknown as Router } },
  })

test('who wants to know, what for, on what ground and by when are said, and whose duty it is', async () => {
  const notice = shown('page3')
  for (const words of ['民政办', '今天 12:00 前', '核对救助名单', '《社会救助暂行办法》'])
    expect(notice.get('[data-testid=form-notice]').text()).toContain(words)
  await notice.get('[data-testid=form-duty]').trigger('click')
  expect(push).toHaveBeenCalledWith('/handbook/page3')
})

test('a form that names no duty leads nowhere', () => {
  expect(shown(null).find('[data-testid=form-duty]').exists()).toBe(false)
})
