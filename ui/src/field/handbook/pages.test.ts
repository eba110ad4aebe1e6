import { expect, test } from 'vitest'
import type { AnnouncementRow, Page } from '../../api/field'
import { blocksOf, cardOf, groupsOf, unread, unreadWords } from './pages'

const page = (kind: Page['kind'], id: string) => ({ kind, id, title_zh: id, body_zh: '' }) as Page

test('pages stand under what they are about, and nothing is headed that has no page', () => {
  const groups = groupsOf([page('measure', 'm'), page('handbook', 'a'), page('handbook', 'b')])
  expect(groups.map((g) => [g.kind, g.pages.map((p) => p.id)])).toEqual([
    ['handbook', ['a', 'b']],
    ['measure', ['m']],
  ])
})

test('lines with a dash are one list between paragraphs', () => {
  expect(blocksOf('先看。\n- 一\n- 二\n\n再报。')).toEqual([
    { kind: 'text', text: '先看。' },
    { kind: 'list', items: ['一', '二'] },
    { kind: 'text', text: '再报。' },
  ])
  expect(blocksOf('')).toEqual([])
})

test('what was refused counts as read by the worker; only what has no receipt is unread', () => {
  const rows = [{ read: null }, { read: { type: 'local' } }] as AnnouncementRow[]
  expect(unread(rows)).toBe(1)
})

test('a morning names one unread announcement, counts several and is silent about none', () => {
  const row = (title: string, read: unknown = null) => ({ said: { title }, read }) as AnnouncementRow
  expect(unreadWords([row('停水通知'), row('旧的', { type: 'local' })])).toContain('停水通知')
  expect(unreadWords([row('停水通知'), row('高温')])).toContain('2')
  expect(unreadWords([row('旧的', { type: 'local' })])).toBeNull()
})

test('the card that says most exactly what it is for is the one', () => {
  const card = (id: string, category: string | null, kind: Page['kind'] = 'handbook') =>
    ({ id, category, kind }) as Page
  const pages = [card('fire', 'F'), card('stairs', 'F01'), card('duty', 'F01', 'duty'), card('any', null)]
  expect(cardOf(pages, 'F01001')?.id).toBe('stairs')
  expect(cardOf(pages, 'F02001')?.id).toBe('fire')
  expect(cardOf(pages, 'P01001')).toBeUndefined()
  expect(cardOf(pages, '')).toBeUndefined()
})
