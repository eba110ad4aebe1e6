// What a case does not allow now, in words: what has to happen first, or why it comes no more.
import type { IncidentDetail, PossibleAct, Withheld } from '../../api/field'
import { say } from '../../shared/words'
import { isAct } from './acts'
import { nameOf } from './steps'

export type NotNow = { act: PossibleAct; because: Withheld['because']; title: string; why: string }

/** Why not, and what would have to happen. Every code of the phone has a sentence; here some say more. */
export function whyNow(detail: IncidentDetail, { act, because, first }: Withheld): string {
  if (first) return say(`incident.first.${first}`)
  const { state } = detail.row
  switch (because) {
    case 'WRONG_STATE':
      switch (state) {
        case 'closed':
        case 'evaluated':
        case 'merged':
        case 'not_filed':
        case 'cancelled':
          return say(`incident.over.${state}`)
        default:
          return say('incident.past', { state: say(`state.${state}`) })
      }
    case 'WRONG_ROLE':
      return act === 'check' ? checker(detail) : say('errors.WRONG_ROLE')
    case 'CANCEL_AFTER_ACCEPT':
    case 'OUT_OF_SCOPE':
      return say(`incident.why.${because}`)
    default:
      return say(`errors.${because}`)
  }
}

/** What an act is called where it is named and not done; what is done about a step is named at that step. */
function named(act: PossibleAct, detail: IncidentDetail): string | undefined {
  if (act === 'comment') return say('incident.addWords')
  if (act === 'add_photo') return say('incident.addPhoto')
  return isAct(act) ? nameOf(act, detail) : undefined
}

/** The row of each, in the order in which the phone tells them. */
export const notNow = (detail: IncidentDetail): NotNow[] =>
  detail.withheld.flatMap((one) => {
    const title = named(one.act, detail)
    return title ? [{ act: one.act, because: one.because, title, why: whyNow(detail, one) }] : []
  })

function checker({ people, view }: IncidentDetail): string {
  const name = people.find(({ id }) => id === view.checker)?.name
  return name ? say('incident.why.checker', { name }) : say('incident.why.someChecker')
}
