import { expect, test } from 'vitest'
import en from './en.json'
import zh from './zh-CN.json'

const keys = (node: object, path = ''): string[] =>
  Object.entries(node).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${path}${key}`] : keys(value as object, `${path}${key}.`),
  )

test('every sentence exists in both languages', () => {
  expect(keys(en).sort()).toEqual(keys(zh).sort())
})
