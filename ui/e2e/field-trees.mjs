// What a screen reader is told of every screen: roles, names and states, one file each in `trees/`, compared by
// field.test.mjs.   node e2e/field-trees.mjs [only]   writes them again; read the difference before it is committed.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openFakeField } from './fake-field.mjs'
import { SCREENS } from './field-tour.mjs'

const folder = fileURLToPath(new URL('trees/', import.meta.url))
const fileOf = (name) => `${folder}${name}.yml`

/** The seconds of a clock that runs are not what was read. */
const snapshot = async (page) =>
  (await page.locator('body').ariaSnapshot())
    .replaceAll(/(definition: \d+):\d\d$/gm, '$1:##')
    // how long ago a fix was, and how soon a card is renewed
    .replaceAll(/\d+ 秒(?=前|后)/g, '## 秒')
const drawn = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
/** What is heard on this page once it has come to rest. */
export async function heard(page) {
  let before
  let now = await snapshot(page)
  do {
    await drawn(page)
    before = now
    now = await snapshot(page)
  } while (before !== now)
  return `${now}\n`
}
/** What was heard when somebody last read it. */
export const tree = (name) => readFileSync(fileOf(name), 'utf8')
export const trees = () =>
  readdirSync(folder)
    .map((file) => file.replace('.yml', ''))
    .sort()

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const only = process.argv[2] ?? ''
  const field = await openFakeField()
  if (!only) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const screen of SCREENS.filter(({ name }) => name.startsWith(only))) {
    const { page, done } = await field.page(screen.path, { scene: screen.scene })
    await screen.walk?.(page)
    writeFileSync(fileOf(screen.name), await heard(page))
    await done()
  }
  await field.close()
  console.log(`${trees().length} trees`)
}
