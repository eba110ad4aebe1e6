// What workers propose to put right, in the words of the desk.
import type { ProposalLine } from '../../api/registry'
import { say } from '../../shared/words'

export const fieldOf = (line: ProposalLine) => say(`proposal.field.${line.field}`)

/** What it is about; a foreign or unknown thing has no name here. */
export const titleOf = (line: ProposalLine) => line.title ?? say('console.proposal.unknown')

export type Standing = 'waits' | 'accepted' | 'declined'
export const standingOf = (line: ProposalLine): Standing => line.answer?.outcome ?? 'waits'

/** What accepting does, said before anybody presses. */
export function whatAcceptingDoes(line: ProposalLine): string {
  if (line.changes_row) return say('console.proposal.changesRow')
  return say(line.field === 'boundary' ? 'console.proposal.redraw' : 'console.proposal.byHand')
}
