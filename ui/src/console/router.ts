// The places of the console. The place is in the address, filters too, so that a colleague can be sent there.
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { onSessionEnd } from '../api/registry'
import DeskPage from './incident/DeskPage.vue'
import LoginPage from './login/LoginPage.vue'
import { forget, home, me, recall } from './frame/session'

const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: LoginPage, meta: { open: true } },
  { path: '/incidents/:id?', name: 'incidents', component: DeskPage },
  { path: '/patrols/:id?', name: 'patrols', component: () => import('./patrol/PatrolsPage.vue') },
  { path: '/visits', name: 'visits', component: () => import('./visit/VisitsPage.vue') },
  { path: '/photos', name: 'photos', component: () => import('./photo/AwaitedPage.vue') },
  {
    path: '/proposals/:id?',
    name: 'proposals',
    component: () => import('./proposal/ProposalsPage.vue'),
  },
  {
    path: '/quarantine/:id?',
    name: 'quarantine',
    component: () => import('./quarantine/QuarantinePage.vue'),
  },
  { path: '/:rest(.*)*', name: 'home', redirect: () => home(me.value?.role) },
]

export const router = createRouter({ history: createWebHashHistory(), routes })

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  if (me.value ?? (await recall())) return to.name === 'home' ? home(me.value?.role) : true
  return { name: 'login', query: to.name === 'home' ? {} : { back: to.fullPath } }
})

onSessionEnd(() => {
  const here = router.currentRoute.value
  if (here.meta.open || !me.value) return
  forget()
  void router.replace({ name: 'login', query: { back: here.fullPath, ended: '1' } })
})
