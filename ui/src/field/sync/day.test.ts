import { describe, expect, test } from 'vitest'
import type { Receipt, SyncItem, SyncItemKind } from '../../api/field'
import { dayOf, dayWords, missingWords } from './day'

const EVENING = Date.parse('2026-09-14T17:30:00+08:00')
const local: Receipt = { type: 'local' }
const centre: Receipt = { type: 'centre' }
const seen: Receipt = { type: 'seen', office: '城管办', at: '2026-09-14T02:00:00Z' }
const refused: Receipt = { type: 'refused', code: 'PHOTO_TRUNCATED' }
const stuck: Receipt = { type: 'stuck', code: 'PHOTO_TRUNCATED' }

let n = 0
const item = (kind: SyncItemKind, receipt: Receipt, more: Partial<SyncItem> = {}): SyncItem => ({
  kind,
  id: `item-${(n += 1)}`,
  document: 'h126',
  title: '听雨苑 104',
  at: '2026-09-14T01:00:00Z',
  receipt,
  bytes_sent: 0,
  bytes_total: 100,
  ...more,
})

describe('the account of a day', () => {
  test('counts records, photos and voice notes apart, and leaves out what there was none of', () => {
    const { parts } = dayOf(
      [item('visit', centre), item('incident', local), item('photo', local), item('original', centre)],
      EVENING,
    )
    expect(parts).toEqual([
      { key: 'records', due: 2, arrived: 1 },
      { key: 'photos', due: 2, arrived: 1 },
    ])
    expect(dayOf([item('voice', local)], EVENING).parts).toEqual([{ key: 'voices', due: 1, arrived: 0 }])
  })

  test('calls arrived only what has a receipt of the centre, also where every byte has left', () => {
    const sent = item('photo', local, { bytes_sent: 100 })
    const { arrived, due } = dayOf(
      [sent, item('visit', refused), item('photo', stuck), item('visit', seen)],
      EVENING,
    )
    expect([due, arrived]).toEqual([4, 1])
  })

  test('is of the day in Shanghai; what earlier days left behind is said apart', () => {
    const justAfterMidnight = item('visit', centre, { at: '2026-09-13T16:05:00Z' })
    const yesterday = item('visit', local, { at: '2026-09-13T15:55:00Z' })
    const yesterdayArrived = item('visit', centre, { at: '2026-09-13T09:00:00Z' })
    const day = dayOf([justAfterMidnight, yesterday, yesterdayArrived], EVENING)
    expect([day.due, day.arrived, day.earlier]).toEqual([1, 1, 1])
    expect(day.missing).toEqual([])
  })

  test('names what is missing once, what needs a person first', () => {
    const photo = () => item('photo', local, { document: 'i-lead', title: '3幢楼道堆物' })
    const broken = item('photo', refused, { document: 'i-drain', title: '3幢消火栓' })
    const { missing } = dayOf([photo(), photo(), item('visit', local), broken], EVENING)
    expect(missing.map(missingWords)).toEqual(['照片·3幢消火栓', '照片·3幢楼道堆物 ×2', '走访·听雨苑 104'])
  })
})

test('the line of the evening says as much as there are receipts, and nothing of an empty day', () => {
  const [arrived, photo, visit] = [item('visit', centre), item('photo', local), item('visit', local)]
  expect(dayWords(dayOf([arrived, photo], EVENING))).toBe('今天应传 2，已到中心 1，还差 1：照片·听雨苑 104')
  expect(dayWords(dayOf([arrived, photo, visit], EVENING))).toBe(
    '今天应传 3，已到中心 1，还差 2：照片·听雨苑 104等',
  )
  expect(dayWords(dayOf([item('visit', centre), item('visit', seen)], EVENING))).toBe(
    '今天应传 2，都已到中心',
  )
  expect(dayWords(dayOf([], EVENING))).toBe('')
})
