// Which lines of the queue are shown.
import type { IncidentLine } from '../../api/registry'

/** 来源, as the desk sorts its work. */
export const SOURCES = {
  all: [],
  scene: ['patrol', 'visit'],
  people: ['resident', 'volunteer'],
  hotline: ['hotline'],
  office: ['department', 'superior'],
} as const satisfies Record<string, readonly IncidentLine['source'][]>
export type SourceKey = keyof typeof SOURCES

export const comesFrom = (line: IncidentLine, key: SourceKey) =>
  key === 'all' || (SOURCES[key] as readonly string[]).includes(line.source)

/** Lines that hold every word of the search: number, place, category, what was said. */
export function matching(lines: readonly IncidentLine[], search: string) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return lines.filter((line) => {
    const text = [
      line.case_no,
      line.local_no,
      line.grid_name,
      line.place,
      line.category_zh,
      line.category_en,
      line.description,
    ]
      .join(' ')
      .toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
