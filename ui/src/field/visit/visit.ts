import { computed, ref, shallowRef } from 'vue'
import {
  asFault,
  phone,
  type Fault,
  type FieldChange,
  type HouseholdDetail,
  type NewVisit,
  type VisitOutcome,
} from '../../api/field'
import { dateOf } from '../../shared/moment'
import { useDraft } from '../frame/draft'
import { visitDraft } from '../incident/on-visit'
import { confirmed, handedIn, resumed, usualNext, withChange } from './form'

/** A visit being written at one door: what it says so far, and the verbs. */
export function useVisit(household: string, task: string | null) {
  const detail = shallowRef<HouseholdDetail>()
  const visit = ref<NewVisit>()
  const resumes = ref(false)
  const fault = shallowRef<Fault>()
  const saving = ref(false)
  const draft = useDraft(visitDraft(household), visit)

  const kept = computed(() => (detail.value && visit.value ? confirmed(detail.value.view, visit.value) : []))
  const today = computed(() => dateOf(visit.value?.started_at ?? phone.now()))

  async function begin() {
    try {
      detail.value = await phone.household(household)
      const [fresh, half] = await Promise.all([phone.beginVisit(household, task), draft.recall()])
      const begun = { ...fresh, next_due: usualNext('met', dateOf(fresh.started_at)) }
      visit.value = half ? resumed(half, begun) : begun
      if (task) visit.value.task = task
      if (!half) draft.untouched()
      resumes.value = half !== null && (half.changes.length > 0 || Boolean(half.note) || Boolean(half.voice))
    } catch (thrown) {
      fault.value = asFault(thrown)
    }
  }

  function end(outcome: VisitOutcome) {
    if (!visit.value) return
    visit.value.outcome = outcome
    visit.value.next_due = usualNext(outcome, today.value)
  }
  function change(next: FieldChange) {
    if (visit.value && detail.value)
      visit.value.changes = withChange(visit.value.changes, next, detail.value.view)
  }
  function undo() {
    visit.value?.changes.pop()
  }

  /** Saves it on this phone; the answer is the household after it, or nothing when the phone refused. */
  async function save(): Promise<HouseholdDetail | null> {
    if (!visit.value || !detail.value || saving.value) return null
    saving.value = true
    try {
      const ended = new Date(phone.now()).toISOString()
      const saved = await phone.saveVisit(household, handedIn(visit.value, detail.value.view, ended))
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
    ...{ detail, visit, resumed: resumes, fault, saving, confirmed: kept, today },
    ...{ end, change, undo, save, keepDraft: draft.keep, hold: draft.keepAnew },
  }
}
