import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { standIn, type Phone, type SyncState } from '../../api/field'
import { exchanged } from './again'

let tell: (phase: SyncState['phase']) => void
const syncNow = vi.fn(async () => ({}) as SyncState)
beforeEach(() => {
  vi.useFakeTimers()
  syncNow.mockClear()
  const onSync: Phone['onSync'] = (listener) => {
    tell = (phase) => listener({ phase } as SyncState)
    return () => undefined
  }
  standIn({ syncNow, onSync } as unknown as Phone)
})
afterEach(() => void vi.useRealTimers())

const ended = async () => {
  let over = false
  const answer = exchanged().then(() => (over = true))
  await vi.advanceTimersByTimeAsync(0)
  return { answer, over: () => over }
}

test('a try is over when the exchange is, not when it was asked for', async () => {
  const one = await ended()
  expect(syncNow).toHaveBeenCalledTimes(1)
  tell('syncing')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(one.over()).toBe(false)
  tell('offline')
  await one.answer
})

test('a phone that had nothing to do keeps nobody waiting', async () => {
  const one = await ended()
  await vi.advanceTimersByTimeAsync(3_000)
  await one.answer
})

test('a line that crawls is let go of after half a minute', async () => {
  const one = await ended()
  tell('syncing')
  await vi.advanceTimersByTimeAsync(30_000)
  await one.answer
})
