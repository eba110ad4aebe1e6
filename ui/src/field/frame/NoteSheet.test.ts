import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { nextTick } from 'vue'
import NoteSheet from './NoteSheet.vue'

const sheet = (text: string | null) => {
  const mounted = mount(NoteSheet, {
    props: {
      title: '备注',
      modelValue: true,
      text,
      'onUpdate:text': (words: string | null) => mounted.setProps({ text: words }),
      'onUpdate:modelValue': (open: boolean) => mounted.setProps({ modelValue: open }),
    },
    global: { stubs: { Sheet: { template: '<div><slot /></div>' } } },
  })
  return mounted
}

test('every letter is the page’s at once, so that its draft has it', async () => {
  const note = sheet(null)
  await note.get('[data-testid=note-text]').setValue('三楼有')
  expect(note.props('text')).toBe('三楼有')
  await note.get('[data-testid=note-text]').setValue('')
  expect(note.props('text')).toBeNull()
})

test('closing it takes nothing back, and leaves no blanks at the ends', async () => {
  const note = sheet('三楼')
  await note.get('[data-testid=note-text]').setValue('三楼有烟味 ')
  await note.setProps({ modelValue: false })
  await nextTick()
  expect(note.props('text')).toBe('三楼有烟味')
  expect(note.emitted('done')).toBeUndefined()
})
