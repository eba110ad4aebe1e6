import { readonly, ref } from 'vue'
import { phone, type Today } from '../../api/field'
import { badgeOf } from './rows'

const badge = ref(0)

/** What 今日 shows on the tab bar: overdue and due today, of tasks, care, places, forms and routes, nothing else. */
export const useBadge = () => readonly(badge)
export const setBadge = (today: Today) => (badge.value = badgeOf(today))

/** Reads it anew, for a first screen that is not 今日; without an answer the badge stays as it was. */
export const readBadge = () => phone.today().then(setBadge, () => undefined)
