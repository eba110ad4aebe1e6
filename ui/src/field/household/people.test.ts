import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, test } from 'vitest'
import { standIn } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import { words } from '../../shared/words'
import NewPersonSheet from './NewPersonSheet.vue'
import { lacking, mintPerson, personOf, relationOf, relationWords, type PersonForm } from './people'

const now = Date.parse('2026-09-14T01:46:00Z')
const form = (over: Partial<PersonForm> = {}): PersonForm => ({
  ...{ id: 'm', name: '王小丽', relation: '', year: '' },
  ...over,
})

test('a name is enough; a relation and a year of birth may be left out', () => {
  expect(lacking(form({ name: '  ' }), now)).toBe('name')
  expect(lacking(form(), now)).toBeNull()
  expect(personOf(form({ name: ' 王小丽 ', relation: '  ' }))).toEqual({
    ...{ id: 'm', display_name: '王小丽', birth_year: null, relation: null },
  })
})

afterEach(() => {
  words.global.locale.value = 'zh-CN'
})

test('a relation of a chip is kept as its code, and every screen says it in its own language', () => {
  expect(['户主', 'Head', 'head', '租客'].map(relationOf)).toEqual(['head', 'head', 'head', 'tenant'])
  expect(relationWords('spouse')).toBe('配偶')
  words.global.locale.value = 'en'
  expect(relationWords('spouse')).toBe('Spouse')
})

test('a word that somebody typed stays as it was typed, also one from before there were codes', () => {
  expect(relationOf('大女儿 ')).toBe('大女儿 ')
  words.global.locale.value = 'en'
  expect(['大女儿', '配偶', null].map(relationWords)).toEqual(['大女儿', '配偶', null])
})

test('whoever taps a chip hands in its code', async () => {
  standIn(fakePhone())
  const sheet = mount(NewPersonSheet, {
    props: { modelValue: false, fault: undefined, busy: false },
    global: { stubs: { teleport: true } },
  })
  await sheet.setProps({ modelValue: true })
  await flushPromises()
  await sheet.get('[data-testid=member-name]').setValue('王小丽')
  await sheet.get('[data-testid=member-relation-child]').trigger('click')
  const typed = sheet.get<HTMLInputElement>('input[data-testid=member-relation]')
  expect(typed.element.value).toBe('子女')
  await sheet.get('form').trigger('submit')
  expect(sheet.emitted('add')?.[0]).toMatchObject([{ display_name: '王小丽', relation: 'child' }])
})

test('a year of birth is a year, of somebody who lives and is born', () => {
  const says = (year: string) => lacking(form({ year }), now)
  expect(['1880', '1952', ' 2026 '].map(says)).toEqual([null, null, null])
  expect(['1879', '2027', '52', '19520315', '五二年'].map(says)).toEqual(Array(5).fill('year'))
  expect(personOf(form({ year: ' 1952 ' })).birth_year).toBe(1952)
})

test('the year that counts is the one on the Shanghai clock', () => {
  expect(lacking(form({ year: '2027' }), Date.parse('2026-12-31T16:00:00Z'))).toBeNull()
})

test('an id is a UUIDv7 that begins with its moment', () => {
  const id = mintPerson(now, new Uint8Array(16).fill(255))
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(now)
  expect(mintPerson(now)).not.toBe(mintPerson(now))
})
