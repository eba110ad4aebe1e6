// The form that is due at noon in the pictures: twelve columns, of which the phone holds seven and a quarter ago answered four.
// Prefills and refuses like the phone does, as far as screens can tell.
import type {
  Column,
  FieldKey,
  FormDetail,
  FormDoor,
  FormDoorRow,
  FormHere,
  FormInput,
  FormRow,
  FormTemplate,
  FormValue,
  LogLine,
  Prefilled,
} from '../../generated/phone'
import { Fault } from '../door'
import type { Delivery } from './delivery'
import type { Households } from './households'
import { at, iso, me, today } from './street'
import { checked } from './words'

const FORM = 'low_income_check'
const ROUND = '2026-09'
type Choices = readonly (readonly [string, string, string])[]
const column = (
  key: string,
  label_zh: string,
  label_en: string,
  kind: Column['kind'],
  prefill_from: string | null,
  choices: Choices = [],
  reuse_days = 365,
): Column => ({
  ...{ key, label_zh, label_en, kind, prefill_from, reuse_days },
  required: key !== 'aid_since',
  choices: choices.map(([id, name_zh, name_en]) => ({ id, name_zh, name_en })),
  tier: 1,
})
const USE: Choices = [
  ['owner_occupied', '自住', 'Own home'],
  ['rented', '出租', 'Rented'],
  ['vacant', '空置', 'Vacant'],
  ['business', '经营', 'Business'],
  ['crowded', '群租隐患', 'Crowded'],
]
const OCCUPANCY: Choices = [
  ['resident', '常住', 'All year'],
  ['occasional', '偶住', 'Now and then'],
  ['empty', '无人', 'Nobody'],
  ['left', '已搬离', 'Moved away'],
]
const AID: Choices = [
  ['none', '没有', 'None'],
  ['low_income', '低收入', 'Low income'],
  ['minimum', '低保', 'Minimum living allowance'],
  ['temporary', '临时救助', 'Temporary relief'],
]
const HEATING: Choices = [
  ['central', '集中供暖', 'Central'],
  ['electric', '用电', 'Electric'],
  ['gas', '用气', 'Gas'],
  ['coal', '烧煤', 'Coal'],
]
const INCOME: Choices = [
  ['same', '没变化', 'No change'],
  ['less', '少了', 'Less'],
  ['more', '多了', 'More'],
]
const TEMPLATE: FormTemplate = {
  id: FORM,
  version: 1,
  title_zh: '低收入家庭信息核对',
  title_en: 'Low-income households: check of the list',
  office: '民政办',
  duty: null,
  legal_basis_zh: '《社会救助暂行办法》第五十五条：定期核查获得最低生活保障家庭的状况',
  legal_basis_en:
    'Interim Measures for Social Assistance: supported households are looked at again at intervals',
  purpose_zh: '核对救助名单，该增的增、该减的减。只给民政办用，不公开，不发群。',
  purpose_en:
    'To keep the list of supported households right. For the civil affairs office only; never published.',
  valid_to: '2026-10-14',
  columns: [
    column('address', '地址', 'Address', 'text', 'address'),
    column('contact', '联系人', 'Contact', 'text', 'contact_name'),
    column('phone', '联系电话', 'Telephone', 'text', 'contact_phone'),
    column('size', '共同生活人数', 'People in the household', 'number', 'household_size'),
    column('occupancy', '居住状态', 'Who lives there', 'choice', 'occupancy', OCCUPANCY),
    column('housing', '住房情况', 'Housing', 'choice', 'use', USE),
    column('aid', '现在享受的救助', 'Support received now', 'choice', null, AID),
    column('aid_since', '从哪天开始享受', 'Supported since', 'date', null),
    column('able', '有劳动能力的人数', 'People able to work', 'number', null),
    column('heating', '冬天怎么取暖', 'Heating in winter', 'choice', null, HEATING),
    column('own_home', '名下有没有房', 'Owns a home', 'yes_no', null),
    column(
      'income_change',
      '这一季收入有没有变化',
      'Has the income changed this quarter',
      'choice',
      null,
      INCOME,
      30,
    ),
  ],
}
/** What the doors answered a quarter ago. */
const BEFORE: Record<string, FormValue> = {
  aid: { type: 'choice', value: 'minimum' },
  aid_since: { type: 'date', value: '2025-04-01' },
  able: { type: 'number', value: 1 },
  heating: { type: 'choice', value: 'central' },
  own_home: { type: 'yes_no', value: true },
  income_change: { type: 'choice', value: 'same' },
}
const ROOMS = ['601', '502', '404', '301', '103']
const KINDS = { text: 'text', number: 'number', choice: 'choice', date: 'date', yes_no: 'yes_no' } as const

type Done = { by: string; at: string; id: string }

export class Forms {
  private said = new Map<string, Record<string, FormValue>>()
  private done = new Map<string, Done>()
  private doors: string[]

  constructor(
    private delivery: Delivery,
    private households: Households,
    private now: () => number,
    private half: (key: string) => boolean,
    quietStreet: boolean,
  ) {
    const rows = households.rows('').filter((row) => row.unit === '2单元' && ROOMS.includes(row.room))
    this.doors = rows.filter((row) => row.building_name.endsWith('3幢')).map((row) => row.id)
    const [first, ...others] = this.doors
    if (first) this.done.set(first, { by: me.name, at: iso(at(0, 8, 52)), id: 'form-before' })
    if (quietStreet)
      others.forEach((id) => this.done.set(id, { by: me.name, at: iso(at(0, 8, 58)), id: `form-${id}` }))
  }

  private check(form: string, round: string) {
    if (form !== FORM || round !== ROUND) throw new Fault('NOT_FOUND', `${form}/${round}`)
  }

  private row(): FormRow {
    const done = this.doors.filter((id) => this.done.has(id)).length
    return {
      form: { id: FORM, version: 1, round: ROUND },
      ...{ title_zh: TEMPLATE.title_zh, title_en: TEMPLATE.title_en, office: TEMPLATE.office },
      ...{ due: today, due_time: '12:00', overdue_days: 0, expired: false },
      due_now: done < this.doors.length,
      doors: this.doors.length,
      done,
    }
  }

  rows = (): FormRow[] => [this.row()]
  /** What is asked at a door and not handed in. */
  of = (household: string): FormHere[] =>
    this.doors.includes(household) && !this.done.has(household)
      ? this.dueNow().map(({ form, title_zh, title_en, due, overdue_days }) => ({
          ...{ form, title_zh, title_en, due, overdue_days },
        }))
      : []
  dueNow = (): FormRow[] => this.rows().filter((row) => row.due_now)

  private held(household: string, from: string): FormValue | null {
    const row = this.households.row(household)
    if (from === 'address') return { type: 'text', value: [row.building_name, row.unit, row.room].join(' ') }
    const view = this.households.view(household)
    const value = view.fields.find((field) => field.field === (from as FieldKey))?.values.at(-1)?.value.value
    if (typeof value === 'number') return { type: 'number', value }
    if (value === undefined) return null
    return ['use', 'occupancy'].includes(from) ? { type: 'choice', value } : { type: 'text', value }
  }

  private columns(household: string): Prefilled[] {
    const said = this.said.get(household)
    return TEMPLATE.columns.map((column): Prefilled => {
      const own = said?.[column.key]
      if (own)
        return { column: column.key, value: own, from: 'earlier', as_of: iso(this.now()), asked: false }
      const held = column.prefill_from ? this.held(household, column.prefill_from) : null
      const as_of = column.key === 'address' ? null : iso(at(91, 8, 0))
      if (held) return { column: column.key, value: held, from: 'held', as_of, asked: false }
      const before = BEFORE[column.key] ?? null
      const old = column.reuse_days < 89 && !this.done.has(household)
      return {
        column: column.key,
        value: before,
        from: before ? 'earlier' : 'nothing',
        as_of: before ? iso(at(89, 10, 10)) : null,
        asked: !before || old,
      }
    })
  }

  private door(household: string): FormDoorRow {
    const done = this.done.get(household)
    return {
      household: this.households.row(household),
      done: done !== undefined,
      done_by: done?.by ?? '',
      done_at: done?.at ?? null,
      asked: this.columns(household).filter(({ asked }) => asked).length,
      conflicts: 0,
      draft: this.half(`form:${household}:${FORM}/${ROUND}`),
    }
  }

  detail(form: string, round: string): FormDetail {
    this.check(form, round)
    const doors = this.doors.map((id) => this.door(id))
    return {
      row: this.row(),
      template: TEMPLATE,
      doors: [...doors.filter(({ done }) => !done), ...doors.filter(({ done }) => done)],
    }
  }

  open(form: string, round: string, household: string, id: string): FormDoor {
    const { row, doors } = this.detail(form, round)
    const door = doors.find((one) => one.household.id === household)
    if (!door) throw new Fault('NOT_FOUND', household)
    const done = this.done.get(household)
    return {
      id,
      row,
      door,
      template: TEMPLATE,
      address: String(this.held(household, 'address')?.value ?? ''),
      columns: this.columns(household),
      receipt: done ? this.delivery.receipt(done.id) : null,
      refused: null,
      next: doors.find((one) => !one.done && one.household.id !== household)?.household.id ?? null,
    }
  }

  save(household: string, input: FormInput, fresh: string): FormDoor {
    const { id, round } = input.form
    const opened = this.open(id, round, household, fresh)
    if (this.done.get(household)?.id === input.id) return opened
    const said: Record<string, FormValue> = {}
    for (const { column: key, value } of input.answers) {
      const column = TEMPLATE.columns.find((one) => one.key === key)
      if (!column || KINDS[column.kind] !== value.type) throw new Fault('VALUE_OUT_OF_RANGE', key)
      if (value.type === 'text') checked(value.value, 500)
      said[key] = value
    }
    const open = opened.columns.filter(({ asked, column }) => asked && !said[column])
    if (open.length > 0) throw new Fault('MISSING_ANSWER', open.map(({ column }) => column).join(' '))
    this.said.set(household, { ...this.said.get(household), ...said })
    this.done.set(household, { by: me.name, at: iso(this.now()), id: input.id })
    this.delivery.add({
      kind: 'form',
      id: input.id,
      document: household,
      title: opened.address,
      bytes_total: 1240,
    })
    return this.open(id, round, household, fresh)
  }

  /** What was handed in, for the log. */
  lines(): LogLine[] {
    const times = [...this.done.values()].map((done) => done.at).sort()
    const [from, until] = [times.at(0), times.at(-1)]
    if (!from || !until) return []
    const title = { zh: TEMPLATE.title_zh, en: TEMPLATE.title_en }
    return [{ type: 'forms', from, until, title, doors: this.done.size }]
  }
}
