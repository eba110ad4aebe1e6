// What else there is to do at a door once one thing is done there: each with its day, leading to where it is done.
import type { HouseholdDetail } from '../../api/field'
import { day, daysBetween, dayWord } from '../../shared/moment'
import { say } from '../../shared/words'
import { dueOf as careDue, lineOf as careLine } from '../care/words'
import { titleOf as formTitle } from '../form/words'
import { categoryOf, hasEnded } from '../incident/words'

export type Thing = {
  id: string
  kind: 'task' | 'care' | 'form' | 'incident'
  title: string
  line: string
  to: string
}

type Door = Pick<HouseholdDetail, 'row' | 'tasks' | 'care' | 'forms' | 'incidents'>

const dotted = (...parts: string[]) => parts.filter(Boolean).join(say('sign.dot'))

/** `逾期 3 天`, `今天`, `9月20日` */
function dueWords(due: string, today: string): string {
  const late = daysBetween(due, today)
  if (late > 0) return say('today.overdueDays', { n: late })
  return late === 0 ? say('time.today') : late === -1 ? dayWord(due, today) : day(due)
}

/** Tasks and the visit that is due, care, forms, open cases; without what was done just now, and each case once. */
export function restOf(door: Door, today: string, just: readonly string[] = []): Thing[] {
  const named = new Set(door.tasks.map((task) => task.incident))
  const things: Thing[] = [
    ...door.tasks.map((task): Thing => ({
      id: task.id,
      kind: 'task',
      title: dotted(say(`task.${task.kind}`), task.text),
      line: dueWords(task.due, today),
      to: task.incident
        ? `/incidents/${task.incident}`
        : `/households/${task.household}/visit?task=${task.id}`,
    })),
    ...door.care
      .filter((row) => row.due_now && !row.closed && !row.later.until)
      .map((row): Thing => ({
        id: row.id,
        kind: 'care',
        title: dotted(say('care.due'), row.name),
        line: dotted(careLine(row), careDue(row, today)),
        to: `/care/${row.id}`,
      })),
    ...door.forms.map((row): Thing => ({
      id: row.form.id,
      kind: 'form',
      title: dotted(say('today.briefForms'), formTitle(row)),
      line: dueWords(row.due, today),
      to: `/forms/${row.form.id}/${row.form.round}/${door.row.id}`,
    })),
    ...door.incidents
      .filter((row) => !hasEnded(row.state) && !named.has(row.id))
      .map((row): Thing => ({
        id: row.id,
        kind: 'incident',
        title: dotted(say('visit.openCase'), categoryOf(row)),
        line: say(`state.${row.state}`),
        to: `/incidents/${row.id}`,
      })),
  ]
  return things.filter(({ id }) => !just.includes(id))
}
