import { expect, test } from 'vitest'
import type { VisitFigures, VisitMaterial } from '../../api/field'
import { figureLines, sentencesOf } from './sentences'

const figures: VisitFigures = {
  period: { from: '2026-09-14', until: '2026-09-20' },
  ledger: 240,
  days: 3,
  visits: 27,
  doors: 23,
  reached: 15,
  outcomes: [
    ['met', 15],
    ['not_home', 11],
    ['refused', 1],
  ],
  changed: 4,
  buildings: [
    { building: '听雨苑 2幢', visits: 9, doors: 8, reached: 5 },
    { building: '听雨苑 3幢', visits: 18, doors: 15, reached: 10 },
  ],
  places: 2,
  place_visits: 3,
  failed: 1,
}
const noted = (n: number, note = '燃气软管硬了。') =>
  Array.from({ length: n }, (_, at) => ({
    date: `2026-09-${String(14 + (at % 7)).padStart(2, '0')}`,
    place: `听雨苑 3幢 2单元 ${at + 1}`,
    note,
  }))
const material = (told: Partial<VisitMaterial>): VisitMaterial => ({
  figures,
  noted: [],
  unopened: [],
  ...told,
})

test('the figures are sentences, one for each building', () => {
  expect(figureLines(figures)).toEqual([
    '走访 3 天，到 23 户、27 次，见到 15 户，更新 4 项。台账共 240 户。',
    '走访结果：见人 15，未遇 11，拒访 1。',
    '听雨苑 2幢：到 8 户、9 次，见到 5 户。',
    '听雨苑 3幢：到 15 户、18 次，见到 10 户。',
    '场所 2 家、3 次，1 项不合格。',
  ])
})

test('a street without shops says nothing of shops', () => {
  const lines = figureLines({ ...figures, places: 0, place_visits: 0, failed: 0, changed: 0 })
  expect(lines.join('\n')).not.toMatch(/场所|更新/)
})

test('what was written on the way stands with its day and door, then where nobody opened', () => {
  const unopened = ['听雨苑 2幢 2单元 401', '听雨苑 3幢 1单元 102']
  expect(sentencesOf(material({ noted: noted(1), unopened }))).toEqual([
    '9月14日 听雨苑 3幢 2单元 1：燃气软管硬了。',
    '没人开门的 2 户：听雨苑 2幢 2单元 401、听雨苑 3幢 1单元 102。',
  ])
})

test('a quarter full of notes begins with the latest and says how many more there are', () => {
  const sentences = sentencesOf(material({ noted: noted(300) }))
  expect(sentences[0]).toMatch(/^还有 \d+ 条记录在各户里。$/)
  expect(sentences.at(-1)).toMatch(/2单元 300：/)
  expect(sentences.join('\n').length).toBeLessThan(3_300)
  const left = Number(/\d+/.exec(sentences[0] ?? '')?.[0])
  expect(left + sentences.length - 1).toBe(300)
})

test('of a street where nobody opens the first doors are named, and all are counted', () => {
  const unopened = Array.from({ length: 600 }, (_, n) => `听雨苑 3幢 2单元 ${n}`)
  const [told = ''] = sentencesOf(material({ unopened }))
  expect(told).toMatch(/^没人开门的 600 户：听雨苑 3幢 2单元 0、.*2单元 39等。$/)
})
