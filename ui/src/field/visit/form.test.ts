import { describe, expect, test } from 'vitest'
import type { FieldChange, FieldView, HouseholdView, NewVisit } from '../../api/field'
import { confirmed, handedIn, usualNext, withChange } from './form'

const field = (...values: FieldChange[]): FieldView => ({
  field: values[0]!.field,
  values: values.map((value) => ({ value, by: 'p', at: '', visit: null, confirmed_at: null })),
})
const view: HouseholdView = {
  id: 'h',
  building: 'b',
  unit: '2单元',
  room: '502',
  fields: [
    field({ field: 'household_size', value: 2 }),
    field({ field: 'use', value: 'owner_occupied' }),
    field({ field: 'contact_phone', value: '1' }, { field: 'contact_phone', value: '2' }),
    field({ field: 'notes', value: '耳背' }),
  ],
  no_entry_until: null,
  members: [],
  visits: [],
  unreadable: 0,
}
const visit: NewVisit = {
  id: 'v',
  kind: 'routine',
  outcome: 'met',
  started_at: '2026-09-14T02:24:00.000Z',
  ended_at: '2026-09-14T02:24:00.000Z',
  changes: [],
  confirmed: [],
  persons_met: null,
  note: '  ',
  task: null,
  incidents: [],
  next_due: null,
  care_emergency: false,
}
const three: FieldChange = { field: 'household_size', value: 3 }

test('没变化 confirms what was asked and has one value, nothing else', () => {
  expect(confirmed(view, visit)).toEqual(['household_size', 'use'])
})

test('a change takes its field out of what is confirmed', () => {
  expect(confirmed(view, { ...visit, changes: [three] })).toEqual(['use'])
})

test('a second change of a field replaces the first', () => {
  const four: FieldChange = { field: 'household_size', value: 4 }
  expect(withChange([three], four, view)).toEqual([four])
})

test('a field changed back to what it was is no change', () => {
  expect(withChange([three], { field: 'household_size', value: 2 }, view)).toEqual([])
})

describe('the visit that is handed in', () => {
  test('leaves out fields when nobody answered, also those filled in before', () => {
    const handed = handedIn({ ...visit, outcome: 'not_home', changes: [three] }, view, visit.ended_at)
    expect(handed.changes).toEqual([])
    expect(handed.confirmed).toEqual([])
  })

  test('never ends before it began, whatever the clock did meanwhile', () => {
    expect(handedIn(visit, view, '2026-09-14T02:00:00.000Z').ended_at).toBe(visit.started_at)
    expect(handedIn(visit, view, '2026-09-14T02:30:00.000Z').ended_at).toBe('2026-09-14T02:30:00.000Z')
  })

  test('an empty note is no note', () => {
    expect(handedIn(visit, view, visit.ended_at).note).toBeNull()
  })
})

test('refusing sets a later date than not being home, moving away sets none', () => {
  expect(usualNext('not_home', '2026-09-14')).toBe('2026-09-15')
  expect(usualNext('refused', '2026-09-14')).toBe('2026-12-13')
  expect(usualNext('moved_out', '2026-09-14')).toBeNull()
})
