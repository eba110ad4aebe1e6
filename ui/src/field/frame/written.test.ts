import { expect, test } from 'vitest'
import { beginWith, newSince, withNew, type Written } from './written'

test('what was half written wins over what was confirmed, and that over the records', () => {
  const draft: Written = { text: '只写了一半', offered: ['a'] }
  expect(beginWith(draft, '确认过的', ['a', 'b'])).toBe(draft)
  expect(beginWith(null, '确认过的', ['a', 'b']).text).toBe('确认过的')
  expect(beginWith(null, undefined, ['a', 'b']).text).toBe('a\nb')
  expect(beginWith(null, '', ['a']).text, 'confirmed without a word is confirmed').toBe('')
})

test('records that came later are offered once and never overwrite a word', () => {
  const draft: Written = { text: 'a 改过了', offered: ['a'] }
  expect(newSince(draft, ['a', 'b'])).toEqual(['b'])
  const added = withNew(draft, ['a', 'b'])
  expect(added.text).toBe('a 改过了\nb')
  expect(newSince(added, ['a', 'b'])).toEqual([])
})
