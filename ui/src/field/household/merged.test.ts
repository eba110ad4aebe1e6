import { describe, expect, test } from 'vitest'
import type { FieldKey, FieldView, HouseholdView, Sourced, VisitView } from '../../api/field'
import { mergedOf, mergedWords } from './merged'

const at = (clock: string) => `2026-09-14T${clock}:00+08:00`
const value = (by: string, clock: string) => ({ value: {}, by, at: at(clock) }) as unknown as Sourced
const field = (key: FieldKey, ...values: Sourced[]): FieldView => ({ field: key, values })
const visit = (by: string, clock: string, added: { by: string; at: string }[] = []) =>
  ({ visit: {}, by, recorded_at: at(clock), amendments: added }) as unknown as VisitView
const view = (fields: FieldView[], visits: VisitView[]) => ({ fields, visits }) as unknown as HouseholdView

describe('what came together at one door', () => {
  test('is what a colleague wrote in another field after this worker was here', () => {
    const door = view(
      [field('use', value('me', '09:10')), field('preferred_time', value('lan', '09:40'))],
      [visit('lan', '09:40'), visit('me', '09:10')],
    )
    expect(mergedOf(door, 'me')).toEqual({ by: ['lan'], fields: ['preferred_time'], at: at('09:40') })
    expect(mergedOf(door, 'lan')).toBeNull()
  })

  test('is not what both wrote: that is a conflict and asked', () => {
    const both = field('household_size', value('me', '09:10'), value('lan', '09:40'))
    expect(mergedOf(view([both], [visit('me', '09:10')]), 'me')).toBeNull()
  })

  test('is not told to a worker who was never here', () => {
    expect(mergedOf(view([field('use', value('lan', '09:40'))], [visit('lan', '09:40')]), 'me')).toBeNull()
  })

  test('is gone once the worker was here again: went, changed a field, or added a word', () => {
    const theirs = field('use', value('lan', '09:40'))
    expect(mergedOf(view([theirs], [visit('me', '09:50')]), 'me')).toBeNull()
    expect(
      mergedOf(view([theirs, field('exit', value('me', '09:50'))], [visit('me', '09:10')]), 'me'),
    ).toBeNull()
    const added = [{ by: 'me', at: at('09:50') }]
    expect(mergedOf(view([theirs], [visit('me', '09:10', added)]), 'me')).toBeNull()
  })

  test('compares instants, however they are written', () => {
    const zulu = { ...value('lan', '09:40'), at: '2026-09-14T01:40:00Z' }
    expect(mergedOf(view([field('use', zulu)], [visit('me', '09:10')]), 'me')?.by).toEqual(['lan'])
    expect(mergedOf(view([field('use', zulu)], [visit('me', '09:50')]), 'me')).toBeNull()
  })

  test('names each colleague once, and what they wrote', () => {
    const door = view(
      [
        field('use', value('lan', '09:40')),
        field('exit', value('lan', '09:40')),
        field('notes', value('bo', '10:00')),
      ],
      [visit('me', '09:10')],
    )
    const merged = mergedOf(door, 'me')
    const people = [
      { id: 'lan', name: '周岚' },
      { id: 'bo', name: '孙波' },
    ]
    expect(merged && mergedWords(merged, people, Date.parse(at('10:20')))).toBe(
      '已合并 孙波、周岚 的更新：房屋用途、疏散、备注·10:00',
    )
  })
})
