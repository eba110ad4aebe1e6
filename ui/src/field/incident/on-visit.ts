// A hazard found on a visit, at a door or in a shop: the visit waits as a draft while it is reported, and hears of the case.
import { phone, type NewPlaceVisit, type NewVisit } from '../../api/field'

/** Under which keys visits wait, half written. A phone that a door has left drops them, and the reports begun there, by these. */
export const visitDraft = (household: string) => `visit:${household}`
export const placeVisitDraft = (place: string) => `place-visit:${place}`

export type OnVisit = {
  /** The visit that one comes back to. */
  back: string
  /** Under which key it waits. */
  waits: string
  /** Under which key this report is kept meanwhile: it is no other one's. */
  own: string
  /** What is known already. */
  where: string | null
  words: string | null
}

/** The visit that a report belongs to, as its address says; none when it was begun elsewhere. */
export function onVisit(asked: (key: string) => string | null): OnVisit | null {
  const [place, household] = [asked('place'), asked('household')]
  const known = { where: asked('where'), words: asked('words') }
  if (place)
    return {
      back: `/places/${place}/visit`,
      waits: placeVisitDraft(place),
      own: `report:${place}:${asked('item') ?? ''}`,
      ...known,
    }
  if (household)
    return {
      back: `/households/${household}/visit`,
      waits: visitDraft(household),
      own: `report:${household}:visit`,
      ...known,
    }
  return null
}

/** What was reported on this visit so far, in a draft that waits while the report is written. */
export function withIncident(draft: string | null, incident: string): string | null {
  if (draft === null) return null
  const visit = JSON.parse(draft) as NewVisit | NewPlaceVisit
  if (visit.incidents.includes(incident)) return draft
  return JSON.stringify({ ...visit, incidents: [...visit.incidents, incident] })
}

/** The report is safe by now: a visit that does not hear of it is no reason to say that it failed. */
export async function tellVisit(waits: string, incident: string) {
  try {
    const told = withIncident(await phone.draftGet(waits), incident)
    if (told !== null) await phone.draftPut(waits, told)
  } catch {
    // it stands in the list of cases all the same
  }
}
