// What a form is called, when it is due, and what an answer says.
import type { Column, FormRow, FormTemplate, FormValue, Prefilled } from '../../api/field'
import { clock, day } from '../../shared/moment'
import { language, say } from '../../shared/words'

export const titleOf = (row: { title_zh: string; title_en: string }) =>
  language() === 'en' ? row.title_en : row.title_zh

export const labelOf = (column: Column) => (language() === 'en' ? column.label_en : column.label_zh)

export const purposeOf = (template: FormTemplate) =>
  language() === 'en' ? template.purpose_en : template.purpose_zh

export const basisOf = (template: FormTemplate) =>
  language() === 'en' ? template.legal_basis_en : template.legal_basis_zh

/** `今天 12:00 前`, `9月16日`, `晚了 2 天`, `已过期`. */
export function dueOf(row: FormRow, today: string): string {
  if (row.expired) return say('form.expired')
  if (row.overdue_days > 0) return say('today.overdueDays', { n: row.overdue_days })
  const date = row.due === today ? say('time.today') : day(row.due)
  return row.due_time ? say('form.before', { day: date, time: row.due_time }) : date
}

/** `3/16 户` */
export const progressOf = (row: FormRow) => say('form.progress', { done: row.done, n: row.doors })

/** An answer as a person reads it; a choice that the column does not offer any more by its code. */
export function valueWords(column: Column, value: FormValue | null): string {
  if (!value) return say('form.nothing')
  switch (value.type) {
    case 'choice': {
      const known = column.choices?.find(({ id }) => id === value.value)
      return known ? (language() === 'en' ? known.name_en : known.name_zh) : value.value
    }
    case 'yes_no':
      return say(value.value ? 'form.yes' : 'form.no')
    case 'date':
      return value.value
    default:
      return String(value.value)
  }
}

/** The same in a list: of a telephone number its ends only. */
export function listedWords(column: Column, value: FormValue | null): string {
  const words = valueWords(column, value)
  if (column.prefill_from !== 'contact_phone' || value?.type !== 'text') return words
  const digits = words.replaceAll(/\D/g, '')
  return digits.length < 7 ? '****' : `${digits.slice(0, 3)}****${digits.slice(-4)}`
}

/** `登记里有·6月15日`, `上次填过·6月17日`. */
export function sourceOf(known: Prefilled): string {
  if (known.from === 'nothing') return say('form.from.nothing')
  const since = known.as_of ? day(known.as_of) : ''
  return [say(`form.from.${known.from}`), since].filter(Boolean).join(say('sign.dot'))
}

/** `林晓 9:12`; one of them when the other is not known. */
export const doneWords = (by: string, at: string | null) =>
  [by, at ? `${day(at)} ${clock(at)}` : ''].filter(Boolean).join(say('sign.dot'))
