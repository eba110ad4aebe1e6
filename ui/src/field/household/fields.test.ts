import { expect, test } from 'vitest'
import type { FieldChange, FieldView, HouseholdView } from '../../api/field'
import { told, untold } from './fields'

const field = (...values: FieldChange[]): FieldView => ({
  field: values[0]!.field,
  values: values.map((value) => ({ value, by: 'p', at: '', visit: null, confirmed_at: null })),
})
const view = (...fields: FieldView[]) => ({ fields }) as HouseholdView

test('a door that was only just listed has everything to fill in, the contact first', () => {
  const all = untold(view())
  expect(all).toHaveLength(12)
  expect(all.slice(0, 2)).toEqual(['contact_name', 'contact_phone'])
})

test('what was said once is not filled in again, nor is a dispute', () => {
  const name = field({ field: 'contact_name', value: '李阿姨' })
  const phones = field(
    { field: 'contact_phone', value: '14200001' },
    { field: 'contact_phone', value: '14200002' },
  )
  const lacks = untold(view(name, phones))
  expect(lacks).not.toContain('contact_name')
  expect(lacks).not.toContain('contact_phone')
  expect(lacks).toContain('wiring')
})

test('a note that was cleared is as if nobody had said it', () => {
  const cleared = view(field({ field: 'notes', value: '' }))
  expect(told(cleared, 'notes')).toBeNull()
  expect(untold(cleared)).toContain('notes')
  const nobody = view(field({ field: 'household_size', value: 0 }))
  expect(told(nobody, 'household_size'), 'nobody lives there').toEqual({ field: 'household_size', value: 0 })
})
