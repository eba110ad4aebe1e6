// Words that the phone begins and a person goes on with: what was offered is remembered, so that nothing that comes later
// overwrites a word.

/** What is half written: the words, and the sentences that were offered when they were begun. */
export type Written = {
  text: string
  offered: string[]
  /** The words as they were confirmed, while nobody has changed one since. */
  confirmed?: string
}

/**
 * What to begin with: what was half written, what was confirmed, or the records as they stand. Words that were confirmed remember
 * what was offered before, so that a record that came after is offered and a sentence that was struck out is not. A phone that
 * does not remember offers whatever the words leave out: rather one sentence too many to tap than a record that nobody sees.
 */
export function beginWith(
  draft: Written | null,
  confirmed: string | undefined,
  sentences: readonly string[],
): Written {
  if (draft && (confirmed === undefined || draft.text.trim() !== draft.confirmed)) return draft
  if (confirmed !== undefined) return { text: confirmed, offered: draft?.offered ?? [], confirmed }
  return { text: sentences.join('\n'), offered: [...sentences] }
}

/** The words after these were confirmed; whoever wrote on meanwhile has half-written ones. */
export const confirmedAs = (draft: Written, confirmed: string): Written => ({ ...draft, confirmed })

/** Sentences that the words leave out and that were not there when they were begun. */
export const newSince = (draft: Written, sentences: readonly string[]) =>
  sentences.filter((sentence) => !draft.offered.includes(sentence) && !draft.text.includes(sentence))

/** The words with what came since, at the end. */
export const withNew = (draft: Written, sentences: readonly string[]): Written => ({
  ...draft,
  text: [draft.text.trimEnd(), ...newSince(draft, sentences)].filter(Boolean).join('\n'),
  offered: [...sentences],
})
