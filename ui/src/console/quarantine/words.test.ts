import { expect, test } from 'vitest'
import type { QuarantineLine } from '../../api/registry'
import { actOf, gridName, reasonOf, titleOf } from './words'

const line: QuarantineLine = {
  id: 'brought.d.p.OUT_OF_SCOPE',
  code: 'OUT_OF_SCOPE',
  document: 'd',
  kind: 'household',
  title: '听雨苑 3幢2单元502',
  grid: 'g',
  worker: '林晓',
  device: 'p',
  changes: 1,
  received_at: '2026-09-14T04:00:00Z',
  may_release: true,
}
const act = { what: 'visit', word: 'met', text: '水表箱的门掉了一颗螺丝', by: '林晓', at: null }

test('a reason is a sentence of its own, and one that nobody knows yet is a refusal', () => {
  expect(reasonOf(line)).toBe('不在本人网格')
  expect(reasonOf({ ...line, code: 'ACTOR_FORKED' })).toBe('编号重复')
  expect(reasonOf({ ...line, code: 'CHANGE_TOO_BIG' })).toBe('内容没收')
  expect(reasonOf({ ...line, id: 'document.d', code: 'INTERNAL' })).toBe('合并不了')
})

test('a document without a name is called by its kind, and without a grid it is nobody’s', () => {
  expect(titleOf(line)).toBe('听雨苑 3幢2单元502')
  expect(titleOf({ ...line, title: null })).toBe('户')
  expect(titleOf({ ...line, title: null, kind: 'from-the-future' })).toBe('from-the-future')
  expect(gridName({ ...line, grid: null }, [])).toBe('没有网格')
})

test('an act is told in the words of the desk, and one of a newer phone is not left out', () => {
  expect(actOf(act)).toEqual({ title: '走访：见人', text: '水表箱的门掉了一颗螺丝' })
  expect(actOf({ ...act, what: 'event', word: 'submit', text: '太暗' })).toEqual({
    title: '上报',
    text: '太暗',
  })
  expect(actOf({ ...act, what: 'event', word: 'new_verb', text: null })).toEqual({
    title: 'new_verb',
    text: '',
  })
  expect(actOf({ ...act, what: 'field', word: 'notes', text: '门铃坏了' }).title).toBe('改了备注')
  expect(actOf({ ...act, what: 'unheard', word: null, text: null }).title).toBe('其他记录')
})
