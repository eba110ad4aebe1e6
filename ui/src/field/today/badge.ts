import { readonly, ref } from 'vue'

const badge = ref(0)

/** What 今日 shows on the tab bar: overdue and due today, nothing else. */
export const useBadge = () => readonly(badge)
export const setBadge = (n: number) => (badge.value = n)
