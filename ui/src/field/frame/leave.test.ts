import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { defineComponent } from 'vue'
import { useLeave } from './leave'

let router: Router
let leave: ReturnType<typeof useLeave>
const Page = { render: () => null }
const Visit = defineComponent({
  setup() {
    leave = useLeave()
    return () => null
  },
})

beforeEach(async () => {
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/visit', component: Visit },
      { path: '/incidents/:id', component: { ...Visit } },
      { path: '/:rest(.*)', component: Page },
    ],
  })
  await router.push('/visit')
  mount(RouterView, { global: { plugins: [router] } })
})

test('a page whose work is done is left', async () => {
  leave.back('/today')
  await flushPromises()
  expect(router.currentRoute.value.path).toBe('/today')
})

test('what the work made is shown', async () => {
  await leave.on('/households/h502')
  expect(router.currentRoute.value.path).toBe('/households/h502')
})

test('whoever went elsewhere before the save was through stays there', async () => {
  await router.push('/me')
  leave.back('/today')
  await leave.on('/households/h502')
  await flushPromises()
  expect(router.currentRoute.value.path).toBe('/me')
})

test('whoever is on the way elsewhere, the page still waiting for its recording, is not sent after it', async () => {
  let kept = () => {}
  router.beforeResolve(() => new Promise<void>((done) => (kept = done)))
  const away = router.push('/me')
  await flushPromises()
  leave.back('/today')
  await leave.on('/households/h502')
  kept()
  await away
  await flushPromises()
  expect(router.currentRoute.value.path).toBe('/me')
})

test('whoever is on the way to another page of the same kind is not sent back from it', async () => {
  await router.push('/incidents/a')
  await flushPromises()
  let kept = () => {}
  router.beforeResolve(() => new Promise<void>((done) => (kept = done)))
  const away = router.push('/incidents/b')
  await flushPromises()
  leave.back('/today')
  await leave.on('/households/h502')
  kept()
  await away
  await flushPromises()
  expect(router.currentRoute.value.path).toBe('/incidents/b')
})

test('a page that could not be left can still be left', async () => {
  router.addRoute({ path: '/gone', component: () => Promise.reject(new Error('no such file')) })
  await router.push('/gone').catch(() => undefined)
  leave.back('/today')
  await flushPromises()
  expect(router.currentRoute.value.path).toBe('/today')
})
