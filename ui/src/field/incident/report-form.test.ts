import { describe, expect, test } from 'vitest'
import type { Category, Photo, PhotoStage, VoiceNote } from '../../api/field'
import { howOf, mayHandle, missing, photosOf, withCategory, type ReportForm } from './report-form'

const corridor = { code: 'F01001', level: 3, on_site: true } as Category
const drain = { code: 'P01003', level: 3, on_site: false } as Category
const leak = { code: 'E04002', level: 1, on_site: true } as Category
const photo = (stage: PhotoStage) => ({ hash: stage, stage }) as Photo
const empty: ReportForm = {
  incident: {
    id: 'i',
    grid: 'g',
    local_no: 'n',
    source: 'patrol',
    category: '',
    severity: 4,
    place: { text: '听雨苑 东门', household: null, position: null },
    description: '',
    finding: null,
  },
  photos: [],
  how: 'submit',
  measure: '',
  withoutPhoto: '',
  severityChosen: false,
}

describe('choosing what it is', () => {
  test('brings its usual severity', () => {
    expect(withCategory(empty, leak).incident.severity).toBe(1)
  })

  test('does not overrule the severity that the worker chose', () => {
    const urged = { ...empty, severityChosen: true, incident: { ...empty.incident, severity: 2 } }
    expect(withCategory(urged, corridor).incident.severity).toBe(2)
  })

  test('turns 现场已处置 back into a report where that is not allowed', () => {
    const handled = { ...withCategory(empty, corridor), how: 'self_handle' as const }
    expect(mayHandle(handled, corridor)).toBe(true)
    expect(withCategory(handled, drain).how).toBe('submit')
    expect(withCategory(handled, leak).how).toBe('submit')
  })
})

describe('what is missing', () => {
  const shot = { ...withCategory(empty, corridor), photos: [photo('before')] }

  test('is asked for in the order of the form', () => {
    expect(missing(empty)).toBe('MISSING_PHOTO')
    expect(missing({ ...empty, photos: [photo('before')] })).toBe('MISSING_CATEGORY')
    expect(missing(shot)).toBeNull()
  })

  test('a reason stands in for the photo of a report, not of a case handled on site', () => {
    const told = { ...withCategory(empty, corridor), withoutPhoto: '在下雨' }
    expect(missing(told)).toBeNull()
    expect(missing({ ...told, how: 'self_handle' })).toBe('MISSING_PHOTO')
  })

  test('a case handled on site needs a photo from afterwards', () => {
    expect(missing({ ...shot, how: 'self_handle' })).toBe('MISSING_AFTER_PHOTO')
    expect(missing({ ...shot, how: 'self_handle', photos: [photo('before'), photo('after')] })).toBeNull()
  })
})

test('a photo from afterwards stays behind when the case is reported after all', () => {
  const both = { ...empty, photos: [photo('before'), photo('after')] }
  expect(photosOf(both).map((p) => p.stage)).toEqual(['before'])
  expect(photosOf({ ...both, how: 'self_handle' }).length).toBe(2)
})

test('a case handled on site always says what was done', () => {
  expect(howOf({ ...empty, how: 'self_handle' }, '当场处置好了', '')).toEqual({
    type: 'self_handle',
    measure: '当场处置好了',
  })
  expect(howOf({ ...empty, withoutPhoto: ' ' }, '', '见语音')).toEqual({
    type: 'submit',
    without_photo_because: null,
  })
})

test('a voice note stands in for a photo, in words that an older centre reads', () => {
  const spoken = { ...empty, voice: { hash: 'v' } as VoiceNote }
  expect(missing(spoken)).toBe('MISSING_CATEGORY')
  expect(missing({ ...spoken, how: 'self_handle' })).toBe('MISSING_PHOTO')
  const because = (form: ReportForm) => {
    const how = howOf(form, '', '见语音')
    return how.type === 'submit' ? how.without_photo_because : undefined
  }
  expect(because(spoken)).toBe('见语音')
  expect(because({ ...spoken, withoutPhoto: '太暗' })).toBe('太暗')
  expect(because({ ...spoken, photos: [photo('before')] })).toBeNull()
})
