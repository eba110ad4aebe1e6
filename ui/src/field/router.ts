import { createRouter, createWebHashHistory } from 'vue-router'
import { useStatus } from './enrol/state'
import TodayPage from './today/TodayPage.vue'
import { useHere } from './people/state'

const tab = { tab: true }
const status = useStatus()
const { needsPin } = useHere()

/**
 * Every screen; the first one comes with the start, the others when they are looked at. Addresses stay inside the window; the
 * hash keeps them away from the bundle's own paths.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/today' },
    { path: '/enrol', name: 'enrol', component: () => import('./enrol/EnrolPage.vue') },
    { path: '/today', name: 'today', component: TodayPage, meta: tab },
    { path: '/today/:id', props: true, component: () => import('./today/TaskPage.vue') },
    {
      path: '/households',
      name: 'households',
      component: () => import('./household/HouseholdsPage.vue'),
      meta: tab,
    },
    { path: '/households/:id', props: true, component: () => import('./household/HouseholdPage.vue') },
    { path: '/households/:id/visit', props: true, component: () => import('./visit/VisitPage.vue') },
    {
      path: '/households/:id/conflicts',
      props: true,
      component: () => import('./household/ConflictsPage.vue'),
    },
    { path: '/doors/new', component: () => import('./household/NewDoorPage.vue') },
    { path: '/doors/void', component: () => import('./household/VoidsPage.vue') },
    { path: '/places', component: () => import('./place/PlacesPage.vue') },
    { path: '/places/:id', props: true, component: () => import('./place/PlacePage.vue') },
    { path: '/places/:id/visit', props: true, component: () => import('./place/PlaceVisitPage.vue') },
    { path: '/forms', component: () => import('./form/FormsPage.vue') },
    { path: '/forms/:form/:round', props: true, component: () => import('./form/FormPage.vue') },
    {
      path: '/forms/:form/:round/:household',
      props: true,
      component: () => import('./form/FormDoorPage.vue'),
    },
    { path: '/report', name: 'report', component: () => import('./incident/ReportPage.vue') },
    {
      path: '/incidents',
      name: 'incidents',
      component: () => import('./incident/IncidentsPage.vue'),
      meta: tab,
    },
    { path: '/incidents/:id', props: true, component: () => import('./incident/IncidentPage.vue') },
    { path: '/care', component: () => import('./care/CarePlansPage.vue') },
    { path: '/care/:id', props: true, component: () => import('./care/CarePage.vue') },
    { path: '/patrol', component: () => import('./patrol/PatrolPage.vue') },
    { path: '/patrols', component: () => import('./patrol/PatrolsPage.vue') },
    { path: '/patrols/:id', props: true, component: () => import('./patrol/SummaryPage.vue') },
    { path: '/patrols/:id/finish', props: true, component: () => import('./patrol/FinishPage.vue') },
    { path: '/map', component: () => import('./map/MapPage.vue') },
    { path: '/sync', component: () => import('./sync/SyncPage.vue') },
    { path: '/lock', name: 'lock', component: () => import('./lock/LockPage.vue') },
    { path: '/move', component: () => import('./move/MovePage.vue') },
    { path: '/people', component: () => import('./people/PeoplePage.vue') },
    { path: '/card', component: () => import('./card/CardPage.vue') },
    { path: '/storage', component: () => import('./me/StoragePage.vue') },
    { path: '/log', component: () => import('./log/LogPage.vue') },
    { path: '/visit-report', component: () => import('./visit-report/VisitReportPage.vue') },
    { path: '/handbook', component: () => import('./handbook/HandbookPage.vue') },
    { path: '/handbook/:id', props: true, component: () => import('./handbook/PagePage.vue') },
    { path: '/announcements', component: () => import('./handbook/AnnouncementsPage.vue') },
    { path: '/proposals', component: () => import('./proposal/ProposalsPage.vue') },
    { path: '/correct/:kind/:id', props: true, component: () => import('./proposal/CorrectPage.vue') },
    { path: '/me', name: 'me', component: () => import('./me/MePage.vue'), meta: tab },
    { path: '/:rest(.*)', redirect: '/today' },
  ],
})

// A phone without its worker has one screen; one that has a worker never sees it again.
router.beforeEach((to) => {
  const enrolled = status.value?.enrolled === true
  if (!enrolled && to.name !== 'enrol') return '/enrol'
  // Whoever shares a phone sets a PIN before anything else.
  if (enrolled && needsPin.value && to.name !== 'lock') return '/lock'
  if (enrolled && to.name === 'enrol') return '/today'
})
