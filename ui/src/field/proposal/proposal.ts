// 更正建议 in the words of the phone: what a field says, and what has become of a proposal.
import type { CorrectableField, ProposalAnswer, ProposalRow, ProposalSubject } from '../../api/field'
import { say } from '../../shared/words'

export const VALUE_LIMIT = 200
export const REASON_LIMIT = 300

/** Told as a number: the keyboard that comes up has digits. */
export const isCount = ({ field }: Pick<CorrectableField, 'field'>) =>
  field === 'storeys' || field === 'units'

export const subjectOf = (kind: string, id: string): ProposalSubject =>
  ({ type: kind === 'door' || kind === 'grid' ? kind : 'building', id }) as ProposalSubject

/** What the centre said, in one line. */
export function answerWords(answer: ProposalAnswer, field: ProposalRow['proposal']['field']): string {
  const { office } = answer
  if (answer.outcome === 'declined') return say('proposal.declined', { office })
  if (answer.applied) return say('proposal.applied', { office })
  return say(field === 'boundary' ? 'proposal.redrawn' : 'proposal.seenTo', { office })
}

/** What somebody has not looked at: one answer by its subject, more by their number. */
export function freshWords(rows: readonly ProposalRow[]): string | null {
  const fresh = rows.filter((row) => row.fresh)
  const [one] = fresh
  if (fresh.length === 1 && one?.title) return say('proposal.one', { title: one.title })
  return fresh.length ? say('proposal.several', { n: fresh.length }) : null
}
