// A period's visits in words: the figures as they are printed and sent, and the sentences that the narrative begins with.
import type { VisitFigures, VisitMaterial } from '../../api/field'
import { day } from '../../shared/moment'
import { language, say } from '../../shared/words'

/** What the narrative may begin with; the rest is for the worker's own words. */
const MOST_BEGUN = 3_000
const MOST_NAMED = 40

const gap = () => (language() === 'en' ? ' ' : '')
const ended = (parts: (string | false)[]) => parts.filter(Boolean).join(say('sign.comma')) + say('sign.stop')
const whole = (note: string) => `${note.replace(/[。.]$/, '')}${say('sign.stop')}`

/** `走访 3 天，到 23 户、27 次，见到 15 户，更新 4 项。`, how the visits ended, and a line for each building. */
export function figureLines(figures: VisitFigures): string[] {
  const { days, doors, visits, reached, changed, ledger } = figures
  const lines = [
    ended([
      say('visitReport.days', { n: days }),
      say('visitReport.doors', { doors, visits }),
      say('visitReport.reached', { n: reached }),
      changed > 0 && say('log.changed', { n: changed }),
    ]) +
      gap() +
      ended([say('visitReport.ofLedger', { ledger })]),
  ]
  if (figures.outcomes.length > 0) {
    const how = figures.outcomes.map(([outcome, n]) => `${say(`outcome.${outcome}`)} ${n}`)
    lines.push(`${say('visitReport.outcomes')}${say('sign.colon')}${ended(how)}`)
  }
  for (const { building, ...part } of figures.buildings) {
    const told = [
      say('visitReport.doors', { doors: part.doors, visits: part.visits }),
      say('visitReport.reached', { n: part.reached }),
    ]
    lines.push(`${building}${say('sign.colon')}${ended(told)}`)
  }
  if (figures.places > 0) lines.push(ended([placesWords(figures), failedWords(figures)]))
  return lines
}

export const placesWords = ({ places, place_visits: visits }: VisitFigures) =>
  say('visitReport.places', { places, visits })
export const failedWords = ({ failed }: VisitFigures) =>
  failed > 0 ? say('place.failed', { n: failed }) : say('place.allPass')

/** What was written on the way, the latest when all of it is too much, and where nobody opened. */
export function sentencesOf({ noted, unopened }: VisitMaterial): string[] {
  const last = unopened.length > 0 ? [unopenedWords(unopened)] : []
  const notes = noted.map(
    ({ date, place, note }) => `${day(date)} ${place}${say('sign.colon')}${whole(note)}`,
  )
  let room = MOST_BEGUN - last.join('').length
  let from = notes.length
  while (from > 0) {
    room -= notes[from - 1]?.length ?? 0
    if (room < 0) break
    from -= 1
  }
  const more = from > 0 ? [say('visitReport.moreNotes', { n: from })] : []
  return [...more, ...notes.slice(from), ...last]
}

function unopenedWords(doors: readonly string[]) {
  const named = doors.slice(0, MOST_NAMED).join(say('sign.list'))
  const rest = doors.length > MOST_NAMED ? say('visitReport.andOthers') : ''
  return `${say('visitReport.unopened', { n: doors.length })}${say('sign.colon')}${named}${rest}${say('sign.stop')}`
}
