import { beforeEach, expect, test, vi } from 'vitest'
import { standIn, type Phone, type Today } from '../../api/field'
import { askToday, forgetToday, readToday } from './first'

const list = (day: string) => ({ day }) as unknown as Today
const asked = vi.fn<() => Promise<Today>>()
beforeEach(() => {
  forgetToday()
  asked.mockReset()
  standIn({ today: asked } as unknown as Phone)
})

test('the list of the start is read once, and asked anew from then on', async () => {
  asked.mockResolvedValueOnce(list('08:20')).mockResolvedValueOnce(list('08:25'))
  await askToday()
  expect(asked).toHaveBeenCalledTimes(1)
  expect(await readToday()).toEqual(list('08:20'))
  expect(asked).toHaveBeenCalledTimes(1)
  expect(await readToday()).toEqual(list('08:25'))
})

test('a start that led elsewhere leaves no old list behind', async () => {
  asked.mockResolvedValueOnce(list('08:20')).mockResolvedValueOnce(list('09:40'))
  await askToday()
  forgetToday()
  expect(await readToday()).toEqual(list('09:40'))
})

test('a phone that refused at the start is asked again by the page', async () => {
  asked.mockRejectedValueOnce(new Error('LOCKED')).mockResolvedValueOnce(list('08:21'))
  await askToday()
  expect(await readToday()).toEqual(list('08:21'))
})
