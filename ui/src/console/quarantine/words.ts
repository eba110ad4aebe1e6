// What lies in quarantine, in the words of the desk.
import type { Grid, QuarantinedAct, QuarantineLine } from '../../api/registry'
import { say, words, type WordKey } from '../../shared/words'

/** The word of a closed list, or the code itself where a newer phone has one that this page does not know. */
function known(path: string, code: string): string {
  const key = `${path}.${code}`
  return words.global.te(key, 'zh-CN') ? say(key as WordKey) : code
}

export const reasonOf = (line: QuarantineLine) => {
  if (line.id.startsWith('document.')) return say('console.quarantine.because.unmerged')
  const key = `console.quarantine.because.${line.code}`
  return words.global.te(key, 'zh-CN') ? say(key as WordKey) : say('console.quarantine.because.refused')
}

export const kindOf = (line: QuarantineLine) => known('console.quarantine.kind', line.kind)

export const titleOf = (line: QuarantineLine) => line.title ?? kindOf(line)

export const gridName = (line: QuarantineLine, grids: readonly Grid[]) =>
  grids.find((grid) => grid.id === line.grid)?.name ?? say('console.quarantine.noGrid')

/** One act as a heading and the words that somebody typed. */
export function actOf(act: QuarantinedAct): { title: string; text: string } {
  const text = act.text ?? ''
  switch (act.what) {
    case 'visit':
      return {
        title: say('console.quarantine.act.visit', { outcome: known('outcome', act.word ?? '') }),
        text,
      }
    case 'event':
      return { title: known('console.quarantine.event', act.word ?? ''), text }
    case 'field':
      return {
        title: act.word
          ? say('console.quarantine.act.field', { field: known('field', act.word) })
          : say('console.quarantine.act.value'),
        text,
      }
    case 'incident':
    case 'hit':
    case 'finding':
      return { title: say(`console.quarantine.act.${act.what}`), text }
    default:
      return { title: say('console.quarantine.act.other'), text }
  }
}
