// How long since somebody was at this door, as ground, as words, as a tag.
import type { HouseholdRow } from '../../api/field'
import { day } from '../../shared/moment'
import { say } from '../../shared/words'

export const RECENT_DAYS = 30
export const NORMAL_DAYS = 60
export const LATE_DAYS = 90

export type Ground = 'recent' | 'normal' | 'due' | 'late' | 'no-entry' | 'vacant'

const met = (row: HouseholdRow) => row.last_outcome === 'met' || row.last_outcome === 'phoned'

/** The tint of a plate or cell. What it says is always printed beside it. */
export function groundOf(row: HouseholdRow): Ground {
  if (row.void || row.vacant) return 'vacant'
  if (row.no_entry_until) return 'no-entry'
  if (row.days_since === null || row.days_since > LATE_DAYS) return 'late'
  if (row.days_since > NORMAL_DAYS || row.last_outcome === 'not_home') return 'due'
  return row.days_since > RECENT_DAYS ? 'normal' : 'recent'
}

/** Somebody should go: a task says so, or nobody has been there for too long. */
export function callsForVisit(row: HouseholdRow): boolean {
  if (row.void) return false
  if (row.due) return true
  const ground = groundOf(row)
  return ground === 'due' || ground === 'late'
}

/** `上次 36 天前`, `昨天未遇`. */
export function lastWords(row: HouseholdRow): string {
  if (row.void) return say('dwelling.isVoid')
  if (row.vacant) return say('household.vacantLine')
  if (row.no_entry_until) return say('household.noEntryUntil', { day: day(row.no_entry_until) })
  const days = row.days_since
  if (days === null) return say('household.never')
  if (row.last_outcome && !met(row)) {
    const outcome = say(`outcome.${row.last_outcome}`)
    if (days === 0) return say('household.todayOutcome', { outcome })
    if (days === 1) return say('household.yesterdayOutcome', { outcome })
    return say('household.daysOutcome', { n: days, outcome })
  }
  return days === 0 ? say('household.lastToday') : say('household.lastDays', { n: days })
}

/** The second line of a row: `3 人·上次 12 天前`. */
export function lineOf(row: HouseholdRow): string {
  if (row.void || row.vacant || row.no_entry_until || !row.size) return lastWords(row)
  return `${say('household.people', { n: row.size })}${say('sign.dot')}${lastWords(row)}`
}

export type Tag = { tone: 'amber' | 'late' | 'neutral' | 'accent'; text: string; door?: boolean }

/** One word at the right, if a person has to do something. */
export function tagOf(row: HouseholdRow): Tag | null {
  if (row.void) return { tone: 'neutral', text: say('dwelling.isVoid'), door: true }
  if (row.conflicts > 0) return { tone: 'accent', text: say('household.settle') }
  if (row.no_entry_until) return { tone: 'neutral', text: say('household.noEntry'), door: true }
  if (row.due) return { tone: 'amber', text: say('household.dueToday') }
  const ground = groundOf(row)
  // nobody was there yet, which the line beside it says
  if (ground === 'late' && row.days_since !== null)
    return { tone: 'late', text: say('household.over', { n: LATE_DAYS }) }
  if (row.last_outcome === 'not_home') return { tone: 'amber', text: say('household.again') }
  return null
}

/** What stands under the room in a cell of the floors: `36 天`, `未遇`, `空置`. */
export function cellWords(row: HouseholdRow): string {
  if (row.vacant) return say('household.vacant')
  if (row.no_entry_until) return say('household.noEntry')
  if (row.days_since === null) return say('household.neverShort')
  if (row.last_outcome && !met(row)) return say(`outcome.${row.last_outcome}`)
  return row.days_since === 0 ? say('time.today') : say('time.days', { n: row.days_since })
}

/** The name of a door's inhabitants, or that nobody lives there. */
export const nameOf = (row: HouseholdRow) =>
  row.vacant ? say('household.vacant') : row.name || say('household.noName')

/** `听雨苑 3幢2单元`. */
export const addressOf = (row: HouseholdRow) => `${row.building_name}${row.unit}`
