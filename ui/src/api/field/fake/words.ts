// What the fake phone refuses in texts; the real rules live in core/src/text.rs.
import { Fault } from '../door'

/** Refuses a text like the phone does: too long, or with a number in it that does not belong there. */
export function checked(text: string | null, limit: number): string | null {
  if (text === null) return null
  if ([...text].length > limit) throw new Fault('TEXT_TOO_LONG', `over ${limit}`)
  if (/\d{17}[\dXx]/.test(text)) throw new Fault('TEXT_LOOKS_LIKE_ID', 'citizen number')
  return text.trim() || null
}
