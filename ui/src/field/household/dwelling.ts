// What was done to a door 门牌变动, in words, and what its sheets begin with.
import type { DwellingEvent, HouseholdDetail, Role, VoidReason } from '../../api/field'
import { day } from '../../shared/moment'
import { say } from '../../shared/words'

/** The reasons that a person chooses from; the others follow from something else. */
export const REASONS = ['duplicate', 'wrong_address', 'gone', 'merged'] as const satisfies VoidReason[]
export const MOST_PARTS = 12

/** Those who answer for the list of a grid; the phone refuses everybody else by itself. */
export const mayRearrange = (role: Role | undefined) =>
  role !== undefined && ['worker', 'lead', 'secretary', 'steward'].includes(role)

/** `502` becomes `502A`, `502B`, as people write it. */
export const pieceRooms = (room: string): string[] => [`${room}A`, `${room}B`]

/** The next letter behind the room, where the others have theirs. */
export function nextRoom(room: string, rooms: readonly string[]): string {
  const letter = [...'ABCDEFGHIJKL'].find((sign) => !rooms.includes(`${room}${sign}`))
  return letter ? `${room}${letter}` : ''
}

/** `林晓 9月14日 拆成 502A、502B`; nothing for what explains itself. */
export function eventWords(event: DwellingEvent, people: HouseholdDetail['people']): string {
  const name = people.find((person) => person.id === event.by)?.name ?? say('household.someone')
  const at = day(event.at)
  switch (event.act.dwelling) {
    case 'void':
      return say('dwelling.voided', { name, at, why: say(`dwelling.reason.${event.act.reason}`) })
    case 'split': {
      const rooms = event.act.into.map((part) => part.room).join(say('sign.list'))
      return say('dwelling.wasSplit', { name, at, rooms })
    }
    case 'take_back':
      return say('dwelling.takenBack', { name, at })
    case 'part_of':
      return say('dwelling.began', { name, at })
  }
}

/** The acts that make the door void now. */
export const standing = (events: readonly DwellingEvent[]) =>
  events.filter((event) => !event.taken_back && ['void', 'split'].includes(event.act.dwelling))
