import { expect, test } from 'vitest'
import type { FoundGroup, Hit } from '../../api/field'
import { asideOf, headingOf, nextOf, textOf, wayOf } from './found'

const hit: Hit = {
  id: 'visit-1',
  document: 'h126',
  plate: '502',
  title: [
    { text: '李', hit: true },
    { text: '阿姨', hit: false },
  ],
  line: [],
  at: null,
}
const group = (over: Partial<FoundGroup>): FoundGroup => ({ kind: 'person', total: 1, hits: [hit], ...over })

test('a note opens the household that it was written about, a building its floors', () => {
  expect(wayOf('note', hit)).toBe('/households/h126')
  expect(wayOf('person', hit)).toBe('/households/h126')
  expect(wayOf('case', { ...hit, document: 'i1' })).toBe('/incidents/i1')
  expect(wayOf('announcement', { ...hit, document: 'a1' })).toBe('/announcements?at=a1')
  expect(wayOf('building', { ...hit, document: 'b3' })).toBe('/households?building=b3')
})

test('how many there are is said only when some are not shown', () => {
  expect(headingOf(group({}))).toBe('人')
  expect(asideOf(group({}))).toBeUndefined()
  expect(asideOf(group({ total: 47 }))).toBe('共 47，再输几个字')
})

test('the arrow keys stay inside the list and leave it at its top', () => {
  expect(nextOf(0, 1, 3)).toBe(1)
  expect(nextOf(2, 1, 3)).toBe(2)
  expect(nextOf(0, -1, 3)).toBeNull()
  expect(textOf(hit.title)).toBe('李阿姨')
})
