import { describe, expect, test } from 'vitest'
import type { SyncItem, SyncPage, SyncState } from '../../api/field'
import { say } from '../../shared/words'
import {
  bars,
  chip,
  counted,
  headline,
  megabytes,
  newsWords,
  percent,
  photoWords,
  sorted,
  standing,
} from './words'

const NOW = Date.parse('2026-09-14T02:31:00.000Z')
const quiet: SyncState = {
  phase: 'idle',
  waiting_records: 0,
  waiting_photos: 0,
  waiting_voices: 0,
  stuck: 0,
  all_delivered_at: null,
  error: null,
  clock_ahead_ms: 0,
}
const item = (id: string, at: string, receipt: SyncItem['receipt'], sent = 0): SyncItem => ({
  kind: 'photo',
  id,
  document: null,
  title: id,
  at,
  receipt,
  bytes_sent: sent,
  bytes_total: 100,
})

test('what came today is said with what came back, and nothing is said of nothing', () => {
  expect(newsWords({ fresh: 3, returned: 2 })).toBe('今天：新到 3 件，退回 2 件')
  expect(newsWords({ fresh: 0, returned: 1 })).toBe('今天：退回 1 件')
  expect(newsWords({ fresh: 0, returned: 0 })).toBe('')
})

describe('the chip', () => {
  test('counts records, and photos only when no record waits', () => {
    expect(chip({ ...quiet, waiting_records: 3, waiting_photos: 5 }).text).toBe('3 条待传')
    expect(chip({ ...quiet, waiting_photos: 5 }).text).toBe('5 张照片待传')
    expect(chip({ ...quiet, waiting_records: 3, waiting_voices: 2 }).text).toBe('3 条待传')
  })

  test('says photos and voice notes apart', () => {
    expect(chip({ ...quiet, waiting_voices: 2 })).toEqual({ icon: 'phone', text: '2 条语音待传' })
    expect(chip({ ...quiet, waiting_photos: 5, waiting_voices: 2 }).text).toBe('待传：照片 5 · 语音 2')
  })

  test('says that all is at the centre only when the phone has said since when', () => {
    expect(chip(quiet)).toEqual({ icon: 'cloud', text: '没有待传' })
    expect(chip({ ...quiet, all_delivered_at: '2026-09-14T00:21:00Z' }).text).toBe('都已到中心')
  })

  test('an open refusal is louder than what waits', () => {
    expect(chip({ ...quiet, waiting_records: 3, stuck: 1 })).toEqual({ icon: 'stuck', text: '1 条传不上' })
  })

  test('no network is a crossed sign beside the same words', () => {
    expect(chip({ ...quiet, phase: 'offline', waiting_records: 3 })).toEqual({
      icon: 'offline',
      text: '3 条待传',
    })
    expect(chip({ ...quiet, phase: 'offline' }).text).toBe('没网')
  })
})

describe('a centre that answers "not now"', () => {
  const busy: SyncState = { ...quiet, phase: 'offline', error: 'SERVER_BUSY', waiting_records: 3 }

  test('is not a missing network', () => {
    expect(standing(busy)).toBe('waiting')
    expect(chip(busy)).toEqual({ icon: 'phone', text: '3 条待传' })
    expect(standing({ ...busy, error: 'SERVER_UNREACHABLE' })).toBe('offline')
    expect(standing({ ...busy, error: null })).toBe('offline')
  })
})

describe('the first sentence of the page', () => {
  test('leaves out what is zero', () => {
    expect(counted(3, 5, 0)).toBe('3 条记录、5 张照片')
    expect(counted(3, 5, 2)).toBe('3 条记录、5 张照片、2 条语音')
    expect(counted(0, 1, 0)).toBe('1 张照片')
    expect(counted(0, 0, 1)).toBe('1 条语音')
    expect(counted(0, 0, 0)).toBe('')
    expect(headline({ ...quiet, waiting_records: 3, waiting_photos: 5 }, NOW)).toBe(
      '3 条记录、5 张照片还只在这台手机上',
    )
  })

  test('names the time when everything arrived', () => {
    expect(headline({ ...quiet, all_delivered_at: '2026-09-14T00:21:00Z' }, NOW)).toBe('都已到中心，8:21')
  })

  test('a refused photo is not called delivered', () => {
    expect(headline({ ...quiet, stuck: 1, all_delivered_at: null }, NOW)).toContain('传不上')
  })
})

test('arrived of all is said of each kind that there is', () => {
  const photos = { done: 2, total: 4 }
  const page = { records: { done: 0, total: 0 }, photos, voices: { done: 1, total: 1 } } as SyncPage
  expect(bars(page).map((bar) => [bar.name, bar.done, bar.total])).toEqual([
    ['照片', 2, 4],
    ['语音', 1, 1],
  ])
})

test('what waits stands oldest first, what arrived newest first', () => {
  const page: SyncPage = {
    news: { fresh: 0, returned: 0, drafts_left: 0 },
    state: quiet,
    records: { done: 0, total: 0 },
    photos: { done: 2, total: 4 },
    voices: { done: 0, total: 0 },
    photos_for_wifi: 0,
    voices_for_wifi: 0,
    bytes_left: 0,
    items: [
      item('b', '2026-09-14T01:00:00Z', { type: 'local' }),
      item('a', '2026-09-14T00:00:00Z', { type: 'refused', code: 'PHOTO_TRUNCATED' }),
      item('c', '2026-09-14T00:30:00Z', { type: 'centre' }),
      item('d', '2026-09-14T01:30:00Z', { type: 'seen', office: '城管办', at: '2026-09-14T02:00:00Z' }),
    ],
  }
  expect(sorted(page).waiting.map((i) => i.id)).toEqual(['a', 'b'])
  expect(sorted(page).arrived.map((i) => i.id)).toEqual(['d', 'c'])
})

test('a bar is drawn only for what has begun to leave and is not there yet', () => {
  expect(percent(item('a', '', { type: 'local' }, 62))).toBe(62)
  expect(percent(item('a', '', { type: 'local' }, 0))).toBeNull()
  expect(percent(item('a', '', { type: 'centre' }, 62))).toBeNull()
})

test('something left is never 0.0 MB', () => {
  expect(megabytes(12_000)).toBe('0.1 MB')
  expect(megabytes(3_355_443)).toBe('3.2 MB')
})

test('a file that is no photo says which files are', () => {
  expect(say('errors.PHOTO_UNSUPPORTED')).toMatch(/JPEG/)
  expect(photoWords({ type: 'failed', code: 'PHOTO_UNSUPPORTED' })).toMatch(/^失败：.*选 JPEG/)
})

test('a photo says where it is in the words of its queue', () => {
  const words = (state: Parameters<typeof photoWords>[0]) => photoWords(state)
  expect(words({ type: 'pending' })).toBe('待处理')
  expect(words({ type: 'waiting' })).toBe('待传')
  expect(words({ type: 'sending', percent: 37 })).toBe('上传中 37%')
  expect(words({ type: 'arrived' })).toBe('已到中心')
  expect(words({ type: 'failed', code: 'PHOTO_TRUNCATED' })).toBe(
    '失败：照片文件不完整，没有收。可以重拍，说明文字还在。',
  )
  expect(photoWords({ type: 'failed', code: 'PHOTO_TRUNCATED' }, true)).toBe('失败')
  expect(words({ type: 'cleared' })).toBe('本机已清')
})
