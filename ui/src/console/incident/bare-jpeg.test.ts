import { expect, test } from 'vitest'
import { bareJpeg } from './bare-jpeg'

const start = [0xff, 0xd8]
const jfif = [0xff, 0xe0, 0, 4, 0x4a, 0x46]
const profile = [0xff, 0xe2, 0, 5, 1, 2, 3]
const comment = [0xff, 0xfe, 0, 3, 9]
const table = [0xff, 0xdb, 0, 4, 7, 7]
const scan = [0xff, 0xda, 0, 2, 0xff, 0xe2, 0, 1, 0xff, 0xd9]

test('a colour profile and a comment are left out, the picture is not touched', () => {
  const whole = new Uint8Array([...start, ...jfif, ...profile, ...table, ...comment, ...scan])
  expect([...bareJpeg(whole)]).toEqual([...start, ...jfif, ...table, ...scan])
})
