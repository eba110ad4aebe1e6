// A form at a door as plain facts: what is asked, what stands as it is, what is still open, how it is handed in.
import type { Code, Column, FormAnswer, FormTemplate, FormValue, Prefilled } from '../../api/field'

/** A column with what is known of it. */
export type Line = { column: Column; known: Prefilled }
/** What the worker said, by column. */
export type Said = Record<string, FormValue>
/** What waits half written: under which id it will be handed in, of which version. */
export type HalfForm = { id: string; version: number; said: Said }

export function linesOf(template: FormTemplate, known: readonly Prefilled[]): Line[] {
  return template.columns.flatMap((column) => {
    const own = known.find((one) => one.column === column.key)
    return own ? [{ column, known: own }] : []
  })
}

/** Those that have to be asked. */
export const askedOf = (lines: readonly Line[]) => lines.filter(({ known }) => known.asked)
/** Those that stand, until the worker says otherwise. */
export const restOf = (lines: readonly Line[]) => lines.filter(({ known }) => !known.asked)

export const same = (a: FormValue | null, b: FormValue | null) => JSON.stringify(a) === JSON.stringify(b)

/** Nothing was said: blanks are no words. */
export const blank = (value: FormValue | null | undefined) =>
  !value || (value.type === 'text' && value.value.trim() === '')

/**
 * What was said with this answer. A column that stood and is put back to what was known stands again; one that was asked
 * keeps its answer, also when it is the old one.
 */
export function withAnswer(said: Said, line: Line, value: FormValue | null): Said {
  const others = Object.fromEntries(Object.entries(said).filter(([key]) => key !== line.column.key))
  const back = !line.known.asked && same(value, line.known.value)
  return value === null || back ? others : { ...others, [line.column.key]: value }
}

/** Columns that stood and were corrected. */
export const corrected = (lines: readonly Line[], said: Said) =>
  restOf(lines).filter(({ column }) => said[column.key] !== undefined)

/** Required columns without an answer, in their order. */
export const openOf = (lines: readonly Line[], said: Said) =>
  lines
    .filter(({ column, known }) => {
      const value = said[column.key] ?? (known.asked ? null : known.value)
      return column.required && blank(value)
    })
    .map(({ column }) => column.key)

export const missing = (lines: readonly Line[], said: Said): Code | null =>
  openOf(lines, said).length > 0 ? 'MISSING_ANSWER' : null

/** What is handed in: in the order of the form, without blanks. */
export function answersOf(lines: readonly Line[], said: Said): FormAnswer[] {
  return lines.flatMap(({ column }) => {
    const value = said[column.key]
    if (!value || blank(value)) return []
    const trimmed = value.type === 'text' ? { ...value, value: value.value.trim() } : value
    return [{ column: column.key, value: trimmed }]
  })
}

/** Digits as people type them, as a number; nothing of anything else. */
export function numberOf(typed: string): FormValue | null {
  const plain = typed.normalize('NFKC').trim()
  return /^\d{1,9}$/.test(plain) ? { type: 'number', value: Number(plain) } : null
}

/** Under which key a form waits, half written. It goes with its door. */
export const draftKey = (household: string, form: string, round: string) =>
  `form:${household}:${form}/${round}`

/** Of a hundred. */
export const percentOf = (row: { done: number; doors: number }) =>
  row.doors === 0 ? 100 : Math.floor((row.done / row.doors) * 100)
