// The log of the morning of the pictures, and of what was done in this window since.
import type { LogLine, WorkLog } from '../../generated/phone'
import type { Care } from './care'
import type { Delivery } from './delivery'
import type { Forms } from './forms'
import type { Households } from './households'
import type { Incidents } from './incidents'
import type { Places } from './places'
import { at, grid, iso, me, tasks, today } from './street'
import { checked } from './words'

export class Logs {
  private confirmed: WorkLog['confirmed'] = null
  private count = 0

  constructor(
    private delivery: Delivery,
    private households: Households,
    private incidents: Incidents,
    private places: Places,
    private forms: Forms,
    private care: Care,
    private now: () => number,
  ) {}

  read(done: ReadonlySet<string>): WorkLog {
    const walked: LogLine = {
      type: 'visits',
      from: iso(at(0, 8, 5)),
      until: iso(at(0, 9, 24)),
      building: '听雨苑 3幢',
      doors: 3 + this.visits().length,
      outcomes: [
        ['met', 2 + this.visits().length],
        ['not_home', 1],
      ],
      changed: 1,
      notes: [{ door: '2单元 202', note: '燃气软管换好了' }],
    }
    const [first] = this.incidents.rows()
    const reported: LogLine[] = first
      ? [
          {
            type: 'case',
            from: iso(at(0, 9, 12)),
            incident: first.id,
            local_no: first.local_no,
            category: 'F01001',
            place: '听雨苑 3幢2单元 3楼',
            deed: 'handled_on_site',
          },
        ]
      : []
    const settled = tasks
      .filter((task) => done.has(task.id) && !task.household)
      .map((task): LogLine => ({ type: 'task', from: iso(this.now()), text: task.text }))
    return {
      date: today,
      worker: me.name,
      grid_name: grid.name,
      lines: [
        walked,
        ...this.forms.lines(),
        ...reported,
        ...this.care.lines(),
        ...this.places.lines(),
        ...settled,
      ],
      confirmed: this.confirmed && {
        ...this.confirmed,
        receipt: this.delivery.receipt(`log-${this.count}`),
      },
    }
  }

  confirm(text: string, done: ReadonlySet<string>): WorkLog {
    checked(text, 2000)
    this.count += 1
    const when = iso(this.now())
    this.confirmed = { text, at: when, receipt: { type: 'local' } }
    this.delivery.add({
      kind: 'work_log', id: `log-${this.count}`, document: null, title: today, at: when, bytes_total: 900,
      receipt: { type: 'local' },
    }) // prettier-ignore
    return this.read(done)
  }

  /** Visits saved in this window. */
  private visits() {
    return this.households
      .rows('')
      .filter(
        (row) => row.days_since === 0 && row.last_visit_at && Date.parse(row.last_visit_at) > at(0, 9, 45),
      )
  }
}
