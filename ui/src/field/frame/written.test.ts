import { expect, test } from 'vitest'
import { beginWith, confirmedAs, newSince, withNew, type Written } from './written'

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

test('a record that comes after the words were confirmed is offered, and a sentence that was struck out is not', () => {
  const struck: Written = { ...beginWith(null, undefined, ['a', 'b']), text: 'a ' }
  const again = beginWith(confirmedAs(struck, 'a'), 'a', ['a', 'b', 'c'])
  expect(again.text).toBe('a')
  expect(newSince(again, ['a', 'b', 'c'])).toEqual(['c'])
})

test('a phone that does not know what was offered before offers what the confirmed words leave out', () => {
  const moved = beginWith(null, 'a，改过', ['a', 'b'])
  expect(newSince(moved, ['a', 'b'])).toEqual(['b'])
})

test('words that were changed after they were confirmed are half written', () => {
  const changed: Written = { ...confirmedAs({ text: 'a', offered: ['a'] }, 'a'), text: 'a 又改' }
  expect(beginWith(changed, 'a', ['a'])).toBe(changed)
})

test('words that nobody changed give way to what was confirmed later elsewhere', () => {
  const here = confirmedAs({ text: 'a', offered: ['a'] }, 'a')
  expect(beginWith(here, 'a 和 b', ['a', 'b'])).toEqual({
    text: 'a 和 b',
    offered: ['a'],
    confirmed: 'a 和 b',
  })
})
