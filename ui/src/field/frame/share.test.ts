import { expect, test } from 'vitest'
import { shareFile, shareText, textFile, type SharePort } from './share'

const port = (over: Partial<SharePort> = {}) => {
  const copied: string[] = []
  const copy = async (text: string) => void copied.push(text)
  return { copied, port: { copy, ...over } }
}

test('where nothing shares, the text is copied', async () => {
  const { copied, port: web } = port()
  expect(await shareText('日志', '今天走访 9 户', web)).toBe('copied')
  expect(copied).toEqual(['今天走访 9 户'])
})

test('a sheet that was closed shares nothing and copies nothing; one that breaks is copied instead', async () => {
  const closed = port({ share: () => Promise.reject(new DOMException('closed', 'AbortError')) })
  expect(await shareText('日志', 'x', closed.port)).toBe('not')
  expect(closed.copied).toEqual([])
  const broken = port({ share: () => Promise.reject(new Error('no sheet')) })
  expect(await shareText('日志', 'x', broken.port)).toBe('copied')
})

test('what could not be copied is not said to be', async () => {
  expect(await shareText('日志', 'x', { copy: () => Promise.reject(new Error('no')) })).toBe('not')
})

test('a file goes to the sheet, or is saved where no sheet takes files; a closed sheet saves nothing', async () => {
  const saved: string[] = []
  const save = (file: File) => void saved.push(file.name)
  expect(await shareFile(textFile('a.txt', '{}'), { ...port().port, shareFile: async () => {}, save })).toBe(
    'shared',
  )
  expect(saved).toEqual([])
  const none = () => Promise.reject(new Error('no sheet for files'))
  expect(await shareFile(textFile('b.txt', '{}'), { ...port().port, shareFile: none, save })).toBe('saved')
  expect(await shareFile(textFile('c.txt', '{}'), { ...port().port, save })).toBe('saved')
  expect(saved).toEqual(['b.txt', 'c.txt'])
  const closed = () => Promise.reject(new DOMException('closed', 'AbortError'))
  expect(await shareFile(textFile('d.txt', '{}'), { ...port().port, shareFile: closed, save })).toBe('not')
  expect(saved).toHaveLength(2)
})
