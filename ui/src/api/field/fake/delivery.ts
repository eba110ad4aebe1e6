// What left the phone and what did not. A centre that answers after a moment, or a street without network.
import type {
  Code,
  PhotoState,
  Pile,
  Receipt,
  Storage,
  SyncItem,
  SyncPage,
  SyncState,
  UnsentFile,
} from '../../generated/phone'
import { iso } from './street'

export type Network = 'none' | 'good'

const MOMENT_MS = 350
/** What came home in the last week. */
const STAYS: Pile = { count: 38, voices: 1, bytes: 14_680_064 }

type Kind = 'record' | 'photo' | 'voice'
const kindOf = ({ kind }: SyncItem): Kind =>
  kind === 'voice' ? 'voice' : kind === 'photo' || kind === 'original' ? 'photo' : 'record'
const only = (items: SyncItem[], kind: Kind) => items.filter((item) => kindOf(item) === kind)

const pile = (items: SyncItem[]): Pile => ({
  count: only(items, 'photo').length,
  voices: only(items, 'voice').length,
  bytes: items.reduce((sum, item) => sum + (item.bytes_total ?? 0), 0),
})

/** Where a photo is on its way, as its receipt and its bytes say. */
function wayOf({ receipt, bytes_sent: sent, bytes_total: total }: SyncItem): PhotoState {
  if ('code' in receipt) return { type: 'failed', code: receipt.code }
  if (receipt.type !== 'local') return { type: 'arrived' }
  if (!sent || !total) return { type: 'waiting' }
  return { type: 'sending', percent: Math.floor((sent / total) * 100) }
}

export class Delivery {
  private items: SyncItem[] = []
  private pieces: string[] = []
  private phase: SyncState['phase']
  private error: Code | null
  private deliveredAt: number | null = null
  private paid = false
  private mayGo: Pile = { count: 143, voices: 2, bytes: 56_623_104 }
  private listeners = new Set<(state: SyncState) => void>()

  constructor(
    private network: Network,
    private now: () => number,
  ) {
    this.phase = network === 'none' ? 'offline' : 'idle'
    this.error = network === 'none' ? 'SERVER_UNREACHABLE' : null
  }

  online = () => this.network === 'good'

  /** A record or photo that is committed on this phone; with a network it leaves by itself. */
  add(item: Omit<SyncItem, 'at' | 'receipt' | 'bytes_sent'> & Partial<SyncItem>) {
    const full: SyncItem = { at: iso(this.now()), receipt: { type: 'local' }, bytes_sent: 0, ...item }
    this.items = [...this.items.filter((other) => other.id !== full.id), full]
    if (this.network === 'good' && full.receipt.type !== 'local') this.deliveredAt = this.now()
    this.tell()
    if (this.network === 'good' && full.receipt.type === 'local') void this.sync()
  }

  metered(paid: boolean) {
    this.paid = paid
    this.tell()
  }

  receipt(id: string): Receipt {
    return this.items.find((item) => item.id === id)?.receipt ?? { type: 'centre' }
  }

  photoState(id: string): PhotoState {
    const item = this.items.find((item) => item.id === id)
    return item ? wayOf(item) : { type: 'arrived' }
  }

  state(): SyncState {
    const waiting = (kind: Kind) =>
      only(this.items, kind).filter((item) => item.receipt.type === 'local').length
    return {
      phase: this.phase,
      waiting_records: waiting('record'),
      waiting_photos: waiting('photo'),
      waiting_voices: waiting('voice'),
      stuck: this.items.filter((i) => i.receipt.type === 'refused' || i.receipt.type === 'stuck').length,
      all_delivered_at: this.deliveredAt === null ? null : iso(this.deliveredAt),
      error: this.error,
      clock_ahead_ms: 0,
    }
  }

  page(): Omit<SyncPage, 'news'> {
    const progress = (kind: Kind) => {
      const all = only(this.items, kind)
      const done = all.filter((i) => i.receipt.type === 'centre' || i.receipt.type === 'seen')
      return { done: done.length, total: all.length }
    }
    const left = this.items.filter((i) => i.receipt.type === 'local')
    const held = (kind: Kind) =>
      this.paid ? only(left, kind).filter((i) => (i.bytes_total ?? 0) > 1_000_000).length : 0
    return {
      state: this.state(),
      records: progress('record'),
      photos: progress('photo'),
      voices: progress('voice'),
      photos_for_wifi: held('photo'),
      voices_for_wifi: held('voice'),
      bytes_left: left.reduce((sum, i) => sum + (i.bytes_total ?? 0) - (i.bytes_sent ?? 0), 0),
      items: this.items
        .map((item) => (item.kind === 'photo' ? { ...item, photo_state: wayOf(item) } : item))
        .sort((a, b) => a.at.localeCompare(b.at)),
    }
  }

  /** Its pictures are empty ones, each a piece of its own. */
  beginUnsent(): UnsentFile {
    const waiting = this.items.filter((i) => i.receipt.type === 'local' || i.receipt.type === 'refused')
    const [records, photos, voices] = [
      only(waiting, 'record'),
      only(waiting, 'photo'),
      only(waiting, 'voice'),
    ]
    const json = JSON.stringify({ records, photos, voices }, null, 2)
    this.pieces = [...photos.map(() => 'photo'), ...voices.map(() => 'voice'), json]
    return { records: records.length, photos: photos.length, voices: voices.length, left_out: 0 }
  }

  async unsentPiece(): Promise<ArrayBuffer> {
    await new Promise((done) => setTimeout(done, MOMENT_MS / 10))
    return new TextEncoder().encode(this.pieces.shift() ?? '').buffer as ArrayBuffer
  }

  /** A fortnight of pictures that a backup has lies here too, until somebody lets them go. */
  storage(): Storage {
    const photos = this.items.filter((i) => kindOf(i) !== 'record')
    const arrived = photos.filter((i) => i.receipt.type === 'centre' || i.receipt.type === 'seen')
    return {
      records: 18_874_368,
      only_here: pile(photos.filter((i) => !arrived.includes(i))),
      awaiting_backup: pile(arrived),
      stays: STAYS,
      stays_until: iso(this.now() + 3 * 86_400_000).slice(0, 10),
      may_go: this.mayGo,
    }
  }

  free(): Pile {
    const gone = this.mayGo
    this.mayGo = { count: 0, voices: 0, bytes: 0 }
    return gone
  }

  async sync(): Promise<void> {
    if (this.phase === 'syncing') return
    this.become('syncing', null)
    await new Promise((done) => setTimeout(done, MOMENT_MS))
    if (this.network === 'none') return this.become('offline', 'SERVER_UNREACHABLE')
    this.items = this.items.map((item) =>
      item.receipt.type === 'local'
        ? { ...item, receipt: { type: 'centre' }, bytes_sent: item.bytes_total }
        : item,
    )
    this.deliveredAt = this.now()
    this.become('idle', null)
  }

  /** Walks into, or out of, the network. */
  connect(network: Network) {
    this.network = network
    if (network === 'good') void this.sync()
    else this.become('offline', 'SERVER_UNREACHABLE')
  }

  listen(listener: (state: SyncState) => void) {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  private become(phase: SyncState['phase'], error: Code | null) {
    this.phase = phase
    this.error = error
    this.tell()
  }

  private tell() {
    for (const listener of this.listeners) listener(this.state())
  }
}
