// What else has come of an incident, in words: calls, requests, whose it is, how a quarrel stands.
import type { Call, IncidentDetail, Request } from '../../api/field'
import { clock, day, when } from '../../shared/moment'
import { say } from '../../shared/words'

export type Fact = { key: string; label: string; value: string; note?: string; to?: string }

const nameOf = (detail: IncidentDetail, office: string) =>
  detail.departments.find((one) => one.id === office)?.name ?? say('role.handler')

/** One line for each department: who was called is asked after by name. */
function called(detail: IncidentDetail, call: Call, now: number): Fact[] {
  return call.departments.map((office) => {
    const answer = call.answers.find((one) => one.department === office)
    return {
      key: `${call.event}-${office}`,
      label: say(`incident.call.${call.kind}`, { office: nameOf(detail, office) }),
      value: answer
        ? say(`incident.answered.${call.kind}`, { at: when(answer.at, now) })
        : say(`incident.unanswered.${call.kind}`),
    }
  })
}

function asked(request: Request, now: number): Fact {
  const { outcome } = request
  return {
    key: request.event,
    label: say(`incident.request.${request.kind}`, {
      until: `${day(request.until)} ${clock(request.until)}`,
    }),
    value: say(`incident.outcome.${outcome.type}`, { at: 'at' in outcome ? when(outcome.at, now) : '' }),
    note: outcome.type === 'denied' ? outcome.reason : undefined,
  }
}

export function factsOf(detail: IncidentDetail, now: number): Fact[] {
  const { course } = detail.view
  if (!course) return []
  const facts: Fact[] = []
  if (course.merged_into)
    facts.push({
      key: 'merged',
      label: say('state.merged'),
      value: say('incident.mergedInto'),
      to: `/incidents/${course.merged_into}`,
    })
  for (const call of course.calls) facts.push(...called(detail, call, now))
  for (const request of course.requests) facts.push(asked(request, now))
  const ownership = course.ownership ?? course.ownership_proposed
  if (ownership)
    facts.push({
      key: 'ownership',
      label: say('incident.ownershipIs'),
      value: say(`incident.ownership.${ownership}`),
      note: course.ownership ? undefined : say('incident.proposed'),
    })
  const { dispute } = course
  if (dispute) {
    facts.push({
      key: 'tier',
      label: say('incident.tierIs'),
      value: say(`incident.tier.${dispute.tier}`),
      note: dispute.tier_since ? say('incident.since', { at: when(dispute.tier_since, now) }) : undefined,
    })
    if (dispute.stage)
      facts.push({
        key: 'stage',
        label: say('incident.stageIs'),
        value: say(`incident.disputeStage.${dispute.stage}`),
        note: dispute.parties ? say('incident.parties', { n: dispute.parties }) : undefined,
      })
    if (dispute.follow_up)
      facts.push({ key: 'follow', label: say('incident.followUp'), value: day(dispute.follow_up) })
    if (dispute.success !== null)
      facts.push({
        key: 'outcome',
        label: say('incident.outcomeIs'),
        value: say(dispute.success ? 'incident.agreed' : 'incident.notAgreed'),
        note:
          dispute.fulfilled === null
            ? undefined
            : say(dispute.fulfilled ? 'incident.kept' : 'incident.notKept'),
      })
  }
  return facts
}
