// The hazard form as plain facts: what is still missing, what may be handled on site.
import type { Category, Code, NewIncident, Photo, ReportHow, VoiceNote } from '../../api/field'

export type ReportForm = {
  incident: NewIncident
  photos: Photo[]
  how: 'submit' | 'self_handle'
  measure: string
  /** What was said instead of typed. */
  voice?: VoiceNote | null
  withoutPhoto: string
  /** The worker said how urgent it is; a category chosen later does not overrule that. */
  severityChosen: boolean
}

/** Only what is not urgent and may be put right on the spot is offered as handled. */
export const ON_SITE_FROM = 3

export const mayHandle = (form: ReportForm, category: Category | undefined) =>
  form.incident.severity >= ON_SITE_FROM && category?.on_site === true

/** The form after a category was chosen: its usual severity, unless the worker said otherwise. */
export function withCategory(form: ReportForm, category: Category): ReportForm {
  const severity = form.severityChosen ? form.incident.severity : category.level
  const next = { ...form, incident: { ...form.incident, category: category.code, severity } }
  return { ...next, how: mayHandle(next, category) ? next.how : 'submit' }
}

export const before = (form: ReportForm) => form.photos.filter((photo) => photo.stage === 'before')
export const after = (form: ReportForm) => form.photos.filter((photo) => photo.stage === 'after')

/** The first thing that is missing, in the order in which the form asks. */
export function missing(form: ReportForm): Code | null {
  const excused = form.how === 'submit' && (form.withoutPhoto.trim() !== '' || Boolean(form.voice))
  if (before(form).length === 0 && !excused) return 'MISSING_PHOTO'
  if (!form.incident.place.text.trim()) return 'MISSING_PLACE'
  if (!form.incident.category) return 'MISSING_CATEGORY'
  if (form.how === 'self_handle' && after(form).length === 0) return 'MISSING_AFTER_PHOTO'
  return null
}

/**
 * How it is handed in. An on-site case needs a word on what was done; `usual` stands in for it. A voice note that stands in for
 * the photo is named in words as well (`spoken`): a centre or phone of before there were any reads those.
 */
export function howOf(form: ReportForm, usual: string, spoken: string): ReportHow {
  if (form.how === 'self_handle') return { type: 'self_handle', measure: form.measure.trim() || usual }
  const instead = form.voice && before(form).length === 0 ? spoken : null
  return { type: 'submit', without_photo_because: form.withoutPhoto.trim() || instead }
}

/** What goes along: a photo from afterwards only with a case that was handled. */
export const photosOf = (form: ReportForm) =>
  form.how === 'self_handle' ? form.photos : form.photos.filter((photo) => photo.stage !== 'after')
