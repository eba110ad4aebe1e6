// Who shares the fake phone. The page begins again whenever it is somebody else's turn, so this outlives it in the tab's own
// memory: who is here, their PINs, whose turn it is. What they recorded does not; each begins at their scene again.
import type { WorkerHere, WorkersHere } from '../../generated/phone'
import { Fault } from '../door'

const KEPT = 'fake-people'

/** The PINs of the scene `shared`. */
export const PINS = ['480215', '715093'] as const

interface Kept {
  choosing: boolean
  current: number
  next: number
  workers: (WorkerHere & { pin: string | null })[]
}

const SCENES: Partial<Record<string, Kept>> = {
  shared: {
    choosing: true,
    current: 1,
    next: 3,
    workers: [
      { number: 1, name: '林晓', waiting: 3, pin: PINS[0] },
      { number: 2, name: null, waiting: 0, pin: PINS[1] },
    ],
  },
  locked: {
    choosing: false,
    current: 1,
    next: 2,
    workers: [{ number: 1, name: null, waiting: null, pin: PINS[0] }],
  },
}
const ALONE: Kept = {
  choosing: false,
  current: 1,
  next: 2,
  workers: [{ number: 1, name: null, waiting: null, pin: null }],
}

export class People {
  private kept: Kept

  constructor(scene: string) {
    const before = sessionStorage.getItem(KEPT)
    this.kept = before ? (JSON.parse(before) as Kept) : structuredClone(SCENES[scene] ?? ALONE)
  }

  private save() {
    sessionStorage.setItem(KEPT, JSON.stringify(this.kept))
  }

  private me() {
    return this.kept.workers.find((worker) => worker.number === this.kept.current)
  }

  /** The second one, who has recorded nothing on this phone. */
  isSecond = () => this.kept.current !== 1
  isComing = () => this.me() === undefined
  isChoosing = () => this.kept.choosing
  isShared = () => this.kept.workers.length > 1 || this.isComing()
  needsPin = () => this.isShared() && this.me()?.pin === null
  pin = () => this.me()?.pin ?? null

  setPin(pin: string | null) {
    const me = this.me()
    if (me) me.pin = pin
    if (this.isShared()) this.save()
  }

  here(look: WorkersHere['look']): WorkersHere {
    return {
      choosing: this.kept.choosing,
      current: this.kept.current,
      needs_pin: this.needsPin(),
      workers: this.kept.workers.map(({ number, name, waiting }) => ({ number, name, waiting })),
      look,
    }
  }

  /** `waiting` is left behind. */
  change(waiting: number) {
    const me = this.me()
    if (me) me.waiting = waiting
    else this.kept.current = this.kept.workers[0]?.number ?? 1
    this.kept.choosing = this.kept.workers.length > 1
    this.save()
  }

  choose(number: number) {
    if (!this.kept.workers.some((worker) => worker.number === number)) throw new Fault('NOT_FOUND', 'nobody')
    this.kept.current = number
    this.kept.choosing = false
    this.save()
  }

  add(sealed: boolean, waiting: number) {
    if (this.pin() === null) throw new Fault('PIN_NEEDED', 'first the one who is here')
    if (!sealed) throw new Fault('PIN_NOT_SEALED', 'no way back yet')
    const me = this.me()
    if (me) me.waiting = waiting
    this.kept.current = this.kept.next
    this.kept.next += 1
    this.save()
  }

  enrolled() {
    if (!this.isComing()) return
    this.kept.workers.push({ number: this.kept.current, name: null, waiting: 0, pin: null })
    this.save()
  }

  show(name: string | null) {
    const me = this.me()
    if (me) me.name = name
    this.save()
  }

  leave(unsent: number) {
    if (unsent > 0) throw new Fault('UNSENT_WORK', `${unsent}`)
    this.kept.workers = this.kept.workers.filter((worker) => worker.number !== this.kept.current)
    this.kept.choosing = this.kept.workers.length > 1
    this.kept.current = this.kept.workers[0]?.number ?? 1
    this.save()
  }
}
