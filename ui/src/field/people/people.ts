// How somebody is called who shares this phone, and what is said of their unsent work: a number and nothing else.
import type { WorkerHere, WorkersHere } from '../../api/field'
import { say } from '../../shared/words'

/** Their name, if they want to be chosen by it; else the number that they were given. */
export const called = (worker: WorkerHere) => worker.name ?? say('people.number', { n: worker.number })

/** What was unsent when they went away. While nobody knows, that is what is said. */
export function left({ waiting }: WorkerHere): string {
  if (waiting === null) return say('people.leftUnknown')
  return waiting === 0 ? say('people.leftNothing') : say('people.left', { n: waiting })
}

/** The one whose turn it is; nobody while a new one has no code yet. */
export const current = (here: WorkersHere) => here.workers.find((worker) => worker.number === here.current)

/** A new one who has no code yet: going back is possible. */
export const coming = (here: WorkersHere) => current(here) === undefined

export const shared = (here: WorkersHere) => here.workers.length > 1 || coming(here)
