// What a plan says of itself: how often, when last and by whom, and what is due of it today.
import type { PlanDue, PlanSummary, PlanWalk } from '../../api/field'
import { day, when, type Instant } from '../../shared/moment'
import { say } from '../../shared/words'
import { laterOf } from '../today/later'

/** A plan of which something is due. */
export type DuePlan = PlanSummary & { due: PlanDue }

export const isDue = (plan: PlanSummary): plan is DuePlan => plan.due !== null

/** Those to walk today; what waits for another day is not. */
export const duePlans = (plans: readonly PlanSummary[]) =>
  plans.filter(isDue).filter(({ due }) => !due.later.until)
export const waitingPlans = (plans: readonly PlanSummary[]) =>
  plans.filter(isDue).filter(({ due }) => due.later.until)

/** Where it is begun. */
export const startOf = ({ id }: PlanSummary) => `/patrol?plan=${id}`

const dotted = (...parts: string[]) => parts.filter(Boolean).join(say('sign.dot'))

/** `每天 1 次`, `每周 2 次`, `每 10 天 1 次`; nothing of a plan that is walked when somebody wants to. */
export function frequencyOf({ frequency }: PlanSummary): string {
  if (!frequency) return ''
  const { times: n, days } = frequency
  if (days === 1) return say('patrol.perDay', { n })
  return days === 7 ? say('patrol.perWeek', { n }) : say('patrol.perDays', { n, days })
}

const short = (time: string) => time.slice(0, 5).replace(/^0/, '')

/** `8:30–12:00` */
export const hoursOf = ({ window }: PlanSummary) =>
  window ? say('patrol.hours', { from: short(window[0]), to: short(window[1]) }) : ''

/** `上次 昨天 9:12，陈志强`, `9:05 出发，还没结束`, `还没巡过`. */
export function lastOf({ last, under_way }: PlanSummary, now: Instant): string {
  const named = ({ by, myself }: PlanWalk) => (myself ? null : by)
  // a day stays with its time
  const moment = (walk: PlanWalk) => when(walk.at, now).replaceAll(' ', '\u00a0')
  if (under_way) {
    const [at, name] = [moment(under_way), named(under_way)]
    return name ? say('patrol.onItBy', { at, name }) : say('patrol.onIt', { at })
  }
  if (!last) return say('patrol.neverWalked')
  const [at, name] = [moment(last), named(last)]
  return name ? say('patrol.lastWalkBy', { at, name }) : say('patrol.lastWalk', { at })
}

/** `今天 1/2 次`, where it is asked for more than once. */
function progressOf({ due, frequency }: PlanSummary): string {
  if (!due || due.asked < 2) return ''
  const { done, asked: n } = due
  return frequency?.days === 1 ? say('patrol.doneToday', { done, n }) : say('patrol.doneWeek', { done, n })
}

/** Below its name, in 今日: how often, when last, how long it waited. */
export const linesOf = (plan: DuePlan, now: Instant) =>
  [progressOf(plan), lastOf(plan, now), laterOf(plan.due.later)].filter(Boolean)

/** The same in one line. */
export const lineOf = (plan: DuePlan, now: Instant) => dotted(...linesOf(plan, now))

/** The value at the right: until when it waits, since when it is late, or its hours. */
export function dueOf(plan: DuePlan): string {
  const { later, overdue_days: n, late } = plan.due
  if (later.until) return day(later.until)
  if (n > 0) return say('today.overdueDays', { n })
  if (late && plan.window) return say('patrol.hoursOver', { to: short(plan.window[1]) })
  return hoursOf(plan) || say('time.today')
}

/** What stands below a plan that is chosen from the list: its points, how often, when last. */
export const hintOf = (plan: PlanSummary, now: Instant) =>
  dotted(
    say('patrol.points', { n: plan.checkpoints }),
    frequencyOf(plan),
    plan.frequency || plan.last || plan.under_way ? lastOf(plan, now) : '',
  )
