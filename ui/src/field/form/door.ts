import { computed, ref, shallowRef } from 'vue'
import { asFault, Fault, phone, type FormDoor, type FormValue } from '../../api/field'
import { useDraft } from '../frame/draft'
import {
  answersOf,
  askedOf,
  draftKey,
  linesOf,
  missing,
  openOf,
  restOf,
  withAnswer,
  type HalfForm,
  type Line,
} from './form'

/** A form at a door: what is known, what the worker says so far, and the verbs. */
export function useFormDoor(form: string, round: string, household: string) {
  const opened = shallowRef<FormDoor>()
  const half = ref<HalfForm>()
  const resumed = ref(false)
  const fault = shallowRef<Fault>()
  const saving = ref(false)
  const draft = useDraft(draftKey(household, form, round), half)

  const lines = computed(() => (opened.value ? linesOf(opened.value.template, opened.value.columns) : []))
  const asked = computed(() => askedOf(lines.value))
  const rest = computed(() => restOf(lines.value))
  const said = computed(() => half.value?.said ?? {})
  const unanswered = computed(() => openOf(lines.value, said.value))

  async function begin() {
    try {
      const [fresh, before] = await Promise.all([phone.formDoor(form, round, household), draft.recall()])
      opened.value = fresh
      // What was half written for an older version may name columns that are gone: it begins anew.
      const kept = before?.version === fresh.row.form.version ? before : null
      half.value = kept ?? { id: fresh.id, version: fresh.row.form.version, said: {} }
      if (!kept) draft.untouched()
      resumed.value = kept !== null && Object.keys(kept.said).length > 0
    } catch (thrown) {
      fault.value = asFault(thrown)
    }
  }

  function answer(line: Line, value: FormValue | null) {
    if (!half.value) return
    half.value.said = withAnswer(half.value.said, line, value)
    if (unanswered.value.length === 0) fault.value = undefined
  }

  /** Saves it on this phone; what was not asked stands. Nothing when something is missing. */
  async function save(): Promise<FormDoor | null> {
    if (!half.value || !opened.value || saving.value) return null
    saving.value = true
    try {
      const lacks = missing(lines.value, said.value)
      if (lacks) throw new Fault(lacks, 'form')
      const saved = await phone.saveFormDoor(household, {
        id: half.value.id,
        form: opened.value.row.form,
        answers: answersOf(lines.value, said.value),
      })
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
  return { opened, lines, asked, rest, said, resumed, fault, saving, unanswered, answer, save }
}
