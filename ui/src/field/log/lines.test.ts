import { expect, test } from 'vitest'
import type { Category, LogLine } from '../../api/field'
import { sentenceOf } from './lines'

const categories = [{ code: 'F01001', name_zh: '楼道堆物', name_en: 'Blocked stairs' }] as Category[]
const at = (clock: string) => `2026-09-14T${clock}:00+08:00`

const walk: LogLine = {
  type: 'visits',
  from: at('10:20'),
  until: at('11:40'),
  building: '听雨苑 3幢',
  doors: 9,
  outcomes: [
    ['met', 4],
    ['not_home', 4],
    ['refused', 1],
  ],
  changed: 2,
  notes: [{ door: '2单元 502', note: '燃气软管硬了。' }],
}

test('a walk is one sentence, its notes stand behind it with their doors', () => {
  expect(sentenceOf(walk, categories)).toBe(
    '10:20–11:40 走访听雨苑 3幢 9 户：见人 4，未遇 4，拒访 1，更新 2 项。2单元 502：燃气软管硬了。',
  )
})

test('a case is called by its category, a running patrol has no end', () => {
  const seen: LogLine = {
    type: 'case',
    from: at('09:12'),
    incident: 'i1',
    local_no: '梧桐-03-0914-001',
    category: 'F01001',
    place: '3幢2单元 3楼',
    deed: 'handled_on_site',
  }
  expect(sentenceOf(seen, categories)).toBe('9:12 现场处置楼道堆物，3幢2单元 3楼。')
  const round: LogLine = {
    type: 'patrol',
    from: at('09:00'),
    until: null,
    patrol: 'p1',
    name: '听雨苑早班',
    reached: 7,
    planned: 11,
    findings: 0,
  }
  expect(sentenceOf(round, categories)).toBe('9:00 巡查听雨苑早班，到点 7/11。')
})

test('a shop is a sentence with what was wanting there and what was handed out', () => {
  const shop: LogLine = {
    type: 'place',
    from: at('15:20'),
    until: at('15:26'),
    place: 'p1',
    name: '霜降面馆',
    outcome: 'checked',
    failed: 1,
    leaflets: 2,
    note: '明天复看。',
  }
  expect(sentenceOf(shop, categories)).toBe('15:20–15:26 检查霜降面馆：1 项不合格，发宣传单 2 种。明天复看。')
  const shut: LogLine = { ...shop, until: shop.from, outcome: 'closed', failed: 0, leaflets: 0, note: null }
  expect(sentenceOf(shut, categories)).toBe('15:20 检查霜降面馆：没开门。')
})

test('a form is called by its title, care is a number without a name', () => {
  const title = { zh: '低收入家庭信息核对', en: 'Low-income check' }
  const forms: LogLine = { type: 'forms', from: at('10:02'), until: at('11:20'), title, doors: 5 }
  expect(sentenceOf(forms, categories)).toBe('10:02–11:20 填《低收入家庭信息核对》5 户。')
  const care: LogLine = { type: 'care', from: at('09:30'), until: at('09:30'), people: 1 }
  expect(sentenceOf(care, categories)).toBe('9:30 关爱帮扶 1 位。')
})
