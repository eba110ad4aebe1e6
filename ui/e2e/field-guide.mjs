// The user guide: written from guide/chapters.mjs, its pictures taken on the tour.
//   node e2e/field-guide.mjs      writes guide/*.md, guide/pictures and guide/words.json (committed)
// The same picture is not the same bytes on another machine, so nobody compares bytes. What stands on each screen is kept
// beside its picture, and field.test.mjs compares that with what stands there now: a picture of a screen that says something
// else since is found by the run that finds everything else.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { CHAPTERS } from '../guide/chapters.mjs'
import { openFakeField } from './fake-field.mjs'
import { SCREENS } from './field-tour.mjs'

export const LANGUAGES = ['zh-CN', 'en']
const folder = fileURLToPath(new URL('../guide/', import.meta.url))
/** As many bytes of pictures as a clone may be asked to carry. */
export const MOST_BYTES = 4_000_000

/** The screens of the guide, each once. */
export const shown = [...new Set(CHAPTERS.flatMap((chapter) => chapter.steps.map((step) => step.screen)))]

/** Those of them that the tour does not draw. */
export const undrawn = shown.filter((name) => SCREENS.every((screen) => screen.name !== name))

const locale = (language) =>
  JSON.parse(readFileSync(new URL(`../src/locales/${language}.json`, import.meta.url), 'utf8'))

/** Puts the app's own words where the guide names a key; a key that is none is an error. */
function filled(text, words) {
  return text.replaceAll(/\{([\w.]+)\}/g, (_, key) => {
    const said = key.split('.').reduce((node, part) => node?.[part], words)
    if (typeof said !== 'string') throw new Error(`the guide names ${key}, which the app does not say`)
    return said
  })
}

/** The guide in one language. */
export async function written(language) {
  const at = LANGUAGES.indexOf(language)
  const words = locale(language)
  const row = (cells) => `| ${cells.join(' | ')} |`
  const zh = language === 'zh-CN'
  const head = zh
    ? '# 网格行使用说明\n\n写给每天走街串巷的人。图都是示例街区，人和门牌是编的。[English](en.md)\n'
    : '# How to use Gridwalk\n\nFor whoever walks the grid. Every picture shows the demo street; its people and doors are invented. [中文](zh-CN.md)\n'
  const chapters = CHAPTERS.map(({ title, lead, steps }, n) => {
    // The sentence below says what is to be seen; a reader of the page need not hear it twice.
    const pictures = steps.map(
      ({ screen }, step) => `![${n + 1}.${step + 1}](pictures/${language}/${screen}.png)`,
    )
    return [
      `## ${n + 1}. ${title[at]}\n`,
      `${filled(lead[at], words)}\n`,
      row(steps.map((_, step) => `${n + 1}.${step + 1}`)),
      row(steps.map(() => '---')),
      row(pictures),
      row(steps.map(({ say }) => filled(say[at], words))),
      '',
    ].join('\n')
  })
  return format([head, ...chapters].join('\n'), { parser: 'markdown', printWidth: 110 })
}

/** What stands on the screen, as one short word: every text but the long lists, without the hours. */
export async function standing(page) {
  const text = await page.evaluate(() => {
    const words = []
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
      const { data, parentElement: around } = walk.currentNode
      if (!data.trim() || !around?.checkVisibility()) continue
      // How many rows of a long list are drawn depends on the window.
      if (around.closest('[data-testid=household-list], style, script')) continue
      words.push(data.trim())
    }
    return words.join('\n')
  })
  const timeless = text.replaceAll(/\d+:\d\d(:\d\d)?/g, '#').replaceAll(/\d+ (秒|分|s|min)/g, '#')
  return createHash('sha256').update(timeless).digest('hex').slice(0, 16)
}

/** What stood on every screen when its picture was taken, by language and name. */
export const pictured = () => JSON.parse(readFileSync(`${folder}words.json`, 'utf8'))

/** The committed text. */
export const committed = (language) => readFileSync(`${folder}${language}.md`, 'utf8')

/** Names of the pictures there are, and how many bytes they have together. */
export function pictures(language) {
  const files = readdirSync(`${folder}pictures/${language}`)
  const bytes = files.map((file) => statSync(`${folder}pictures/${language}/${file}`).size)
  return { names: files.map((file) => file.replace('.png', '')), bytes: bytes.reduce((a, b) => a + b, 0) }
}

async function write() {
  if (undrawn.length > 0) throw new Error(`the tour does not draw ${undrawn.join(', ')}`)
  const field = await openFakeField()
  const words = {}
  rmSync(`${folder}pictures`, { recursive: true, force: true })
  for (const language of LANGUAGES) {
    words[language] = {}
    mkdirSync(`${folder}pictures/${language}`, { recursive: true })
    for (const name of shown) {
      const screen = SCREENS.find((one) => one.name === name)
      const { page, wrong, done } = await field.page(screen.path, { scene: screen.scene, language })
      await screen.walk?.(page)
      await page.waitForTimeout(400)
      words[language][name] = await standing(page)
      const file = `${folder}pictures/${language}/${name}.png`
      await page.screenshot({ path: file })
      // Flat colours need few of them, and a clone carries every byte for ever.
      execFileSync('convert', [
        file,
        '-resize',
        '585x',
        '-dither',
        'None',
        '-colors',
        '64',
        '-strip',
        `PNG8:${file}`,
      ])
      if (wrong.length > 0) throw new Error(`${name}: ${wrong.join('\n')}`)
      await done()
    }
    writeFileSync(`${folder}${language}.md`, await written(language))
  }
  writeFileSync(`${folder}words.json`, await format(JSON.stringify(words), { parser: 'json' }))
  await field.close()
  const all = LANGUAGES.reduce((sum, language) => sum + pictures(language).bytes, 0)
  console.log(
    `${shown.length} screens in ${LANGUAGES.length} languages, ${all} bytes of pictures in ${folder}`,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write()
