import { computed, ref, shallowRef } from 'vue'
import {
  asFault,
  Fault,
  phone,
  type CheckAnswer,
  type NewPlaceVisit,
  type PlaceDetail,
  type PlaceOutcome,
} from '../../api/field'
import { dateOf } from '../../shared/moment'
import { useDraft } from '../frame/draft'
import { placeVisitDraft } from '../incident/on-visit'
import { allPass, handedIn, missing, open, withAnswer } from './form'

/** A place being checked: what the visit says so far, and the verbs. */
export function usePlaceVisit(place: string) {
  const detail = shallowRef<PlaceDetail>()
  const visit = ref<NewPlaceVisit>()
  const resumed = ref(false)
  const fault = shallowRef<Fault>()
  const saving = ref(false)
  const draft = useDraft(placeVisitDraft(place), visit)

  const list = computed(() => detail.value?.checklist ?? null)
  const unanswered = computed(() => (visit.value ? open(visit.value, list.value) : []))

  async function begin() {
    try {
      detail.value = await phone.place(place)
      const [fresh, half] = await Promise.all([phone.beginPlaceVisit(place), draft.recall()])
      // A draft of another day, or of another list, is another visit: only its words are taken over.
      const same =
        half !== null &&
        dateOf(half.started_at) === dateOf(fresh.started_at) &&
        JSON.stringify(half.checklist) === JSON.stringify(fresh.checklist)
      visit.value = same ? half : { ...fresh, note: half?.note ?? null, request: half?.request ?? null }
      if (!half) draft.untouched()
      resumed.value =
        half !== null && (visit.value.answers.length > 0 || Boolean(half.note) || Boolean(half.request))
    } catch (thrown) {
      fault.value = asFault(thrown)
    }
  }

  function end(outcome: PlaceOutcome | null) {
    if (!visit.value || outcome === null) return
    visit.value.outcome = outcome
    visit.value.next_due = null
    fault.value = undefined
  }
  function answer(item: string, given: CheckAnswer | null) {
    if (!visit.value || !list.value || given === null) return
    visit.value.answers = withAnswer(visit.value.answers, list.value, item, given)
    if (unanswered.value.length === 0) fault.value = undefined
  }
  function passAll() {
    if (visit.value && list.value) visit.value.answers = allPass(visit.value.answers, list.value)
    fault.value = undefined
  }

  /** Saves it on this phone; the answer is the place after it, or nothing when something is missing. */
  async function save(): Promise<PlaceDetail | null> {
    if (!visit.value || saving.value) return null
    saving.value = true
    try {
      const lacks = missing(visit.value, list.value)
      if (lacks) throw new Fault(lacks, 'form')
      const ended = new Date(phone.now()).toISOString()
      const saved = await phone.savePlaceVisit(place, handedIn(visit.value, ended))
      await draft.drop()
      fault.value = undefined
      return saved
    } catch (thrown) {
      fault.value = asFault(thrown)
      await draft.keep().catch(() => undefined)
      return null
    } finally {
      saving.value = false
    }
  }

  void begin()
  return {
    ...{ detail, visit, list, resumed, fault, saving, unanswered },
    ...{ end, answer, passAll, save, keepDraft: draft.keep },
  }
}
