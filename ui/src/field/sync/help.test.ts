import { describe, expect, test } from 'vitest'
import type { Code, SyncItem, SyncState } from '../../api/field'
import { helpOf } from './help'

const state = (more: Partial<SyncState> = {}): SyncState => ({
  phase: 'offline',
  waiting_records: 1,
  waiting_photos: 0,
  waiting_voices: 0,
  stuck: 0,
  all_delivered_at: null,
  error: 'SERVER_UNREACHABLE',
  clock_ahead_ms: 0,
  ...more,
})
const item = (more: Partial<SyncItem>) =>
  ({ kind: 'visit', document: 'h126', receipt: { type: 'local' }, ...more }) as SyncItem
const refused = (code: Code, more: Partial<SyncItem> = {}) =>
  helpOf(item({ receipt: { type: 'refused', code }, ...more }), state())

describe('trying again', () => {
  test('is offered for whatever waits, with a network and without', () => {
    expect(helpOf(item({}), state())).toBe('again')
    expect(helpOf(item({ kind: 'photo' }), state({ phase: 'idle', error: null }))).toBe('again')
    expect(helpOf(item({}), state({ error: 'SERVER_BUSY' }))).toBe('again')
  })

  test('is not offered where it cannot help: it arrived, or the centre refuses this phone', () => {
    expect(helpOf(item({ receipt: { type: 'centre' } }), state())).toBeNull()
    expect(helpOf(item({}), state({ phase: 'refused', error: 'DEVICE_REVOKED' }))).toBeNull()
  })
})

describe('what was refused for good says what to do', () => {
  test('a photo is taken again and words are spoken again, also where this phone found them broken', () => {
    expect(refused('PHOTO_TRUNCATED', { kind: 'photo' })).toBe('retake')
    expect(
      helpOf(item({ kind: 'photo', receipt: { type: 'stuck', code: 'PHOTO_TRUNCATED' } }), state()),
    ).toBe('retake')
    expect(refused('VOICE_TRUNCATED', { kind: 'voice' })).toBe('record')
  })

  test('somebody else’s step goes to the lead, broken bytes to the office, and what is so already to nobody', () => {
    expect(refused('OUT_OF_SCOPE')).toBe('lead')
    expect(refused('CHANGE_MALFORMED')).toBe('office')
    expect(refused('ALREADY_RECORDED')).toBe('nothing')
  })

  test('a step that came too late is looked at where it stands; without a page it goes to the office', () => {
    expect(refused('WRONG_STATE', { kind: 'incident_event', document: 'i-lead' })).toBe('look')
    expect(refused('WRONG_STATE', { kind: 'work_log', document: null })).toBe('office')
  })
})
