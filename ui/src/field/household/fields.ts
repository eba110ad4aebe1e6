// A household's fields in words, and the way from what a sheet asks to the edit that is sent.
import type { FieldChange, FieldKey, HouseholdView, Sourced } from '../../api/field'
import { say } from '../../shared/words'

const SAFETY = ['ok', 'hazard', 'fixed', 'not_seen'] as const

/** The words that a field is chosen from; fields that are typed have none. */
export const CHOICES = {
  use: ['owner_occupied', 'rented', 'vacant', 'business', 'crowded'],
  occupancy: ['resident', 'occasional', 'empty', 'left'],
  preferred_time: ['morning', 'noon', 'afternoon', 'evening', 'weekend'],
  contact_preference: ['door', 'phone', 'appointment'],
  gas_hose: SAFETY,
  wiring: SAFETY,
  smoke_alarm: SAFETY,
  exit: SAFETY,
} as const satisfies Partial<Record<FieldKey, readonly string[]>>

export type ChosenField = keyof typeof CHOICES
export const isChosen = (field: FieldKey): field is ChosenField => field in CHOICES
export const SAFETY_FIELDS: readonly FieldKey[] = ['gas_hose', 'wiring', 'smoke_alarm', 'exit']

/** Whom one asks for at this door. */
export const CONTACT = ['contact_name', 'contact_phone'] as const satisfies readonly FieldKey[]
/** The facts of a household, in the order of its page. */
export const FACTS: readonly FieldKey[] = [
  'household_size',
  'use',
  'occupancy',
  'preferred_time',
  'contact_preference',
  'gas_hose',
  'wiring',
  'smoke_alarm',
  'exit',
  'notes',
]

/** The most people a household can hold; a number beyond it is refused. */
export const SIZE_LIMIT = 20

const maskedNumber = (number: string) =>
  number.length < 8 ? number : `${number.slice(0, 3)}****${number.slice(-4)}`

/** The value as a person says it. A phone number is masked unless it is asked for. */
export function valueWords(change: FieldChange, masked = true): string {
  switch (change.field) {
    case 'household_size':
      return say('household.people', { n: change.value })
    case 'contact_phone':
      return masked ? maskedNumber(change.value) : change.value
    case 'contact_name':
    case 'notes':
      return change.value
    case 'use':
      return say(`use.${change.value}`)
    case 'occupancy':
      return say(`occupancy.${change.value}`)
    case 'preferred_time':
      return say(`preferredTime.${change.value}`)
    case 'contact_preference':
      return say(`contactPreference.${change.value}`)
    default:
      return say(`safety.${change.value}`)
  }
}

/** What the newest undisputed value of a field is; a conflict has none until somebody settles it. */
export function known(view: HouseholdView, field: FieldKey): Sourced | null {
  const found = view.fields.find((f) => f.field === field)
  return found?.values.length === 1 ? (found.values[0] ?? null) : null
}

/** [known], and not blank: what was cleared is as if nobody had said it. */
export const told = (view: HouseholdView, field: FieldKey): FieldChange | null => {
  const value = known(view, field)?.value
  return value && value.value !== '' ? value : null
}

/** 补充: what nobody has said of this door so far. A dispute is settled, not filled in. */
export const untold = (view: HouseholdView): FieldKey[] => {
  const open = disputed(view).map((f) => f.field)
  return [...CONTACT, ...FACTS].filter((field) => !told(view, field) && !open.includes(field))
}

export const disputed = (view: HouseholdView) => view.fields.filter((f) => f.values.length > 1)

/** An edit of one field. The value comes from that field's own sheet, so the pair fits by construction. */
export const changeOf = (field: FieldKey, value: string | number) => ({ field, value }) as FieldChange

export const same = (a: FieldChange, b: FieldChange) => a.field === b.field && a.value === b.value
