// What a row of 今日 says. The phone groups and orders; here are only the words and the door on the plate.
import type { TaskGroup, TaskRow } from '../../api/field'
import en from '../../locales/en.json'
import zh from '../../locales/zh-CN.json'
import { clock, day } from '../../shared/moment'
import { say } from '../../shared/words'
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

/** `逾期 1，今天到期 7，关爱 3，场所 2，昨天退回 2`, without the parts that are zero. */
export function briefOf(counts: {
  overdue: number
  due_today: number
  returned: number
  care?: readonly unknown[]
  places?: readonly unknown[]
}) {
  const parts = [
    { n: counts.overdue, word: say('today.briefOverdue') },
    { n: counts.due_today, word: say('today.briefDue') },
    { n: counts.care?.length ?? 0, word: say('today.briefCare') },
    { n: counts.places?.length ?? 0, word: say('today.briefPlaces') },
    { n: counts.returned, word: say('today.briefReturned') },
  ]
  return parts.filter(({ n }) => n > 0)
}

/** From four in the afternoon on, the day's log is offered. */
export const endsSoon = (now: number) => Number(clock(now).split(':')[0]) >= 16
