// Somebody who moves in, as plain facts: what the door needs to know of them, and nothing else (domain.md, Resident-min).
import type { MemberChange, MemberFieldView, MemberView, NewMember } from '../../api/field'
import { dateOf } from '../../shared/moment'
import { say, words } from '../../shared/words'

export type PersonForm = { id: string; name: string; relation: string; year: string }

/**
 * Said with one tap, and kept as these codes, which every screen says in its own language; every other word may be typed, and
 * stays as it was typed, like those of before.
 */
export const RELATIONS = ['head', 'spouse', 'child', 'parent', 'grandchild', 'tenant'] as const
export type Relation = (typeof RELATIONS)[number]

/** The code that a relation is kept as, if it is one. */
export const relationCode = (kept: string): Relation | null => RELATIONS.find((code) => code === kept) ?? null

/** What is kept, in words. */
export function relationWords(kept: string | null): string | null {
  const code = relationCode(kept ?? '')
  return code ? say(`member.relations.${code}`) : kept
}

/** What is kept of a typed word: whoever types the word of a chip, in whatever language, means the chip. */
export function relationOf(typed: string): string {
  const says = (code: Relation, locale: 'zh-CN' | 'en') =>
    words.global.t(`member.relations.${code}`, {}, { locale }) === typed.trim()
  return RELATIONS.find((code) => says(code, 'zh-CN') || says(code, 'en')) ?? typed
}

/** As long as the phone takes them. */
export const NAME_LIMIT = 40
export const RELATION_LIMIT = 20
const FIRST_YEAR = 1880

/** What the form lacks, in the order in which it asks. */
export function lacking(form: PersonForm, now: number): 'name' | 'year' | null {
  if (!form.name.trim()) return 'name'
  const year = form.year.trim()
  if (year === '') return null
  const thisYear = Number(dateOf(new Date(now).toISOString()).slice(0, 4))
  return /^\d{4}$/.test(year) && Number(year) >= FIRST_YEAR && Number(year) <= thisYear ? null : 'year'
}

export const personOf = (form: PersonForm): NewMember => ({
  id: form.id,
  display_name: form.name.trim(),
  birth_year: form.year.trim() === '' ? null : Number(form.year),
  relation: form.relation.trim() || null,
})

/** What a form says otherwise than what is listed. */
export function changesOf(form: PersonForm, listed: NewMember): MemberChange[] {
  const said = personOf(form)
  const changes: MemberChange[] = []
  if (said.display_name !== listed.display_name)
    changes.push({ field: 'display_name', value: said.display_name })
  if (said.birth_year !== listed.birth_year) changes.push({ field: 'birth_year', value: said.birth_year })
  if (said.relation !== listed.relation) changes.push({ field: 'relation', value: said.relation })
  return changes
}

/** A value in words; of what nobody knows, that. */
export function changeWords(change: MemberChange): string {
  if (change.field === 'relation') return relationWords(change.value ?? null) || say('field.unknown')
  return change.value ? String(change.value) : say('field.unknown')
}

/** Fields that two people put right at the same time, each otherwise. */
export const differing = (person: MemberView): MemberFieldView[] =>
  (person.corrected ?? []).filter((field) => field.values.length > 1)

/** An id for somebody new: a UUIDv7 like every other one, so that adding them twice is adding them once. */
export function mintPerson(now: number, random = crypto.getRandomValues(new Uint8Array(16))): string {
  const bytes = [...random]
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(now / 256 ** (5 - at)) % 256
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
