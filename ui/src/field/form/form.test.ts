import { describe, expect, it } from 'vitest'
import type { Column, FormTemplate, FormValue, Prefilled } from '../../api/field'
import {
  answersOf,
  askedOf,
  corrected,
  linesOf,
  missing,
  numberOf,
  openOf,
  percentOf,
  restOf,
  withAnswer,
  type Line,
} from './form'
import { dueOf, listedWords, sourceOf, valueWords } from './words'

const choice = (value: string): FormValue => ({ type: 'choice', value })
const text = (value: string): FormValue => ({ type: 'text', value })

function line(
  key: string,
  kind: Column['kind'],
  value: FormValue | null,
  asked: boolean,
  required = true,
): Line {
  const column: Column = {
    ...{ key, label_zh: key, label_en: key, kind, required, reuse_days: 30, tier: 1, prefill_from: null },
    choices: [
      { id: 'same', name_zh: '没变化', name_en: 'No change' },
      { id: 'less', name_zh: '少了', name_en: 'Less' },
    ],
  }
  const known: Prefilled = {
    ...{ column: key, value, asked, as_of: value ? '2026-06-17T02:10:00.000Z' : null },
    from: value ? 'earlier' : 'nothing',
  }
  return { column, known }
}

const contact = line('contact', 'text', text('李阿姨'), false)
const size = line('size', 'number', { type: 'number', value: 2 }, false)
const income = line('income', 'choice', choice('same'), true)
const since = line('since', 'date', null, true, false)
const lines = [contact, size, income, since]

describe('a form at a door', () => {
  it('keeps the order of the form, and leaves out what the phone does not know of', () => {
    const template = { columns: lines.map(({ column }) => column) } as FormTemplate
    const known = [income, contact].map(({ known }) => known)
    expect(linesOf(template, known).map(({ column }) => column.key)).toEqual(['contact', 'income'])
  })

  it('asks some, and lets the rest stand', () => {
    expect(askedOf(lines)).toEqual([income, since])
    expect(restOf(lines)).toEqual([contact, size])
  })

  it('is open until every required column that is asked has an answer, also where one was given before', () => {
    expect(openOf(lines, {})).toEqual(['income'])
    expect(missing(lines, {})).toBe('MISSING_ANSWER')
    expect(openOf(lines, { income: choice('same') })).toEqual([])
    expect(missing(lines, { income: choice('same') })).toBe(null)
  })

  it('is open again where a column that stood was emptied', () => {
    expect(openOf(lines, { income: choice('same'), contact: text('  ') })).toEqual(['contact'])
  })

  it('hands in what was asked and what was corrected, and nothing that stands', () => {
    const said = { income: choice('less'), contact: text(' 王阿姨 '), since: text('') }
    expect(answersOf(lines, said)).toEqual([
      { column: 'contact', value: text('王阿姨') },
      { column: 'income', value: choice('less') },
    ])
    expect(corrected(lines, said)).toEqual([contact])
  })

  it('lets a correction go that is put back, and keeps an answer that is the old one', () => {
    const once = withAnswer({}, contact, text('王阿姨'))
    expect(once).toEqual({ contact: text('王阿姨') })
    expect(withAnswer(once, contact, text('李阿姨'))).toEqual({})
    expect(withAnswer({}, income, choice('same'))).toEqual({ income: choice('same') })
    expect(withAnswer({ income: choice('same') }, income, null)).toEqual({})
  })

  it('takes digits for a number, however they are typed, and nothing else', () => {
    expect(numberOf(' ３ ')).toEqual({ type: 'number', value: 3 })
    for (const typed of ['', '两个', '-1', '1.5', '12345678901']) expect(numberOf(typed)).toBe(null)
  })

  it('says how far it is, and a form without doors is done', () => {
    expect(percentOf({ done: 5, doors: 16 })).toBe(31)
    expect(percentOf({ done: 0, doors: 0 })).toBe(100)
  })
})

describe('the words of a form', () => {
  it('reads a choice by its name, and one that is not offered any more by its code', () => {
    expect(valueWords(income.column, choice('less'))).toBe('少了')
    expect(valueWords(income.column, choice('coal'))).toBe('coal')
    expect(valueWords(income.column, { type: 'yes_no', value: true })).toBe('是')
    expect(valueWords(income.column, null)).toBe('没有')
  })

  it('shows the ends of a telephone number in a list, and all of it where it is corrected', () => {
    const phone = line('phone', 'text', text('142 0000 0123'), false)
    phone.column.prefill_from = 'contact_phone'
    expect(listedWords(phone.column, phone.known.value)).toBe('142****0123')
    expect(valueWords(phone.column, phone.known.value)).toBe('142 0000 0123')
    expect(listedWords(phone.column, text('12345'))).toBe('****')
    expect(listedWords(contact.column, contact.known.value)).toBe('李阿姨')
  })

  it('says where a value comes from and since when', () => {
    expect(sourceOf(income.known)).toBe('上次填过·6月17日')
    expect(sourceOf({ ...contact.known, from: 'held', as_of: null })).toBe('登记里有')
    expect(sourceOf(since.known)).toBe('没有填过')
  })

  it('says by when', () => {
    const row = {
      ...{ form: { id: 'f', version: 1, round: '2026-09' }, title_zh: '', title_en: '', office: '民政办' },
      ...{ due: '2026-09-14', due_time: '12:00', overdue_days: 0, due_now: true, doors: 2, done: 0 },
      expired: false,
    }
    expect(dueOf(row, '2026-09-14')).toBe('今天 12:00 前')
    expect(dueOf({ ...row, due: '2026-09-16', due_time: null }, '2026-09-14')).toBe('9月16日')
    expect(dueOf({ ...row, overdue_days: 2 }, '2026-09-16')).toBe('逾期 2 天')
    expect(dueOf({ ...row, expired: true }, '2026-09-16')).toBe('已过期')
  })
})
