import { expect, test } from 'vitest'
import type { Checklist, PlaceRow } from '../../api/field'
import { dueOf, groundOf, itemWords, kindOf, lastWords, lineOf, wanting } from './words'

const row = (over: Partial<PlaceRow> = {}): PlaceRow => ({
  id: 'p1',
  name: '霜降面馆',
  kind: 'shop',
  address: '听雨苑 1幢临街1号',
  last_visit_at: null,
  last_outcome: 'checked',
  last_failed: 0,
  days_since: 12,
  due: '2026-09-30',
  overdue_days: 0,
  due_now: false,
  ...over,
})

test('a row says where, and how it was last', () => {
  expect(lineOf(row())).toBe('听雨苑 1幢临街1号·上次 12 天前')
  expect(lineOf(row({ address: null, days_since: 0 }))).toBe('店铺·今天查过')
  expect(lastWords(row({ last_failed: 2, days_since: 8 }))).toBe('8 天前，2 项不合格')
  expect(lastWords(row({ last_outcome: 'closed', days_since: 1 }))).toBe('昨天没开门')
  expect(lastWords(row({ days_since: null, last_outcome: null }))).toBe('还没查过')
})

test('what is due is a day, today, or too late; a place that is gone is never due', () => {
  expect([dueOf(row()), groundOf(row())]).toEqual(['9月30日', 'quiet'])
  expect([dueOf(row({ due_now: true })), groundOf(row({ due_now: true }))]).toEqual(['今天', 'due'])
  const late = row({ due_now: true, overdue_days: 3 })
  expect([dueOf(late), groundOf(late)]).toEqual(['逾期 3 天', 'late'])
  expect([dueOf(row({ due: null })), groundOf(row({ due: null }))]).toEqual(['', 'vacant'])
})

test('a kind and an item that only a newer registry knows are called something all the same', () => {
  expect(kindOf({ kind: 'nine_small' })).toBe('other')
  const list: Checklist = {
    kind: 'shop',
    version: 1,
    items: [{ id: 'gas', name_zh: '燃气软管和报警器', name_en: 'Gas hose and alarm', category: null }],
    leaflets: [],
  }
  expect(itemWords(list, 'tariff')).toBe('tariff')
  const answers = [
    { item: 'gas', answer: 'fail' as const, note: '软管硬了' },
    { item: 'tariff', answer: 'fail' as const, note: null },
    { item: 'exit', answer: 'pass' as const, note: null },
  ]
  expect(wanting({ answers } as never, list)).toEqual(['燃气软管和报警器：软管硬了', 'tariff'])
})
