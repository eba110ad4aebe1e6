// The lock of the fake phone: the same answers, without the slow key. Its codes are those of enrolling.
import type { LockState, Settings } from '../../generated/phone'
import { Fault } from '../door'

const FREE = 2
const MOST = 10

export class Lock {
  private wrong = 0
  private until = 0
  private spent = false

  constructor(
    private pin: string | null,
    private locked: boolean,
    private codes: { good: string; used: string; old: string },
    private now: () => number,
    private look: () => Settings,
    private online: () => boolean,
    /** What the phone remembers of it. */
    private keep: (pin: string | null) => void,
  ) {}

  state = (): LockState => ({
    set: this.pin !== null,
    locked: this.locked,
    wait_ms: Math.max(0, this.until - this.now()),
    running_ms: performance.now(),
    spent: this.spent,
    tries_left: this.pin === null || this.spent ? null : Math.max(1, MOST - this.wrong),
    sealed: this.pin !== null && this.online(),
    look: this.pin === null ? null : this.look(),
  })

  /** Refuses everything while nobody has opened. */
  guard() {
    if (this.locked) throw new Fault('LOCKED', 'a PIN is asked for')
  }

  lock(): LockState {
    this.locked = this.pin !== null
    return this.state()
  }

  unlock(pin: string): LockState {
    this.prove(pin)
    this.locked = false
    return this.state()
  }

  set(old: string | null, pin: string): LockState {
    if (!/^\d{6}$/.test(pin) || /^(\d)\1*$/.test(pin) || '0123456789876543210'.includes(pin))
      throw new Fault('PIN_WEAK', 'everybody tries it')
    if (this.pin !== null) this.prove(old ?? '')
    this.keep((this.pin = pin))
    return this.state()
  }

  remove(pin: string): LockState {
    this.prove(pin)
    this.keep((this.pin = null))
    return this.state()
  }

  recover(code: string): LockState {
    if (code === this.codes.used) throw new Fault('CODE_USED', 'once')
    if (code === this.codes.old) throw new Fault('CODE_EXPIRED', 'ten minutes')
    if (code !== this.codes.good) throw new Fault('CODE_WRONG', 'no such code')
    this.keep((this.pin = null))
    this.spent = false
    this.wrong = this.until = 0
    this.locked = false
    return this.state()
  }

  prove(pin: string) {
    if (this.spent) throw new Fault('PIN_SPENT', 'ten')
    if (this.until > this.now()) throw new Fault('PIN_WAIT', 'too soon')
    if (pin === this.pin) {
      this.wrong = 0
      return
    }
    this.wrong += 1
    this.spent = this.wrong >= MOST
    if (this.wrong > FREE)
      this.until = this.now() + Math.min(60_000 * 2 ** (this.wrong - FREE - 1), 15 * 60_000)
    throw new Fault(this.spent ? 'PIN_SPENT' : 'PIN_WRONG', 'not this one')
  }
}
