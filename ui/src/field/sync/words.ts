// Delivery in words. Nothing here says more than the receipts behind it.
import type { News, PhotoState, Receipt, SyncItem, SyncPage, SyncState } from '../../api/field'
import { clock, when } from '../../shared/moment'
import { say } from '../../shared/words'

export type Chip = { icon: 'cloud' | 'phone' | 'offline' | 'stuck' | 'moving'; text: string }

/** The chip counts records; when only photos and voice notes are left it says how many of each. */
export function chip(state: SyncState): Chip {
  const { waiting_records: records, waiting_photos: photos, waiting_voices: voices, stuck } = state
  const phase = standing(state)
  if (stuck > 0) return { icon: 'stuck', text: say('chip.stuck', { n: stuck }) }
  if (phase === 'refused') return { icon: 'stuck', text: say('chip.refused') }
  if (records + photos + voices === 0) {
    if (phase === 'offline') return { icon: 'offline', text: say('chip.offline') }
    return { icon: 'cloud', text: state.all_delivered_at ? say('chip.delivered') : say('chip.nothing') }
  }
  if (phase === 'syncing') return { icon: 'moving', text: say('chip.moving') }
  return { icon: phase === 'offline' ? 'offline' : 'phone', text: waiting(records, photos, voices) }
}

function waiting(records: number, photos: number, voices: number): string {
  if (records > 0) return say('chip.records', { n: records })
  if (photos > 0 && voices > 0) return say('chip.both', { photos, voices })
  return photos > 0 ? say('chip.photos', { n: photos }) : say('chip.voices', { n: voices })
}

/** `3 条记录、5 张照片、2 条语音`, without the parts that are zero. */
export function counted(records: number, photos: number, voices: number): string {
  const parts = [
    records > 0 && say('sync.records', { n: records }),
    photos > 0 && say('sync.photos', { n: photos }),
    voices > 0 && say('sync.voices', { n: voices }),
  ].filter((part) => part !== false)
  const last = parts.pop()
  return parts.length ? [parts.join(say('sign.list')), last].join(say('sync.and')) : (last ?? '')
}

/** What has arrived of each kind, as bars. A full bar over nothing would say that something has arrived. */
export function bars({ records, photos, voices }: SyncPage) {
  return [
    { key: 'records', name: say('sync.recordsBar'), ...records },
    { key: 'photos', name: say('sync.photosBar'), ...photos },
    { key: 'voices', name: say('sync.voicesBar'), ...voices },
  ].filter((bar) => bar.total > 0)
}

/** The page's first sentence. */
export function headline(state: SyncState, now: number): string {
  const left = counted(state.waiting_records, state.waiting_photos, state.waiting_voices)
  if (left) return say('sync.onlyHere', { what: left })
  if (state.stuck > 0) return say('sync.stuck', { n: state.stuck })
  if (!state.all_delivered_at) return say('sync.nothing')
  return say('sync.delivered', { at: when(state.all_delivered_at, now) })
}

/** How it stands with the centre. One that is busy was reached; only one that never answered is out of reach. */
export function standing(state: SyncState): SyncState['phase'] | 'waiting' {
  const answered = state.error !== null && state.error !== 'SERVER_UNREACHABLE'
  return state.phase === 'offline' && answered ? 'waiting' : state.phase
}

/** `今天：新到 3 件、退回 2 件`; nothing on a day that brought nothing. */
export function newsWords({ fresh, returned }: Pick<News, 'fresh' | 'returned'>): string {
  const parts = [
    fresh > 0 && say('sync.fresh', { n: fresh }),
    returned > 0 && say('sync.cameBack', { n: returned }),
  ].filter(Boolean)
  return parts.length ? say('sync.newsToday', { what: parts.join(say('sign.comma')) }) : ''
}

/** Megabytes with one decimal, never "0.0". */
export function megabytes(bytes: number): string {
  return `${Math.max(0.1, bytes / 1_048_576).toFixed(1)} MB`
}

/** Items that have not arrived, oldest first; and those that have, newest first. */
export function sorted(page: SyncPage) {
  const arrived = (item: SyncItem) => item.receipt.type === 'centre' || item.receipt.type === 'seen'
  const by = (a: SyncItem, b: SyncItem) => a.at.localeCompare(b.at)
  return {
    waiting: page.items.filter((item) => !arrived(item)).sort(by),
    arrived: page.items.filter(arrived).sort((a, b) => by(b, a)),
  }
}

/** How much of an item has left, 0–100, or nothing worth a bar. */
export function percent(item: SyncItem): number | null {
  const [sent, total] = [item.bytes_sent ?? 0, item.bytes_total ?? 0]
  return item.receipt.type === 'local' && sent > 0 && sent < total ? Math.round((sent / total) * 100) : null
}

/** A photo's way in the words of its queue; `brief` leaves out why it failed. */
export function photoWords(state: PhotoState, brief = false): string {
  switch (state.type) {
    case 'sending':
      return say('photoState.sending', { n: state.percent })
    case 'failed':
      return brief
        ? say('photoState.failed')
        : say('photoState.failedBecause', { why: say(`errors.${state.code}`) })
    default:
      return say(`photoState.${state.type}`)
  }
}

/** When somebody at an office opened it; other receipts say nothing more. */
export function seenAt(receipt: Receipt): string | undefined {
  return receipt.type === 'seen' ? clock(receipt.at) : undefined
}

/**
 * Where a tap on an item leads: to the record it belongs to. A photo belongs to an incident or to a patrol, a voice note to an
 * incident or to a door.
 */
export function documentOf(item: SyncItem, incidents: ReadonlySet<string>): string | null {
  if (!item.document) return null
  switch (item.kind) {
    case 'visit':
    case 'household_edit':
    case 'form':
      return `/households/${item.document}`
    case 'incident':
    case 'incident_event':
      return `/incidents/${item.document}`
    case 'care':
      return `/care/${item.document}`
    case 'place':
      return `/places/${item.document}`
    case 'patrol':
      return `/patrols/${item.document}`
    case 'voice':
      return incidents.has(item.document) ? `/incidents/${item.document}` : `/households/${item.document}`
    case 'photo':
    case 'original':
      return incidents.has(item.document) ? `/incidents/${item.document}` : `/patrols/${item.document}`
    default:
      return null
  }
}
