import { onActivated, type Ref } from 'vue'

/** Remembers how far a kept-alive screen was scrolled: a detached element forgets it. Bind `onScroll` to it. */
export function useKeptScroll(element: Readonly<Ref<HTMLElement | null>>) {
  let top = 0
  onActivated(() => element.value?.scrollTo({ top }))
  return {
    onScroll: () => {
      if (element.value?.isConnected) top = element.value.scrollTop
    },
  }
}
