// Which days and which grid are looked at. Kept in the address, so that the place can be passed on.
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Range } from '../../api/registry'
import { dateOf, plusDays } from '../../shared/moment'

const DAY = /^\d{4}-\d\d-\d\d$/
const asDay = (said: unknown) => (typeof said === 'string' && DAY.test(said) ? said : undefined)

/** The last seven days, today included. */
export const lastWeek = (now: number): Range => ({ from: plusDays(dateOf(now), -6), to: dateOf(now) })

/** The range of the address, and the way to change it. */
export function useRange() {
  const route = useRoute()
  const router = useRouter()
  const range = computed<Range>(() => {
    const usual = lastWeek(Date.now())
    const grid = typeof route.query.grid === 'string' ? route.query.grid : undefined
    return { from: asDay(route.query.from) ?? usual.from, to: asDay(route.query.to) ?? usual.to, grid }
  })
  const key = computed(() => `${range.value.from} ${range.value.to} ${range.value.grid ?? ''}`)
  const change = (part: Partial<Range>) =>
    router.replace({ params: route.params, query: { ...route.query, ...range.value, ...part } })
  return { range, key, change }
}
