// The street's handbook and announcements, as they lie on the phone.
import type { AnnouncementRow } from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import { announcements, iso, pages } from './street'

export const handbook = pages

export class Announcements {
  private given = new Set<string>()

  constructor(
    private delivery: Delivery,
    private now: () => number,
  ) {}

  rows(): AnnouncementRow[] {
    const rows = announcements.map((said) => ({
      said,
      read: this.given.has(said.id) ? this.delivery.receipt(said.id) : null,
    }))
    return rows.sort((a, b) => Number(a.read !== null) - Number(b.read !== null))
  }

  read(id: string): AnnouncementRow[] {
    const said = announcements.find((row) => row.id === id)
    if (!said) throw new Fault('NOT_FOUND', id)
    if (!this.given.has(id)) {
      this.given.add(id)
      this.delivery.add({
        kind: 'announcement', id, document: null, title: said.title, at: iso(this.now()), bytes_total: 300,
        receipt: { type: 'local' },
      }) // prettier-ignore
    }
    return this.rows()
  }
}
