// What is half written in a sheet, or in a field that stands on a page by itself: it is there again when the same sheet is
// opened for the same thing, and gone once its act is saved.
import { reactive, ref, watch, type Ref, type WatchSource } from 'vue'
import { phone } from '../../api/field'
import { keepOnTheWayOut, PAUSE_MS } from './draft'

/**
 * Under which key a sheet about a document waits. Whatever the phone keeps under `form:<document>:` leaves with the document. The
 * document is never the end of it: a record that is saved takes every draft whose key ends in its id, and one act on a case would
 * take what is half written about another.
 */
export const sheetKey = (document: string, sheet: string) => `form:${document}:${sheet}`

/**
 * `key` says what the sheet is about, `fields` are what is kept of it, `blank` fills them as the sheet begins. What was kept is
 * laid over that, and `recalled` may take back what is no longer offered.
 */
export function useSheetDraft(
  key: () => string,
  open: WatchSource<boolean>,
  fields: Record<string, Ref<unknown>>,
  blank: () => void,
  recalled: () => void = () => {},
) {
  const half = reactive(fields) as Record<string, unknown>
  const resumed = ref(false)
  /** Whose words they are; nobody's before the sheet was opened, nor after they were saved. */
  let at: string | undefined
  let begun = ''
  let kept = ''
  let opened = 0
  let pausing: ReturnType<typeof setTimeout> | undefined
  let putting: Promise<unknown> = Promise.resolve()
  const saving = new Set<string>()

  /** As it began, it is nothing half written. */
  async function keep() {
    clearTimeout(pausing)
    const json = JSON.stringify(half)
    if (at === undefined || json === kept) return
    kept = json
    putting = (json === begun ? phone.draftDrop(at) : phone.draftPut(at, json)).catch((thrown) => {
      kept = ''
      throw thrown
    })
    await putting
  }
  const quietly = () => void keep().catch(() => undefined)

  async function begin() {
    const mine = (opened += 1)
    quietly()
    at = key()
    blank()
    resumed.value = false
    begun = kept = JSON.stringify(half)
    await putting.catch(() => undefined)
    const before = await phone.draftGet(at).catch(() => null)
    // whoever was faster than the phone writes on
    if (before === null || mine !== opened || JSON.stringify(half) !== begun) return
    try {
      const found = JSON.parse(before) as Record<string, unknown>
      for (const name of Object.keys(half)) if (name in found) half[name] = found[name]
    } catch {
      return
    }
    recalled()
    kept = JSON.stringify(half)
    resumed.value = kept !== begun
  }

  /**
   * Saves what was written; it is forgotten once that went through. What the phone refuses stays half written, and is there again
   * when the sheet opens. A sheet that slides away can still be pressed: the second press saves nothing.
   */
  async function handIn(save: () => Promise<boolean>): Promise<boolean> {
    const [mine, saved] = [opened, at]
    if (saved === undefined || saving.has(saved)) return false
    saving.add(saved)
    try {
      await keep().catch(() => undefined)
      if (!(await save())) return false
    } finally {
      saving.delete(saved)
    }
    if (at === saved) {
      clearTimeout(pausing)
      if (mine === opened) at = undefined
      // opened again meanwhile, it begins anew
      else blank()
      kept = begun = JSON.stringify(half)
    }
    await putting.catch(() => undefined)
    putting = phone.draftDrop(saved)
    await putting.catch(() => undefined)
    return true
  }

  watch(half, () => {
    clearTimeout(pausing)
    pausing = setTimeout(quietly, PAUSE_MS)
  })
  watch(open, (now) => (now ? void begin() : quietly()), { immediate: true })
  keepOnTheWayOut(keep)
  return { keep, handIn, resumed }
}
