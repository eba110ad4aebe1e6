import { mount, flushPromises, type VueWrapper } from '@vue/test-utils'
import read from 'qr/decode.js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Fault, phone, standIn, type Phone } from '../../api/field'
import { fakePhone } from '../../api/field/fake'
import { speak } from '../../shared/words'
import { setStatus } from '../enrol/state'
import CardFace from './CardFace.vue'
import { squares, type Squares } from './squares'

let face: VueWrapper | undefined
beforeEach(async () => {
  vi.useFakeTimers()
  standIn(fakePhone(new URLSearchParams()))
  setStatus(await phone.status())
})
afterEach(() => {
  face?.unmount()
  face = undefined
  speak('zh-CN')
  vi.useRealTimers()
})

async function shown() {
  face = mount(CardFace)
  await flushPromises()
  return face
}
const after = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms)
  await flushPromises()
}
const words = (id: string) => face?.get(`[data-testid=${id}]`).text() ?? ''

/** What a camera reads of the drawing. */
function scanned({ size, path }: Squares) {
  const scale = 4
  const width = size * scale
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x, y, long] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let down = 0; down < scale; down += 1)
      for (let right = 0; right < Number(long) * scale; right += 1) {
        const at = ((Number(y) * scale + down) * width + Number(x) * scale + right) * 4
        data.fill(0, at, at + 3)
      }
  return read({ width, height: width, data })
}
function scan() {
  const code = face?.get('[data-testid=card-code]')
  const size = Number(code?.attributes('viewBox')?.split(' ')[2])
  return scanned({ size, path: code?.get('path').attributes('d') ?? '' })
}

test('a camera reads what was drawn, whatever it is', () => {
  for (const text of ['https://centre.example/verify#' + 'aZ09-_'.repeat(20), 'A', '楼道'])
    expect(scanned(squares(text))).toBe(text)
})

test('the card says who stands there and for which grid, and has a code with a name for those who do not see it', async () => {
  await shown()
  expect(words('card-name')).toBe('林晓')
  expect(words('card-role')).toBe('网格员')
  expect(words('card-grid')).toContain('梧桐-03')
  expect(face?.get('[data-testid=card-code]').attributes('aria-label')).toContain('二维码')
  expect(face?.findAll('[data-testid=card-pledge] li').length).toBe(4)
  speak('en')
  await flushPromises()
  expect(words('card-role')).toBe('Grid worker')
  expect(words('card-pledge')).toContain('consent')
})

test('without a network the code is there, leads to the centre, and keeps what was signed behind the hash', async () => {
  await shown()
  expect((await phone.status()).sync.phase).toBe('offline')
  expect(scan()).toMatch(/^https:\/\/centre\.wangshu\.example\/verify#[\w-]{119}$/)
})

test('seconds are counted, and after a minute there is a new code while the old one still serves', async () => {
  await shown()
  const first = scan()
  expect(words('card-next')).toContain('60 秒')
  await after(15_000)
  expect(words('card-next')).toContain('45 秒')
  expect(scan()).toBe(first)
  await after(45_000)
  expect(scan()).not.toBe(first)
  expect(words('card-next')).toContain('60 秒')
})

test('a code whose time is over is not shown any more, and why there is no new one is said', async () => {
  const good = phone
  await shown()
  const refuses: Phone = { ...good, workCard: () => Promise.reject(new Fault('LOCKED')) }
  standIn(refuses)
  await after(119_000)
  expect(face?.find('[data-testid=card-code]').exists()).toBe(true)
  await after(2_000)
  expect(face?.find('[data-testid=card-code]').exists()).toBe(false)
  expect(face?.find('[data-code=LOCKED]').exists()).toBe(true)
  standIn(good)
  await after(1_000)
  expect(face?.find('[data-testid=card-code]').exists()).toBe(true)
  expect(face?.find('[data-code=LOCKED]').exists()).toBe(false)
})
