// The hazard form as plain facts: what is still missing, what may be handled on site.
import { isErrand } from './steps'
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
  if (isErrand(form.incident.category)) return missingOfErrand(form)
  const excused = form.how === 'submit' && (form.withoutPhoto.trim() !== '' || Boolean(form.voice))
  if (before(form).length === 0 && !excused) return 'MISSING_PHOTO'
  if (!form.incident.place.text.trim()) return 'MISSING_PLACE'
  if (!form.incident.category) return 'MISSING_CATEGORY'
  if (form.how === 'self_handle' && after(form).length === 0) return 'MISSING_AFTER_PHOTO'
  return null
}

/** An errand is told in words; a photo may be there and need not. */
function missingOfErrand(form: ReportForm): Code | null {
  if (!form.incident.place.text.trim()) return 'MISSING_PLACE'
  if (form.how === 'self_handle') return form.measure.trim() ? null : 'MISSING_REASON'
  const told =
    form.incident.description.trim() || form.photos.length || form.voice || form.withoutPhoto.trim()
  return told ? null : 'MISSING_WORDS'
}

/**
 * How it is handed in. An on-site case needs a word on what was done; `usual` stands in for it. A voice note that stands in for
 * the photo is named in words as well (`spoken`): a centre or phone of before there were any reads those. An errand says that there
 * is nothing to photograph (`errand`).
 */
export function howOf(form: ReportForm, usual: string, spoken: string, errand = ''): ReportHow {
  if (form.how === 'self_handle') return { type: 'self_handle', measure: form.measure.trim() || usual }
  const unseen = before(form).length === 0
  const told = isErrand(form.incident.category) ? errand : null
  const instead = unseen ? (form.voice ? spoken : told) : null
  return { type: 'submit', without_photo_because: form.withoutPhoto.trim() || instead }
}

/** What goes along: a photo from afterwards only with a case that was handled. */
export const photosOf = (form: ReportForm) =>
  form.how === 'self_handle' ? form.photos : form.photos.filter((photo) => photo.stage !== 'after')
