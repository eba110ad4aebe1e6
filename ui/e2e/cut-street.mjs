// Cuts grid 梧桐-03 out of the demo street, as the fake phone knows it:
//   cargo run -p gridwalk-fixtures --bin street -- OUT && node e2e/cut-street.mjs OUT/street.json
import { readFileSync, writeFileSync } from 'node:fs'

const street = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const grid = street.grids.find((g) => g.name === '梧桐-03')
const here = (row) => row.grid === grid.id
const pick = (row, ...keys) =>
  Object.fromEntries(keys.map((k) => [k, row[k]]).filter(([, v]) => v !== null && v !== ''))

const worker = street.people.find((p) => p.role === 'worker' && p.grids.includes(grid.id))
const colleague = street.people.find((p) => p.role === 'lead' && p.grids.includes(grid.id))
const dispatcher = street.people.find((p) => p.role === 'dispatcher')
const handler = street.people.find((p) => p.role === 'handler')

const slice = {
  today: street.today,
  grid: pick(
    grid,
    'id',
    'code',
    'name',
    'community_code',
    'community_name',
    'exclusive',
    'boundary',
    'checkpoints',
  ),
  people: [worker, colleague, dispatcher, handler].map((p) => ({
    ...pick(p, 'id', 'name', 'role', 'grids'),
    department: p.department,
  })),
  departments: street.departments.map((d) => pick(d, 'id', 'name')),
  categories: street.categories.map((c) => ({
    ...pick(c, 'code', 'group_zh', 'group_en', 'name_zh', 'name_en', 'level', 'on_site', 'frequent'),
    department: c.department,
  })),
  plans: street.plans.filter(here),
  buildings: street.buildings.filter(here),
  tasks: street.tasks.filter(here),
  pages: street.pages,
  announcements: street.announcements.filter((row) => row.grid === null || here(row)),
  households: street.households
    .filter(here)
    .map((h) =>
      pick(
        h,
        'id',
        'building',
        'unit',
        'room',
        'floor',
        'use',
        'occupancy',
        'household_size',
        'salutation',
        'contact_name',
        'contact_phone',
        'preferred_time',
        'gas_hose',
        'smoke_alarm',
        'no_entry_until',
      ),
    ),
}
// Long ids weigh more than the data they name: `h17` instead of a UUID.
let text = JSON.stringify(slice)
const short = (rows, letter) =>
  rows.forEach((row, n) => (text = text.replaceAll(row.id, `${letter}${n + 1}`)))
short(slice.households, 'h')
short(slice.buildings, 'b')
short(slice.tasks, 't')
short(slice.departments, 'd')
short(slice.grid.checkpoints, 'c')
short(slice.people, 'p')
short(slice.plans, 'plan')
short(slice.pages, 'page')
short(slice.announcements, 'n')
short([slice.grid], 'g')

const lines = Object.entries(JSON.parse(text)).map(([key, value]) =>
  Array.isArray(value)
    ? `${JSON.stringify(key)}:[\n${value.map((row) => JSON.stringify(row)).join(',\n')}]`
    : `${JSON.stringify(key)}:${JSON.stringify(value)}`,
)
writeFileSync(new URL('../src/api/field/fake/street.json', import.meta.url), `{${lines.join(',\n')}}\n`)
