// What a worker looks up: grouped by what it is about, in the language of the screen.
import type { AnnouncementRow, Page, PageKind } from '../../api/field'
import { language, say } from '../../shared/words'

export const KINDS: readonly PageKind[] = ['handbook', 'request', 'duty', 'policy', 'measure']

export const titleOf = (page: Page) => (language() === 'en' ? page.title_en : page.title_zh)
export const bodyOf = (page: Page) => (language() === 'en' ? page.body_en : page.body_zh)

/** The pages of each kind; kinds without pages are left out. */
export const groupsOf = (pages: readonly Page[]) =>
  KINDS.map((kind) => ({ kind, pages: pages.filter((page) => page.kind === kind) })).filter(
    (group) => group.pages.length > 0,
  )

/** The handbook's card for a category: the one that says most exactly what it is for. */
export const cardOf = (pages: readonly Page[], category: string) =>
  pages
    .filter((page) => page.kind === 'handbook' && page.category && category.startsWith(page.category))
    .sort((one, other) => (other.category?.length ?? 0) - (one.category?.length ?? 0))
    .at(0)

export type Block = { kind: 'text'; text: string } | { kind: 'list'; items: string[] }

/** Lines as paragraphs; lines that begin with a dash are one list. */
export function blocksOf(body: string): Block[] {
  const blocks: Block[] = []
  for (const line of body.split('\n').map((each) => each.trim())) {
    if (!line) continue
    const last = blocks.at(-1)
    const item = line.startsWith('- ') ? line.slice(2) : null
    if (item === null) blocks.push({ kind: 'text', text: line })
    else if (last?.kind === 'list') last.items.push(item)
    else blocks.push({ kind: 'list', items: [item] })
  }
  return blocks
}

const notRead = (rows: readonly AnnouncementRow[]) => rows.filter((row) => row.read === null)

export const unread = (rows: readonly AnnouncementRow[]) => notRead(rows).length

/** What a morning should not begin without: one unread announcement by its title, more by their number. */
export function unreadWords(rows: readonly AnnouncementRow[]) {
  const waiting = notRead(rows)
  const one = waiting.length === 1 ? waiting[0]?.said.title : undefined
  if (one) return say('announcement.one', { title: one })
  return waiting.length ? say('announcement.several', { n: waiting.length }) : null
}
