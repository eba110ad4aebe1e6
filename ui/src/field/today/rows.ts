// What a row of 今日 says. The phone groups and orders; here are only the words and the door on the plate.
import type { CareRow, FormRow, PlaceRow, PlanSummary, TaskGroup, TaskRow, Today } from '../../api/field'
import en from '../../locales/en.json'
import zh from '../../locales/zh-CN.json'
import { clock, day } from '../../shared/moment'
import { say } from '../../shared/words'
import { duePlans, waitingPlans } from '../patrol/plan'
import { laterOf } from './later'

// A task that says nothing but its kind, in whichever language the centre wrote it.
const BARE = new Set<string>(['', zh.task.visit, en.task.visit])

const PLATE_LIMIT = 6

/** Where a task leads: to its act, never to a profile. */
export function actOf({ task }: TaskRow): string {
  if (task.incident) return `/incidents/${task.incident}`
  if (task.household) return `/households/${task.household}/visit?task=${task.id}`
  return task.kind === 'patrol' ? '/patrol' : `/today/${task.id}`
}

/** A place that is no household: its last word stands on the plate when it is short enough for a door. */
export function doorOf(row: TaskRow): { plate: string; rest: string } {
  if (row.plate) return { plate: row.plate, rest: '' }
  const words = row.name.split(' ')
  const last = words.at(-1) ?? ''
  if (!last || [...last].length > PLATE_LIMIT) return { plate: '', rest: row.name }
  return { plate: last, rest: words.slice(0, -1).join(' ') }
}

/** What the row says below its title: the act, and how often it waited. */
export const labelOf = (row: TaskRow) =>
  [lineOf(row), laterOf(row.later)].filter(Boolean).join(say('sign.dot'))

export const titleOf = (row: TaskRow) => (row.household ? row.name || row.household.room : row.task.text)

/** `关爱探访·陪同换燃气软管`, `走访·上次 36 天前`, `听雨苑 3幢2单元·复查`. */
export function lineOf(row: TaskRow): string {
  const kind = say(`task.${row.task.kind}`)
  if (!row.household) return [doorOf(row).rest, kind].filter(Boolean).join(say('sign.dot'))
  // a reminder has no words of its own
  const plain = !row.task.text || (row.task.kind === 'visit' && BARE.has(row.task.text))
  if (!plain) return `${kind}${say('sign.dot')}${row.task.text}`
  const last =
    row.days_since_visit === null
      ? say('household.never')
      : row.days_since_visit === 0
        ? say('household.lastToday')
        : say('household.lastDays', { n: row.days_since_visit })
  return `${kind}${say('sign.dot')}${last}`
}

/** The value at the right: until when, or since when too late. */
export function dueOf(row: TaskRow): string {
  if (row.done) return say('today.done')
  if (row.later.until) return day(row.later.until)
  if (row.overdue_days > 0) return say('today.overdueDays', { n: row.overdue_days })
  return row.task.time_hint ?? say('time.today')
}

/** A building's heading; one staircase is named when all its rows share it. */
export function headingOf(group: TaskGroup): string {
  if (group.hint === 'overdue') return say('today.overdue')
  if (group.hint === 'elsewhere') return say('today.elsewhere')
  if (group.hint === 'later') return say('later.title')
  const units = new Set(group.rows.map((row) => row.household?.unit ?? ''))
  const [unit] = units
  return units.size === 1 && unit ? `${group.title} ${unit}` : group.title
}

/** `从上往下·3 户`, `1 项`. */
export function asideOf(group: TaskGroup): string {
  const n = group.rows.length
  if (group.hint !== 'walking') return say('today.items', { n })
  return n > 1
    ? `${say('today.downwards')}${say('sign.dot')}${say('today.doors', { n })}`
    : say('today.doors', { n })
}

type Late = { overdue_days: number }
const isLate = (row: Late) => row.overdue_days > 0

/** What is late, of every kind, stands together at the top; each kind keeps what is due in time. */
export function sectionsOf(today: Pick<Today, 'groups' | 'care' | 'places' | 'plans'>) {
  const { groups, care, places } = today
  const plans = duePlans(today.plans)
  const late = {
    tasks: groups.filter(({ hint }) => hint === 'overdue').flatMap(({ rows }) => rows),
    care: care.filter(isLate),
    places: places.filter(isLate),
    plans: plans.filter(({ due }) => due.late),
  }
  return {
    late: { ...late, count: Object.values(late).reduce((sum, rows) => sum + rows.length, 0) },
    care: care.filter((row) => !isLate(row)),
    walk: groups.filter(({ hint }) => hint !== 'overdue' && hint !== 'later'),
    places: places.filter((row) => !isLate(row)),
    plans: plans.filter(({ due }) => !due.late),
    laterPlans: waitingPlans(today.plans),
    later: groups.find(({ hint }) => hint === 'later')?.rows ?? [],
  }
}

/** `逾期 3，今天到期 7，采集表 1，关爱 2，巡查 2，场所 1，退回重办 2`, without the parts that are zero. Each is counted once. */
export function briefOf(counts: {
  overdue: number
  due_today: number
  returned: number
  care?: readonly Late[]
  places?: readonly Late[]
  forms?: readonly unknown[]
  plans?: readonly PlanSummary[]
  found?: { word: string; n: number }
}) {
  const { care = [], places = [], forms = [], plans = [], found } = counts
  const walks = duePlans(plans)
  const inHours = walks.filter(({ due }) => !due.late).length
  const late = [...care, ...places].filter(isLate).length + walks.length - inHours
  const inTime = (rows: readonly Late[]) => rows.filter((row) => !isLate(row)).length
  const parts = [
    { n: counts.overdue + late, word: say('today.briefOverdue') },
    { n: counts.due_today, word: say('today.briefDue') },
    { n: forms.length, word: say('today.briefForms') },
    { n: inTime(care), word: say('today.briefCare') },
    { n: inHours, word: say('today.briefPatrols') },
    { n: inTime(places), word: say('today.briefPlaces') },
    { n: counts.returned, word: say('today.briefReturned') },
    ...(found ? [found] : []),
  ]
  return parts.filter(({ n }) => n > 0)
}

/** What the badge on 今日 counts: whatever can be cleared by working today, late or in time. */
export const badgeOf = (today: {
  overdue: number
  due_today: number
  care: readonly CareRow[]
  places: readonly PlaceRow[]
  forms: readonly FormRow[]
  plans: readonly PlanSummary[]
}) =>
  today.overdue +
  today.due_today +
  today.care.length +
  today.places.length +
  today.forms.length +
  duePlans(today.plans).length

/** From four in the afternoon on, the day's log is offered. */
export const endsSoon = (now: number) => Number(clock(now).split(':')[0]) >= 16
