import { expect, test } from 'vitest'
import type { IncidentRow, NewPlaceVisit, NewVisit } from '../../api/field'
import { onVisit, withIncident } from './on-visit'
import { reportedWords } from './words'

const asking = (query: Record<string, string>) => (key: string) => query[key] ?? null
const half = { id: 'v1', note: '写了一半', changes: [], incidents: [] } as unknown as NewVisit

test('a hazard reported from a door goes back to its visit, and is kept apart from every other report', () => {
  const visit = onVisit(asking({ household: 'h502' }))
  expect(visit).toMatchObject({ back: '/households/h502/visit', waits: 'visit:h502' })
  expect(visit?.own).toBe('report:h502:visit')
  expect(onVisit(asking({ household: 'h501' }))?.own).not.toBe(visit?.own)
})

test('a hazard reported from a check goes back to the check, one report for each item', () => {
  const asked = { place: 'p1', item: 'exit', where: '南门口', words: '灭火器过期' }
  expect(onVisit(asking(asked))).toEqual({
    ...{ back: '/places/p1/visit', waits: 'place-visit:p1', own: 'report:p1:exit' },
    ...{ where: '南门口', words: '灭火器过期' },
  })
})

test('a hazard from a patrol or from the tab belongs to no visit', () => {
  expect(onVisit(asking({ patrol: 'p', finding: 'f' }))).toBeNull()
  expect(onVisit(asking({}))).toBeNull()
})

test('what was reported meanwhile stands in the draft that waits, once', () => {
  const more = withIncident(JSON.stringify(half), 'i1')
  expect(JSON.parse(more ?? '')).toEqual({ ...half, incidents: ['i1'] })
  expect(withIncident(more, 'i1')).toBe(more)
  const check = { id: 'v2', answers: [], incidents: ['i0'] } as unknown as NewPlaceVisit
  expect(JSON.parse(withIncident(JSON.stringify(check), 'i1') ?? '').incidents).toEqual(['i0', 'i1'])
})

test('a visit that does not wait any more hears of nothing', () => {
  expect(withIncident(null, 'i1')).toBeNull()
})

test('a reported case is named by its category and number, one that left the phone only counted', () => {
  const row = { id: 'i1', category_zh: '楼道堆物', category_en: 'Clutter', local_no: '梧桐-03-0914-004' }
  expect(reportedWords(['i1', 'i2'], [row as IncidentRow])).toEqual([
    { id: 'i1', what: '楼道堆物', number: '梧桐-03-0914-004' },
    { id: 'i2', what: '第 2 件', number: '' },
  ])
})
