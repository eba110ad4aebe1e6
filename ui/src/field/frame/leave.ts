// Away from a page once its work is done. A save takes a moment, above all with a recording that is still running: whoever
// went elsewhere meanwhile stays there.
import { onScopeDispose } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate, useRouter } from 'vue-router'

export function useLeave() {
  const router = useRouter()
  const here = router.currentRoute.value.path
  // On the way already: a page that is left waits for the recording in it, and is still the current one.
  let leaving = false
  const goes = () => {
    leaving = true
  }
  onBeforeRouteLeave(goes)
  // another of its kind, which is another page
  onBeforeRouteUpdate(goes)
  onScopeDispose(router.onError(() => (leaving = false)))
  const gone = () => leaving || router.currentRoute.value.path !== here
  return {
    /** To where one came from; to `instead` when this page was the first one shown. */
    back(instead: string) {
      if (gone()) return
      if (window.history.state?.back) router.back()
      else void router.replace(instead)
    },
    /** To what the work has made. */
    async on(to: string) {
      if (!gone()) await router.replace(to)
    },
  }
}
