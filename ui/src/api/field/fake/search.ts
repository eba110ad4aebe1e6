// A search over the demo street that answers in the phone's shape; spellings it does not know.
import type {
  AnnouncementRow,
  Found,
  FoundGroup,
  FoundKind,
  Hit,
  Piece,
  Settings,
} from '../../generated/phone'
import { handbook } from './handbook'
import type { Households } from './households'
import type { Incidents } from './incidents'
import type { Places } from './places'
import { buildings, grid } from './street'

const SHOWN = 20

function pieces(text: string, words: readonly string[]): Piece[] {
  const hit = [...text].map(() => false)
  for (const word of words)
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length))
      hit.fill(true, at, at + word.length)
  return [...text].reduce<Piece[]>((all, letter, at) => {
    const last = all.at(-1)
    if (last && last.hit === hit[at]) last.text += letter
    else all.push({ text: letter, hit: hit[at] ?? false })
    return all
  }, [])
}

export function search(
  query: string,
  households: Households,
  incidents: Incidents,
  places: Places,
  said: AnnouncementRow[],
  settings: Settings,
): Found {
  const words = query.trim().split(/\s+/).filter(Boolean)
  if (words.length === 0) return { groups: [] }
  const all = (text: string) => words.every((word) => text.includes(word))
  const hit = (id: string, title: string, line: string, over: Partial<Hit> = {}): Hit => ({
    id,
    document: id,
    plate: '',
    title: pieces(title, words),
    line: pieces(line, words),
    at: null,
    ...over,
  })
  const rows = households.rows('')
  const address = (row: (typeof rows)[number]) => `${row.building_name} ${row.unit} ${row.room}`
  const shown = (name: string) => (settings.mask_names && name ? `${name.slice(0, 1)}**` : name)
  const people = rows.filter((row) => all(`${row.name} ${row.phone_masked.slice(-4)} ${address(row)}`))
  const doors = people.filter((row) => all(address(row)))
  const door = (row: (typeof rows)[number]) => hit(row.id, shown(row.name), address(row), { plate: row.room })
  const notes = rows.flatMap((row) =>
    households
      .view(row.id)
      .visits.filter((v) => v.visit.note && words.some((word) => v.visit.note?.includes(word)))
      .map((v) =>
        hit(v.visit.id, v.visit.note ?? '', address(row), {
          document: row.id,
          plate: row.room,
          at: v.visit.ended_at,
        }),
      ),
  )
  const cases = incidents
    .rows()
    .filter((row) => all(`${row.category_zh} ${row.category_en} ${row.place} ${row.local_no}`))
    .map((row) =>
      hit(row.id, settings.language === 'en' ? row.category_en : row.category_zh, row.place, {
        at: row.reported_at,
      }),
    )
  const shops = places
    .rows()
    .filter((row) => all(`${row.name} ${row.address ?? ''}`))
    .map((row) => hit(row.id, row.name, row.address ?? '', { at: row.last_visit_at }))
  const group = (kind: FoundKind, hits: Hit[]): FoundGroup => ({
    kind,
    total: hits.length,
    hits: hits.slice(0, SHOWN),
  })
  const named = people.filter((row) => !doors.includes(row)).map(door)
  const groups = [group('person', named), group('door', doors.map(door))]
  if (/^[\d-]+$/.test(words.join(''))) groups.reverse()
  return {
    groups: [
      ...groups,
      group('place', shops),
      group('case', cases),
      group('note', notes),
      group(
        'building',
        buildings
          .map((b) => hit(b.id, `${b.estate} ${b.number}`, ''))
          .filter((_, at) => all(`${buildings[at]?.estate} ${buildings[at]?.number}`)),
      ),
      group(
        'checkpoint',
        grid.checkpoints.filter((c) => all(c.name)).map((c) => hit(c.id, c.name, grid.name)),
      ),
      group(
        'announcement',
        said
          .filter((row) => all(`${row.said.title} ${row.said.text} ${row.said.office}`))
          .map((row) => hit(row.said.id, row.said.title, row.said.text, { at: row.said.at })),
      ),
      group(
        'page',
        handbook
          .filter((page) =>
            all(`${page.code ?? ''} ${page.title_zh} ${page.body_zh} ${page.title_en} ${page.body_en}`),
          )
          .map((page) =>
            settings.language === 'en'
              ? hit(
                  page.id,
                  [page.code, page.title_en].filter(Boolean).join(' '),
                  page.body_en.split('\n')[0] ?? '',
                )
              : hit(
                  page.id,
                  [page.code, page.title_zh].filter(Boolean).join(' '),
                  page.body_zh.split('\n')[0] ?? '',
                ),
          ),
      ),
    ].filter((found) => found.total > 0),
  }
}
