import { describe, expect, test } from 'vitest'
import { CODES } from '../api/field'
import { say, words, type WordKey } from '../shared/words'
import en from './en.json'
import verify from './verify.json'
import zh from './zh-CN.json'

type Tree = { [key: string]: string | Tree }
const sentences = (node: Tree, path = ''): [string, string][] =>
  Object.entries(node).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[`${path}${key}`, value] as [string, string]]
      : sentences(value, `${path}${key}.`),
  )
const keys = (node: Tree) =>
  sentences(node)
    .map(([key]) => key)
    .sort()
const holes = (sentence: string) => new Set(sentence.match(/\{\w+\}/g) ?? [])

test('every sentence exists in both languages', () => {
  expect(keys(en)).toEqual(keys(zh))
})

const different = (one: Tree, other: Tree) => {
  const english = new Map(sentences(other))
  return sentences(one).filter(([key, text]) => {
    const [mine, theirs] = [holes(text), holes(english.get(key) ?? '')]
    return mine.size !== theirs.size || [...mine].some((hole) => !theirs.has(hole))
  })
}

test('a sentence asks for the same values in both languages', () => {
  expect(different(zh, en)).toEqual([])
})

// The page on which a resident checks a work card is made by the server, with these words.
test('the page of a work card says the same in both languages, and calls nobody by another role', () => {
  expect(keys(verify.en)).toEqual(keys(verify['zh-CN']))
  expect(different(verify['zh-CN'], verify.en)).toEqual([])
  expect(verify.en.roles).toEqual(en.role)
  expect(verify['zh-CN'].roles).toEqual(zh.role)
})

test('every code that the phone can answer has a sentence', () => {
  expect(CODES.length).toBeGreaterThan(50)
  expect(CODES.filter((code) => !(code in zh.errors))).toEqual([])
})

describe.each(['zh-CN', 'en'] as const)('the voice in %s', (language) => {
  const all = sentences(language === 'en' ? en : zh)

  test('nobody is shouted at, blamed or told that something is synchronised', () => {
    const said = [...all, ...sentences(verify[language])].filter(([, text]) =>
      /[!！]\s*$|亲，|您|已同步|提交成功|上传完成|打卡|签到|考核|synced/i.test(text),
    )
    expect(said).toEqual([])
  })

  test('every sentence can be said', () => {
    words.global.locale.value = language
    const named = { n: 2, m: 3, level: 2, done: 1, total: 2 }
    const dumb = all.filter(([key]) => {
      const text = say(key as WordKey, named)
      return text === key || text.includes('@:')
    })
    words.global.locale.value = 'zh-CN'
    expect(dumb).toEqual([])
  })
})
