// 今日 is what most starts show: its list is asked for before the page that draws it is there.
import { phone, type Today } from '../../api/field'

let first: Promise<Today> | undefined

/** Whether the app begins at 今日: at its own address, or at none. */
export const firstIsToday = () => ['', '#/', '#/today'].includes(window.location.hash)

/** Asks for the first list and comes back when it is there; a phone that refuses is asked again by the page. */
export async function askToday() {
  first = phone.today()
  await first.catch(forgetToday)
}

/** The answer is of no use: a phone without its worker has no list, and one that was locked has a new one. */
export const forgetToday = () => (first = undefined)

/** The list: what was asked at the start the first time, from then on as it is now. */
export function readToday() {
  const asked = first ?? phone.today()
  first = undefined
  return asked
}
