// 稍后 on the fake phone: what waits, until when and why. The real rules live in core/src/snooze.rs.
import type {
  CareRow,
  Later,
  Plan,
  SnoozeInput,
  SnoozeReason,
  SnoozeSubject,
  Task,
} from '../../generated/phone'
import { Fault } from '../door'
import { today } from './street'
import { checked } from './words'

const MOST = 2

/** Days that a task may wait; null when it may not. */
export function longestOfTask(task: Task): number | null {
  if (task.incident || task.kind === 'verify' || task.kind === 'returned') return null
  return task.kind === 'care' ? 3 : 7
}

/** The same of a plan of which something is due. */
export function longestOfCare({ level, due }: Pick<CareRow, 'level' | 'due'>): number | null {
  if (level !== 'first') return 3
  return due?.why === 'visit' && due.day < today ? null : 1
}

/** The same of a route: until it would be due anew. */
export const longestOfPlan = ({ frequency }: Plan) =>
  frequency ? Math.min(7, Math.max(1, Math.floor(frequency.days / frequency.times))) : null

export class Snoozes {
  private kept = new Map<string, { until: string; reason: SnoozeReason; words: string | null }[]>()

  later(id: string, longest: number | null): Later {
    const kept = this.kept.get(id) ?? []
    const last = kept.at(-1)
    const refused = longest === null ? 'CANNOT_WAIT' : kept.length >= MOST ? 'SNOOZED_TWICE' : null
    return {
      times: kept.length,
      until: last && last.until > today ? last.until : null,
      reason: last?.reason ?? null,
      words: last?.words ?? null,
      days: refused ? 0 : (longest ?? 0),
      refused,
    }
  }

  put({ subject, days, reason, words }: SnoozeInput, longest: number | null) {
    const { refused, until, days: most } = this.later(subject.id, longest)
    if (until) throw new Fault('ALREADY_SO', subject.id)
    if (refused) throw new Fault(refused, subject.id)
    if (days < 1 || days > most) throw new Fault('VALUE_OUT_OF_RANGE', `${days} days`)
    const own = checked(words, 100)
    if (reason === 'other' && !own) throw new Fault('MISSING_REASON', 'blank')
    const day = new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10)
    const kept = this.kept.get(subject.id) ?? []
    this.kept.set(subject.id, [...kept, { until: day, reason, words: own }])
  }

  end(subject: SnoozeSubject) {
    const kept = this.kept.get(subject.id) ?? []
    const last = kept.at(-1)
    if (last && last.until > today) this.kept.set(subject.id, kept.slice(0, -1))
  }
}
