// What a worker looks up: grouped by what it is about, in the language of the screen.
import type { AnnouncementRow, Page, PageKind } from '../../api/field'
import { language } from '../../shared/words'

export const KINDS: readonly PageKind[] = ['handbook', 'request', 'duty', 'policy', 'measure']

export const titleOf = (page: Page) => (language() === 'en' ? page.title_en : page.title_zh)
export const bodyOf = (page: Page) => (language() === 'en' ? page.body_en : page.body_zh)

/** The pages of each kind; kinds without pages are left out. */
export const groupsOf = (pages: readonly Page[]) =>
  KINDS.map((kind) => ({ kind, pages: pages.filter((page) => page.kind === kind) })).filter(
    (group) => group.pages.length > 0,
  )

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

export const unread = (rows: readonly AnnouncementRow[]) => rows.filter((row) => row.read === null).length
