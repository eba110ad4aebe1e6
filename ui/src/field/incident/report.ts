import { computed, ref, shallowRef } from 'vue'
import {
  asFault,
  Fault,
  phone,
  type Category,
  type IncidentDetail,
  type IncidentStart,
  type NearbyIncident,
  type PhotoStage,
  type PhotoWishes,
} from '../../api/field'
import { say } from '../../shared/words'
import { useDraft } from '../frame/draft'
import { tellVisit, type OnVisit } from './on-visit'
import { howOf, mayHandle, missing, photosOf, withCategory, type ReportForm } from './report-form'

/** A hazard being reported: the form so far, and the verbs. The draft is kept before the camera opens. */
export function useReport(
  start: Omit<IncidentStart, 'position'>,
  wished: string | null,
  visit: OnVisit | null = null,
) {
  const form = ref<ReportForm>()
  const categories = shallowRef<Category[]>([])
  const nearby = shallowRef<NearbyIncident[]>([])
  const fault = shallowRef<Fault>()
  const saving = ref(false)
  const resumed = ref(false)
  /** Photos that the phone is still making small and putting away. */
  const developing = ref(0)
  let lastPhoto: Promise<unknown> = Promise.resolve()
  const key = start.finding ? `report:${start.finding.finding}` : (visit?.own ?? 'report')
  const draft = useDraft(key, form)

  const category = computed(() => categories.value.find((c) => c.code === form.value?.incident.category))
  const onSite = computed(() => form.value !== undefined && mayHandle(form.value, category.value))

  async function begin() {
    try {
      categories.value = await phone.categories()
      const half = await draft.recall()
      if (half) {
        form.value = half
        resumed.value = half.photos.length > 0 || Boolean(half.voice) || half.incident.category !== ''
        return
      }
      const { position } = await phone.whereabouts()
      const incident = await phone.beginIncident({ ...start, position })
      form.value = {
        incident,
        photos: [],
        how: 'submit',
        measure: '',
        voice: null,
        withoutPhoto: '',
        severityChosen: false,
      }
      if (visit?.where) form.value.incident.place.text = visit.where
      if (visit?.words) form.value.incident.description = visit.words
      const wish = categories.value.find((c) => c.code === wished)
      if (wish) await choose(wish.code)
      await draft.keep()
    } catch (thrown) {
      fault.value = asFault(thrown)
    }
  }

  async function choose(code: string) {
    const chosen = categories.value.find((c) => c.code === code)
    if (!form.value || !chosen) return
    if (fault.value?.code === 'MISSING_CATEGORY') fault.value = undefined
    form.value = withCategory(form.value, chosen)
    nearby.value = []
    // by now the phone may know where it is
    if (!form.value.incident.place.position)
      form.value.incident.place.position = (await phone.whereabouts().catch(() => null))?.position ?? null
    const near = await phone.nearbyIncidents(code, form.value.incident.place.position).catch(() => [])
    if (form.value.incident.category === code) nearby.value = near
  }

  /** What was done already, behind what was said. */
  function note(words: string) {
    const said = form.value?.incident.description ?? ''
    if (form.value && !said.includes(words)) form.value.incident.description = `${said}${words}`
  }

  function urge(severity: number) {
    if (!form.value) return
    form.value.incident.severity = severity
    form.value.severityChosen = true
    if (!onSite.value) form.value.how = 'submit'
  }

  function addPhoto(file: File, stage: PhotoStage): Promise<boolean> {
    const done = develop(file, stage)
    lastPhoto = done
    return done
  }
  async function develop(file: File, stage: PhotoStage): Promise<boolean> {
    if (!form.value) return false
    developing.value += 1
    try {
      const { position } = await phone.whereabouts()
      const photo = await phone.addPhoto(file, stage, position)
      form.value.incident.place.position ??= position
      if (!form.value.photos.some((p) => p.hash === photo.hash)) form.value.photos.push(photo)
      fault.value = undefined
      await draft.keep()
      return true
    } catch (thrown) {
      fault.value = asFault(thrown)
      // The record goes without it, and says why: one press is enough.
      if (fault.value.code === 'PHOTO_NO_ROOM' && form.value) {
        form.value.withoutPhoto ||= say('report.noRoom')
        await draft.keep().catch(() => undefined)
      }
      return false
    } finally {
      developing.value -= 1
    }
  }
  function dropPhoto(hash: string) {
    if (!form.value) return
    form.value.photos = form.value.photos.filter((photo) => photo.hash !== hash)
    void letGo(hash)
  }
  /** The form first: a phone that dies in between has a photo too many, and never one too few. */
  async function letGo(hash: string) {
    await draft.keep()
    await phone.forgetPhoto(hash).catch(() => undefined)
  }
  async function markPhoto(hash: string, wishes: PhotoWishes): Promise<boolean> {
    if (!form.value) return false
    try {
      const photo = await phone.markPhoto(hash, wishes)
      form.value.photos = form.value.photos.map((old) => (old.hash === hash ? photo : old))
      if (photo.hash !== hash) await letGo(hash)
      return true
    } catch (thrown) {
      fault.value = asFault(thrown)
      return false
    }
  }

  async function save(): Promise<IncidentDetail | null> {
    if (!form.value || saving.value) return null
    saving.value = true
    try {
      // Quick thumbs press while the last photo is still being put away; it belongs to this report.
      await lastPhoto
      const lacks = missing(form.value)
      if (lacks) throw new Fault(lacks, 'form')
      const how = howOf(
        form.value,
        say('report.usualMeasure'),
        say('voice.instead'),
        say('incident.errand.noPhoto'),
      )
      const voices = form.value.voice ? [form.value.voice] : []
      const saved = await phone.reportIncident(form.value.incident, photosOf(form.value), voices, how)
      await draft.drop()
      if (visit) await tellVisit(visit.waits, saved.row.id)
      return saved
    } catch (thrown) {
      fault.value = asFault(thrown)
      return null
    } finally {
      saving.value = false
    }
  }

  /**
   * 就是这件: words, photos and voice go to the case that is open already, and nothing new is made. What has arrived there leaves
   * the form, so that a second press after a refusal doubles nothing; the words, which alone can be refused, go first.
   */
  async function follow(id: string): Promise<boolean> {
    if (!form.value || saving.value) return false
    saving.value = true
    try {
      await lastPhoto
      const written = form.value
      const text = written.incident.description.trim()
      if (text) await phone.actOnIncident(id, { type: 'comment', text })
      written.incident.description = ''
      for (const photo of [...written.photos]) {
        await phone.actOnIncident(id, { type: 'add_photo', photo })
        written.photos = written.photos.filter((other) => other.hash !== photo.hash)
      }
      if (written.voice) await phone.actOnIncident(id, { type: 'add_voice', voice: written.voice })
      written.voice = null
      await draft.drop()
      if (visit) await tellVisit(visit.waits, id)
      return true
    } catch (thrown) {
      fault.value = asFault(thrown)
      await draft.keep().catch(() => undefined)
      return false
    } finally {
      saving.value = false
    }
  }

  void begin()
  return {
    ...{ form, categories, category, nearby, onSite, fault, saving, resumed, developing },
    ...{ choose, urge, note, addPhoto, dropPhoto, markPhoto, save, follow, keepDraft: draft.keep },
  }
}
