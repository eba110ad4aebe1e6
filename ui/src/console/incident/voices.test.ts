import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import type { VoiceNote } from '../../api/registry'
import Voices from './Voices.vue'

const note = (hash: string, duration_ms: number): VoiceNote => ({
  hash,
  media: 'webm',
  recorded_at: '2026-09-14T01:12:00Z',
  duration_ms,
  bytes: 30_000,
})

const shown = (voices: VoiceNote[]) => mount(Voices, { props: { voices } })

test('every voice note of a case has a player with a name, and a case without one shows nothing', () => {
  const page = shown([note('aa', 12_300), note('bb', 61_000)])
  const players = page.findAll('audio')
  expect(players.map((player) => player.attributes('src'))).toEqual([
    '/api/registry/voices/aa',
    '/api/registry/voices/bb',
  ])
  for (const [at, length] of ['0:12', '1:01'].entries()) {
    expect(players[at]?.attributes('aria-label')).toContain(`语音备注，${length}`)
    expect(page.findAll('figcaption')[at]?.text()).toBe(players[at]?.attributes('aria-label'))
    expect(players[at]?.attributes()).toHaveProperty('controls')
  }
  expect(shown([]).find('section').exists()).toBe(false)
})

test('one that cannot be heard says so in words', async () => {
  const page = shown([note('aa', 12_300)])
  await page.find('audio').trigger('error')
  expect(page.find('audio').exists()).toBe(false)
  expect(page.text()).toContain('语音还没传到中心')
})
