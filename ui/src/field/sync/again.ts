// Trying one thing again. An exchange carries whatever waits, so each row asks for the same one; which of them was
// pressed, and how that ended, is said where it was pressed.
import { onBeforeUnmount, ref } from 'vue'
import { phone } from '../../api/field'

/** An exchange that has not begun by then found nothing to do, or the last one is only just over. */
const BEGINS_MS = 3_000
/** A slow line goes on by itself; nobody is kept waiting for it on this button. */
const LONGEST_MS = 30_000

/** Asks for an exchange and comes back when it is over. */
export async function exchanged() {
  let begun = false
  let stop: (() => void) | undefined
  const over = new Promise<void>((end) => {
    stop = phone.onSync(({ phase }) => {
      if (begun && phase !== 'syncing') end()
      begun ||= phase === 'syncing'
    })
    setTimeout(() => begun || end(), BEGINS_MS)
    setTimeout(end, LONGEST_MS)
  })
  try {
    await phone.syncNow()
    await over
  } finally {
    stop?.()
  }
}

/** Which item is being tried, and which one was tried last. */
export function useAgain(reload: () => Promise<void>) {
  const trying = ref('')
  const tried = ref('')
  let here = true
  onBeforeUnmount(() => (here = false))

  async function again(id: string) {
    if (trying.value) return
    trying.value = id
    tried.value = ''
    await exchanged().catch(() => undefined)
    if (!here) return
    await reload()
    trying.value = ''
    tried.value = id
  }
  return { trying, tried, again }
}
