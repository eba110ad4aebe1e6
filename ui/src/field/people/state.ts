// Who shares this phone. When it becomes somebody else's turn the page begins again from nothing: no screen, no list and no half
// sentence of the one before is left in it.
import { computed, shallowRef } from 'vue'
import { phone, type WorkersHere } from '../../api/field'
import { keepAll } from '../frame/draft'
import { coming, shared } from './people'

const here = shallowRef<WorkersHere>()

export const useHere = () => ({
  here,
  choosing: computed(() => here.value?.choosing === true),
  needsPin: computed(() => here.value?.needs_pin === true),
  shares: computed(() => here.value !== undefined && shared(here.value)),
  comes: computed(() => here.value !== undefined && coming(here.value)),
})

export async function readHere() {
  here.value = await phone.workersHere()
  return here.value
}

export const setHere = (next: WorkersHere) => (here.value = next)

/** The app as at its start, for whoever is here now. */
function beginAgain() {
  window.history.replaceState(null, '', '#/')
  window.location.reload()
}

/** 换人: what is half written is kept, the door closes, and the next one says who they are. */
export async function changeWorker() {
  await keepAll()
  await phone.changeWorker()
  beginAgain()
}

export async function chooseWorker(number: number) {
  await phone.chooseWorker(number)
  beginAgain()
}

/** A place for one more, who enrols next. */
export async function addWorker() {
  await keepAll()
  await phone.addWorker()
  beginAgain()
}

/** Everything of the one who is here is deleted from this phone. */
export async function leavePhone(pin: string | null) {
  await phone.leavePhone(pin)
  beginAgain()
}
