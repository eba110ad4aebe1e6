import { describe, expect, test } from 'vitest'
import type { CareDetail, CareRow, CareView, SupportView } from '../../api/field'
import en from '../../locales/en.json'
import zh from '../../locales/zh-CN.json'
import {
  actOf,
  consentText,
  consentTitle,
  dueOf,
  lineOf,
  masked,
  supportTitle,
  TYPES,
  untilAgain,
  untilChoices,
} from './words'

const TODAY = '2026-09-14'
const row = (over: Partial<CareRow> = {}): CareRow => ({
  id: 'c',
  household_id: 'h',
  household: null,
  name: '冯奶奶',
  level: 'first',
  level_differs: false,
  standing: 'given',
  consent_ends_in: null,
  due: { why: 'visit', day: '2026-09-12' },
  overdue_days: 2,
  due_now: true,
  later: { times: 0, until: null, reason: null, words: null, days: 1, refused: null },
  last_seen: '2026-09-05',
  days_since_seen: 9,
  needs_open: 1,
  closed: false,
  reopen_asked: false,
  ...over,
})
const given: CareView['consent'] = {
  state: 'given',
  scope: ['visits', 'help'],
  expires: '2027-04-02',
  by: 'p1',
  latest: {
    id: 'k',
    scope: ['visits', 'help'],
    how: 'spoken',
    given_at: '2026-09-01T01:00:00Z',
    witness: '隔壁邻居',
    expires: '2027-04-02',
  },
}
const detail = (consent: CareView['consent'], over: Partial<CareRow> = {}) =>
  ({ row: row(over), view: { consent }, people: [{ id: 'p1', name: '林晓' }] }) as unknown as CareDetail

describe('a row', () => {
  test('says what is due and how long nobody was seen', () => {
    expect(lineOf(row())).toBe('关爱探访·9 天没见')
    expect(lineOf(row({ days_since_seen: 0, due_now: false }))).toBe('关爱探访·今天见过')
    expect(lineOf(row({ days_since_seen: null }))).toBe('关爱探访·还没见过')
    expect(lineOf(row({ due: { why: 'renew_consent', day: TODAY } }))).toBe('续同意')
    expect(lineOf(row({ consent_ends_in: 9 }))).toBe('关爱探访·9 天没见·同意还剩 9 天')
    expect(lineOf(row({ due: { why: 'renew_consent', day: TODAY }, consent_ends_in: 0 }))).toBe(
      '续同意·同意今天到期',
    )
  })

  test('of somebody who took the consent back, or whose plan ended, asks for nothing', () => {
    expect(lineOf(row({ standing: 'withdrawn', due: null }))).toBe('已撤回')
    expect(lineOf(row({ closed: true, due: null }))).toBe('已结束')
    expect(dueOf(row({ due: null, overdue_days: 0 }), TODAY)).toBe('')
  })

  test('never says a type', () => {
    for (const words of [zh, en])
      for (const type of TYPES) expect(lineOf(row())).not.toContain(words.care.type[type])
  })

  test('says when, or how late it is', () => {
    expect(dueOf(row(), TODAY)).toBe('逾期 2 天')
    expect(dueOf(row({ overdue_days: 0, due: { why: 'visit', day: TODAY } }), TODAY)).toBe('今天')
    expect(dueOf(row({ overdue_days: 0, due: { why: 'visit', day: '2026-09-20' } }), TODAY)).toBe('9月20日前')
  })
})

describe('the consent', () => {
  test('is said in words: whether, until when, before whom', () => {
    expect(consentTitle(detail(given), TODAY)).toBe('已同意，到2027年4月2日')
    expect(consentText(detail(given), TODAY)).toBe('当面口头，见证：隔壁邻居')
    expect(consentTitle(detail(given, { standing: 'expired' }), TODAY)).toBe('2027年4月2日到期了')
    expect(consentTitle(detail({ state: 'pending' }, { standing: 'pending' }), TODAY)).toBe('还没问过本人')
  })

  test('that was withdrawn says who wrote it down', () => {
    const consent = { state: 'withdrawn' as const, by: 'p1', at: '2026-09-14T01:45:00Z', reason: null }
    const withdrawn = detail(consent, { standing: 'withdrawn' })
    expect(consentTitle(withdrawn, TODAY)).toBe('本人撤回了同意')
    expect(consentText(withdrawn, '2026-09-14T04:00:00Z')).toContain('林晓 9:45 记下')
  })

  test('decides what is offered at the thumb', () => {
    expect(actOf(detail(given))).toBe('support')
    expect(actOf(detail(given, { standing: 'expired' }))).toBe('consent')
    expect(actOf(detail({ state: 'pending' }, { standing: 'pending' }))).toBe('consent')
    expect(actOf(detail({ ...given, scope: ['help'] }))).toBe('consent')
    expect(actOf(detail(given, { closed: true }))).toBe('reopen')
  })

  test('ends on a day that exists', () => {
    expect(untilChoices('2026-11-30').map(({ value }) => value)).toEqual([
      '2027-02-28',
      '2027-05-30',
      '2027-11-30',
    ])
  })
})

test('help is said in one line', () => {
  const support = { kind: 'visit', seen: true, as_usual: true } as SupportView['support']
  const done = { support, by: 'p1', recorded_at: '', overruled: false }
  expect(supportTitle(done)).toBe('上门·见到本人·一切如常')
  expect(supportTitle({ ...done, support: { ...support, seen: false, as_usual: false } })).toBe('上门·没见到')
})

test('a number shows its ends, and a short one nothing', () => {
  expect(masked('142 0000 0504')).toBe('142****0504')
  expect(masked('12345')).toBe('****')
})

test('a consent that is near its end says so where it stood, and is renewed for as long as before', () => {
  expect(consentText(detail(given), TODAY)).toContain('隔壁邻居')
  expect(consentText(detail(given, { consent_ends_in: 3 }), TODAY)).toBe(
    '同意还剩 3 天。趁这次见面再问一声，续上。',
  )
  expect(untilAgain({ state: 'pending' }, TODAY)).toBe('2027-03-14')
  // given for seven months
  expect(untilAgain(given, TODAY)).toBe('2027-03-14')
  const year = { ...given, latest: { ...given.latest, expires: '2027-09-01' } }
  expect(untilAgain(year, TODAY)).toBe('2027-09-14')
})
