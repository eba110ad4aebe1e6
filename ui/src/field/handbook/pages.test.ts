import { expect, test } from 'vitest'
import type { AnnouncementRow, Page } from '../../api/field'
import { blocksOf, groupsOf, unread } from './pages'

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
