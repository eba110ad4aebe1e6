import { createRouter, createWebHashHistory } from 'vue-router'
import TodayPage from './today/TodayPage.vue'

const tab = { tab: true }

/** Every screen. Addresses stay inside the window; the hash keeps them away from the bundle's own paths. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/today' },
    { path: '/today', name: 'today', component: TodayPage, meta: tab },
    { path: '/:rest(.*)', redirect: '/today' },
  ],
})
