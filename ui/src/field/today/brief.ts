// The morning brief as sections: what to say at the stand-up, each thing once, counted as on the page.
import type { CareRow, FormRow, FoundSince, PlaceRow, TaskRow, Today } from '../../api/field'
import { day, daysBetween, weekday } from '../../shared/moment'
import { say } from '../../shared/words'
import { dueOf as careDue, lineOf as careLine } from '../care/words'
import { dueOf as formDue, progressOf, titleOf as formTitle } from '../form/words'
import { lastWords } from '../household/last-visit'
import { categoryOf } from '../incident/words'
import { dueOf as planDue, lineOf as planLine, startOf, type DuePlan } from '../patrol/plan'
import { dueOf as placeDue, lineOf as placeLine } from '../place/words'
import { actOf, dueOf, lineOf, sectionsOf, titleOf } from './rows'

export type Line = { id: string; to: string; title: string; line: string; due: string }
/** `n` counts what there is where not every line is shown. */
export type Part = { key: string; title: string; lines: Line[]; n?: number }

const spaced = (...words: (string | undefined)[]) => words.filter(Boolean).join(' ')

const taskLine = (row: TaskRow): Line => ({
  id: row.task.id,
  to: actOf(row),
  title: spaced(row.plate, titleOf(row)),
  line: lineOf(row),
  due: dueOf(row),
})
const careLineOf = (row: CareRow, today: string): Line => ({
  id: row.id,
  to: `/care/${row.id}`,
  title: spaced(row.household?.room, row.name),
  line: careLine(row),
  due: careDue(row, today),
})
const placeLineOf = (row: PlaceRow): Line => ({
  id: row.id,
  to: `/places/${row.id}/visit`,
  title: row.name,
  line: placeLine(row),
  due: placeDue(row),
})
const planLineOf = (plan: DuePlan, now: number): Line => ({
  id: plan.id,
  to: startOf(plan),
  title: plan.name,
  line: planLine(plan, now),
  due: planDue(plan),
})
const formLine = (row: FormRow, today: string): Line => ({
  id: row.form.id + row.form.round,
  to: `/forms/${row.form.id}/${row.form.round}`,
  title: formTitle(row),
  line: progressOf(row),
  due: formDue(row, today),
})

/** Doors at which nobody was home last time and that are due again: worth another hour of the day. */
export function notHomeOf({ groups, care }: Pick<Today, 'groups' | 'care'>): Line[] {
  const tasks = groups.filter(({ hint }) => hint !== 'later').flatMap(({ rows }) => rows)
  const due = [
    ...tasks.filter(({ done }) => !done).map((row) => ({ door: row.household, to: actOf(row) })),
    ...care.map((row) => ({ door: row.household, to: `/care/${row.id}` })),
  ]
  const found = new Map<string, Line>()
  for (const { door, to } of due) {
    if (door?.last_outcome !== 'not_home' || found.has(door.id)) continue
    found.set(door.id, {
      id: door.id,
      to,
      title: spaced(door.room, door.name),
      line: lastWords(door),
      due: '',
    })
  }
  return [...found.values()]
}

/** What is said of what was found; the rest of a bad day is in the list of incidents. */
const FOUND_AT_MOST = 6

/** `昨天发现`, after a weekend `周五以来发现`, after a long holiday `9月30日以来发现`. */
export function foundTitle({ found, date }: Pick<Today, 'found' | 'date'>): string {
  const days = daysBetween(found.since, date)
  if (days <= 1) return say('today.foundYesterday')
  return say('today.foundSince', { day: days < 7 ? weekday(found.since) : day(found.since) })
}

export const foundCount = ({ found }: Pick<Today, 'found'>) => found.reports.length + found.findings.length

/** Reports lead to their case, what was only seen to the patrol on which it was. */
export function foundOf({ reports, findings }: FoundSince): Line[] {
  const lines = [
    ...reports.map((row): Line => ({
      id: row.id,
      to: `/incidents/${row.id}`,
      title: categoryOf(row),
      line: row.place,
      due: say(`state.${row.state}`),
    })),
    ...findings.map((seen): Line => ({
      id: seen.id,
      to: `/patrols/${seen.patrol}`,
      title: categoryOf(seen),
      line: seen.note ?? seen.by ?? say('task.patrol'),
      due: say(`finding.${seen.state}`),
    })),
  ]
  const left = lines.length - FOUND_AT_MOST
  if (left < 2) return lines
  const more = { id: 'more', to: '/incidents', title: say('today.foundMore', { n: left }), line: '', due: '' }
  return [...lines.slice(0, FOUND_AT_MOST), more]
}

/** What there is to say; parts of which there is nothing are left out. */
export function partsOf(today: Today, now: number): Part[] {
  const { late, care, walk, places, plans } = sectionsOf(today)
  const open = (rows: readonly TaskRow[]) => rows.filter((row) => !row.done).map(taskLine)
  const parts: Part[] = [
    {
      key: 'late',
      title: say('today.briefOverdue'),
      lines: [
        ...late.care.map((row) => careLineOf(row, today.date)),
        ...open(late.tasks),
        ...late.places.map(placeLineOf),
        ...late.plans.map((plan) => planLineOf(plan, now)),
      ],
    },
    { key: 'due', title: say('today.briefDue'), lines: open(walk.flatMap(({ rows }) => rows)) },
    {
      key: 'found',
      title: foundTitle(today),
      lines: foundOf(today.found),
      n: foundCount(today),
    },
    {
      key: 'forms',
      title: say('today.briefForms'),
      lines: today.forms.map((row) => formLine(row, today.date)),
    },
    {
      key: 'care',
      title: say('today.briefCare'),
      lines: care.map((row) => careLineOf(row, today.date)),
    },
    {
      key: 'patrols',
      title: say('today.briefPatrols'),
      lines: plans.map((plan) => planLineOf(plan, now)),
    },
    { key: 'places', title: say('today.briefPlaces'), lines: places.map(placeLineOf) },
    { key: 'not-home', title: say('today.briefNotHome'), lines: notHomeOf(today) },
  ]
  return parts.filter(({ lines }) => lines.length > 0)
}
