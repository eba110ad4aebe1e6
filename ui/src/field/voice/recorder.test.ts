import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { Fault, standIn, type Phone, type VoiceNote } from '../../api/field'
import { whyUnavailable, type Unavailable } from '../frame/device'
import { microphone, Unheard, type Microphone } from './microphone'
import { lengthOf, LONGEST_MS, useRecorder } from './recorder'

const NOTE = { hash: 'h', media: 'webm', duration_ms: 3_000, bytes: 7_000 } as VoiceNote
const added = vi.fn<(file: Blob) => Promise<VoiceNote>>()

/** A microphone that hears one word, and says what was done with it. */
function said(word = 'word') {
  const done: string[] = []
  let takeAway = () => {}
  const port: Microphone = {
    async listen(ended) {
      done.push('listen')
      takeAway = ended
      return {
        stop: async () => (done.push('stop'), new Blob([word])),
        drop: () => (done.push('drop'), ended()), // as a browser does
      }
    },
  }
  return { port, done, takeAway: () => takeAway() }
}
const silent = (why: Unavailable): Microphone => ({ listen: () => Promise.reject(new Unheard(why)) })

function recorder(port: Microphone) {
  const kept: VoiceNote[] = []
  const scope = effectScope()
  const made = scope.run(() => useRecorder((note) => kept.push(note), port))
  if (!made) throw new Error('no recorder')
  return { ...made, kept, leave: () => scope.stop() }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  added.mockReset().mockResolvedValue(NOTE)
  standIn({ addVoice: added } as unknown as Phone)
})
afterEach(() => vi.useRealTimers())

describe('a voice note', () => {
  test('is on the phone before the screen hears of it', async () => {
    const mouth = said('三楼有烟味')
    const { start, stop, stage, elapsed, kept } = recorder(mouth.port)
    await start()
    expect(stage.value).toBe('recording')
    vi.advanceTimersByTime(2_400)
    expect(elapsed.value).toBe(2_400)
    let put: (note: VoiceNote) => void = () => {}
    added.mockReturnValueOnce(new Promise((done) => (put = done)))
    const stopping = stop()
    await vi.waitFor(() => expect(added).toHaveBeenCalledOnce())
    expect([stage.value, kept]).toEqual(['keeping', []])
    expect(await added.mock.calls[0]?.[0].text()).toBe('三楼有烟味')
    put(NOTE)
    await stopping
    expect([stage.value, kept]).toEqual(['still', [NOTE]])
    expect(mouth.done).toEqual(['listen', 'stop'])
  })

  test('ends by itself after a minute', async () => {
    const { start, stage, elapsed, kept } = recorder(said().port)
    await start()
    vi.advanceTimersByTime(LONGEST_MS - 200)
    expect(stage.value).toBe('recording')
    vi.advanceTimersByTime(200)
    await vi.waitFor(() => expect(kept).toEqual([NOTE]))
    expect(elapsed.value).toBe(LONGEST_MS)
  })

  test('is kept as far as it got when the system takes the microphone away', async () => {
    const mouth = said()
    const { start, kept } = recorder(mouth.port)
    await start()
    mouth.takeAway()
    await vi.waitFor(() => expect(kept).toEqual([NOTE]))
  })

  test('is let go of when the screen is left, also while the system is still asking', async () => {
    const mouth = said()
    const recording = recorder(mouth.port)
    await recording.start()
    recording.leave()
    const asking = recorder(mouth.port)
    const started = asking.start()
    asking.leave()
    await started
    expect(mouth.done).toEqual(['listen', 'drop', 'listen', 'drop'])
    expect(added).not.toHaveBeenCalled()
  })

  test('that the phone does not keep is answered in words, and the next one may begin', async () => {
    added.mockRejectedValueOnce(new Fault('STORAGE_FULL'))
    const { start, stop, stage, fault, kept } = recorder(said().port)
    await start()
    expect(await stop()).toBe(false)
    expect(await stop(), 'whoever was told once may go on').toBe(true)
    expect([fault.value?.code, stage.value, kept]).toEqual(['STORAGE_FULL', 'still', []])
    await start()
    expect([fault.value, stage.value]).toEqual([undefined, 'recording'])
  })

  test.each(['unsupported', 'denied', 'missing', 'taken'] as const)('says why not: %s', async (why) => {
    const { start, stage, silence } = recorder(silent(why))
    await start()
    expect([silence.value, stage.value]).toEqual([why, 'still'])
  })
})

describe('a microphone', () => {
  test('that this page has not is unsupported, and nothing is thrown but that', async () => {
    await expect(microphone.listen(() => {})).rejects.toEqual(new Unheard('unsupported'))
  })

  test('that is refused, missing or taken is told apart by what the browser throws', () => {
    const named = (name: string) => whyUnavailable(Object.assign(new Error(), { name }))
    expect(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'TypeError'].map(named)).toEqual([
      'denied',
      'missing',
      'taken',
      'unsupported',
    ])
  })
})

test('a length is minutes and seconds, and never nothing', () => {
  expect([0, 400, 7_400, 59_600, 61_000].map(lengthOf)).toEqual(['0:01', '0:01', '0:07', '1:00', '1:01'])
})
