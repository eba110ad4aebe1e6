// What can be done about something that has not arrived: try again, take it again, or a person has to act.
import type { Code, SyncItem, SyncState } from '../../api/field'
import { standing } from './words'

/** `again`: another exchange may carry it. The rest the centre, or this phone, has refused for good. */
export type Help = 'again' | 'retake' | 'record' | 'look' | 'lead' | 'office' | 'nothing'

/** Somebody else is to do it; writing it once more changes nothing. */
const LEAD: readonly Code[] = ['OUT_OF_SCOPE', 'WRONG_ROLE', 'SAME_CHECKER', 'FORBIDDEN']
/** Nothing at the door helps: what was written has to come to the office some other way. */
const OFFICE: readonly Code[] = [
  'AUTHOR_MISMATCH',
  'CHANGE_MALFORMED',
  'CHANGE_TOO_BIG',
  'DEVICE_REVOKED',
  'INTERNAL',
  'SERVER_ERROR',
  'SIGNATURE_BAD',
]
/** It is so already, or may not be any more. */
const NOTHING: readonly Code[] = ['ALREADY_RECORDED', 'ALREADY_SO', 'EARLIER_ROUND', 'ERASED', 'OVERRULED']

/** What helps this item; nothing for what arrived, and for what waits on a phone that the centre refuses. */
export function helpOf(item: SyncItem, state: SyncState): Help | null {
  const { kind, receipt } = item
  if (receipt.type === 'local') return standing(state) === 'refused' ? null : 'again'
  if (!('code' in receipt)) return null
  if (kind === 'photo' || kind === 'original') return 'retake'
  if (kind === 'voice') return 'record'
  if (LEAD.includes(receipt.code)) return 'lead'
  if (OFFICE.includes(receipt.code)) return 'office'
  if (NOTHING.includes(receipt.code)) return 'nothing'
  return item.document ? 'look' : 'office'
}
