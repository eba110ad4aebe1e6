// 换手机 on the fake phone: a parcel that opens with its code, and the receipt that the other phone would show.
import type { MoveState, Parcel, Unpacked } from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { iso } from './street'

/** Of every parcel here. */
export const CODE = 'ABCD2345WXYZ'
export const RECEIPT = 'A2C4E6'
const letters = (typed: string) => typed.replace(/[^0-9a-z]/gi, '').toUpperCase()

export class Moving {
  private packed: { at: string; records: number; photos: number } | null = null
  private replaced: string | null = null

  constructor(
    private delivery: Delivery,
    private now: () => number,
    private walking: () => boolean,
  ) {}

  state(): MoveState {
    const { waiting_records, waiting_photos, stuck } = this.delivery.state()
    const more = this.packed ? waiting_records - this.packed.records + waiting_photos - this.packed.photos : 0
    return {
      records: waiting_records,
      photos: waiting_photos,
      stuck,
      packed_at: this.packed?.at ?? null,
      left_out: 0,
      newer: Math.max(0, more),
      replaced_at: this.replaced,
    }
  }

  pack(): Parcel {
    if (this.walking()) throw new Fault('PATROL_RUNNING', 'its way would stay here')
    const { records, photos } = this.state()
    this.packed = { at: iso(this.now()), records, photos }
    this.replaced = null
    return { code: CODE, file: 'Z3JpZHdhbGsgcGFyY2Vs', records, photos, left_out: 0 }
  }

  arrived(receipt: string): MoveState {
    if (!this.packed) throw new Fault('NOT_FOUND', 'nothing was packed')
    if (letters(receipt) !== RECEIPT) throw new Fault('PARCEL_UNREADABLE', 'another receipt')
    this.replaced = iso(this.now())
    return this.state()
  }

  open(code: string): Unpacked {
    if (letters(code) !== CODE) throw new Fault('PARCEL_UNREADABLE', 'another code')
    return { records: 3, photos: 5, receipt: RECEIPT }
  }
}
