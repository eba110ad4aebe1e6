// The day's records as sentences that a worker would write. What the lines are is decided by the phone; only the words
// around the values are ours.
import type { Category, LogLine, WorkLog } from '../../api/field'
import { clock } from '../../shared/moment'
import { language, say } from '../../shared/words'

const between = (from: string, until: string | null) =>
  until && clock(until) !== clock(from) ? `${clock(from)}–${clock(until)}` : clock(from)

const categoryOf = (code: string, categories: readonly Category[]) => {
  const row = categories.find((category) => category.code === code)
  return row ? (language() === 'en' ? row.name_en : row.name_zh) : code
}

const placeWords = (line: Extract<LogLine, { type: 'place' }>) =>
  line.outcome !== 'checked'
    ? say(`place.outcome.${line.outcome}`)
    : line.failed > 0
      ? say('place.failed', { n: line.failed })
      : say('place.allPass')

/** `10:20–11:40 走访听雨苑 3幢 9 户：见人 4、未遇 4、拒访 1，更新 2 项。2单元 502：软管硬了。` */
export function sentenceOf(line: LogLine, categories: readonly Category[]): string {
  switch (line.type) {
    case 'visits': {
      const outcomes = line.outcomes.map(([outcome, n]) => `${say(`outcome.${outcome}`)} ${n}`)
      const told = [
        say('log.visits', { place: line.building, n: line.doors }),
        say('sign.colon'),
        outcomes.join(say('sign.comma')),
        line.changed > 0 ? say('sign.comma') + say('log.changed', { n: line.changed }) : '',
        say('sign.stop'),
      ].join('')
      const notes = line.notes.map(
        ({ door, note }) => `${door}${say('sign.colon')}${note.replace(/[。.]$/, '')}${say('sign.stop')}`,
      )
      return [`${between(line.from, line.until)} ${told}`, ...notes].join(language() === 'en' ? ' ' : '')
    }
    case 'place': {
      const told = [
        say('log.place', { name: line.name, how: placeWords(line) }),
        line.leaflets > 0 ? say('sign.comma') + say('log.leaflets', { n: line.leaflets }) : '',
        say('sign.stop'),
        line.note ? `${line.note.replace(/[。.]$/, '')}${say('sign.stop')}` : '',
      ]
      return `${between(line.from, line.until)} ${told.join('')}`
    }
    case 'forms': {
      const what = language() === 'en' ? line.title.en : line.title.zh
      return `${between(line.from, line.until)} ${say('log.forms', { what, n: line.doors })}${say('sign.stop')}`
    }
    case 'care':
      return `${between(line.from, line.until)} ${say('log.care', { n: line.people })}${say('sign.stop')}`
    case 'case':
      return `${clock(line.from)} ${say(`log.deed.${line.deed}`, {
        what: categoryOf(line.category, categories),
        place: line.place,
      })}${say('sign.stop')}`
    case 'patrol': {
      const points = { name: line.name, reached: line.reached, planned: line.planned }
      const found = line.findings > 0 ? say('sign.comma') + say('log.findings', { n: line.findings }) : ''
      return `${between(line.from, line.until)} ${say('log.patrol', points)}${found}${say('sign.stop')}`
    }
    case 'task':
      return `${clock(line.from)} ${say('log.task', { what: line.text })}${say('sign.stop')}`
  }
}

export const sentencesOf = (log: WorkLog, categories: readonly Category[]) =>
  log.lines.map((line) => sentenceOf(line, categories))
