// Whether the line is paid by the byte, as far as the web view knows. Where it does not say, it is not.
import { phone } from '../../api/field'

interface Line extends EventTarget {
  type?: string
  saveData?: boolean
}

/** A phone's own network, or whoever asked to save data. */
export const metered = (line: Pick<Line, 'type' | 'saveData'> | undefined) =>
  line?.type === 'cellular' || line?.saveData === true

const line = (navigator as { connection?: Line }).connection
const tell = () => void phone.meteredLine(metered(line)).catch(() => undefined)

/** Tells the phone now and whenever the line changes; once more each time that a lock was opened. */
export function followLine() {
  line?.addEventListener('change', tell)
  tell()
}
