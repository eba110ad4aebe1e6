// Words that the phone begins and a person goes on with: what was offered is remembered, so that nothing that comes later
// overwrites a word.

/** What is half written: the words, and the sentences that were offered when they were begun. */
export type Written = { text: string; offered: string[] }

/** What to begin with: what was half written, what was confirmed, or the records as they stand. */
export function beginWith(
  draft: Written | null,
  confirmed: string | undefined,
  sentences: readonly string[],
): Written {
  return draft ?? { text: confirmed ?? sentences.join('\n'), offered: [...sentences] }
}

/** Sentences that came after the words were begun, so that nothing is left out and nothing is overwritten. */
export const newSince = (draft: Written, sentences: readonly string[]) =>
  sentences.filter((sentence) => !draft.offered.includes(sentence) && !draft.text.includes(sentence))

/** The words with what came since, at the end. */
export const withNew = (draft: Written, sentences: readonly string[]): Written => ({
  text: [draft.text.trimEnd(), ...newSince(draft, sentences)].filter(Boolean).join('\n'),
  offered: [...sentences],
})
