import { expect, test } from 'vitest'
import { addressOf } from './address'

test('an address typed by a thumb becomes one that can be called', () => {
  expect(addressOf(' centre.example.org/ ')).toBe('https://centre.example.org')
  expect(addressOf('http://127.0.0.1:8470')).toBe('http://127.0.0.1:8470')
})
