import { describe, expect, test } from 'vitest'
import type { FieldChange, FieldView, HouseholdView, NewVisit } from '../../api/field'
import { SAFETY_FIELDS } from '../household/fields'
import {
  confirmed,
  handedIn,
  mayNeedCare,
  quiet,
  resumed,
  usualNext,
  withChange,
  ASKED,
  asked,
  FURTHER,
  wentFurther,
} from './form'

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

test('every field of a door can be said on a visit, six at once and the others one tap further away', () => {
  const all = [...ASKED, ...FURTHER.safety, ...FURTHER.other]
  expect(new Set(all).size).toBe(12)
  expect([...ASKED, ...FURTHER.safety]).toEqual(expect.arrayContaining([...SAFETY_FIELDS]))
})

test('没变化 says nothing about what is one tap further away', () => {
  const wired = { ...view, fields: [...view.fields, field({ field: 'wiring', value: 'ok' })] }
  expect(confirmed(wired, visit)).toEqual(confirmed(view, visit))
})

test('a half-written visit that went further is opened that far', () => {
  expect(wentFurther([three])).toBe(false)
  expect(wentFurther([three, { field: 'exit', value: 'hazard' }])).toBe(true)
})

test('a row shows what was, what is said now, and a dispute', () => {
  const was = { field: 'household_size', value: 2 }
  expect(asked('household_size', view, [three])).toEqual({
    field: 'household_size',
    before: was,
    after: three,
    conflict: false,
  })
  expect(asked('contact_phone', view, [])).toMatchObject({ before: null, conflict: true })
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

test('nobody is looked for behind a door that was left or is another one', () => {
  expect(['met', 'phoned', 'not_home', 'refused'].map((o) => mayNeedCare(o as 'met'))).not.toContain(false)
  expect([mayNeedCare('moved_out'), mayNeedCare('wrong_door')]).toEqual([false, false])
})

test('refusing sets a later date than not being home, moving away sets none', () => {
  expect(usualNext('not_home', '2026-09-14')).toBe('2026-09-15')
  expect(usualNext('refused', '2026-09-14')).toBe('2026-12-13')
  expect(usualNext('moved_out', '2026-09-14')).toBeNull()
})

describe('what was half written, opened again', () => {
  const half: NewVisit = {
    ...visit,
    outcome: 'phoned',
    changes: [three],
    note: '说下周再来',
    next_due: '2026-09-20',
  }
  const at = (started_at: string): NewVisit => ({
    ...visit,
    id: 'later',
    started_at,
    ended_at: started_at,
    next_due: '2026-10-14',
  })

  test('is the same visit on the same day', () => {
    expect(resumed(half, at('2026-09-14T09:00:00.000Z'))).toEqual(half)
  })

  test('begins anew on another day, with its words', () => {
    const next = at('2026-09-15T02:00:00.000Z')
    expect(resumed(half, next)).toEqual({ ...next, changes: [three], note: '说下周再来' })
  })

  test('begins anew once nobody knocks any more, so that it is refused like every knock at that hour', () => {
    // 20:29 and 20:30 in Shanghai
    expect(resumed(half, at('2026-09-14T12:29:00.000Z')).id).toBe('v')
    const late = resumed(half, at('2026-09-14T12:30:00.000Z'))
    expect([late.id, late.started_at, late.note]).toEqual(['later', '2026-09-14T12:30:00.000Z', '说下周再来'])
  })

  test('begun anew on its own day it still has what was reported meanwhile; on another day it has nothing', () => {
    const reporting = { ...half, incidents: ['i1'] }
    expect(resumed(reporting, at('2026-09-14T09:00:00.000Z')).incidents).toEqual(['i1'])
    expect(resumed(reporting, at('2026-09-14T12:30:00.000Z')).incidents).toEqual(['i1'])
    expect(resumed(reporting, at('2026-09-15T02:00:00.000Z')).incidents).toEqual([])
  })

  test('begins anew when it was begun too early in the morning', () => {
    const early = { ...half, started_at: '2026-09-14T00:29:00.000Z' }
    expect(resumed(early, at('2026-09-14T02:00:00.000Z')).started_at).toBe('2026-09-14T02:00:00.000Z')
  })

  test('the hours are those of the phone', () => {
    const hours = ['00:29', '00:30', '12:29', '12:30'].map((time) => quiet(`2026-09-14T${time}:59Z`))
    expect(hours).toEqual([true, false, false, true])
  })
})
