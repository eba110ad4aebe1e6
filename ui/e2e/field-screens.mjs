// Pictures of every screen of the phone, from the fake build, to be looked at by a person:
//   node e2e/field-screens.mjs [only [look]]      → artifacts/field/*.png (not committed)
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openFakeField } from './fake-field.mjs'
import { SCREENS } from './field-tour.mjs'

const folder = fileURLToPath(new URL('../../artifacts/field/', import.meta.url))
const LOOKS = [
  { name: '', options: {} },
  { name: '-large', options: { scale: 1.5, width: 360 } },
  { name: '-dark', options: { dark: true } },
  { name: '-en', options: { language: 'en' } },
]
const [only, look] = process.argv.slice(2)

mkdirSync(folder, { recursive: true })
const field = await openFakeField()
let wrong = 0
for (const { name, options } of LOOKS) {
  if (look !== undefined && look !== name) continue
  for (const screen of SCREENS) {
    if (only && !screen.name.includes(only)) continue
    const opened = await field.page(screen.path, { scene: screen.scene, ...options })
    try {
      await screen.walk?.(opened.page)
      await opened.page.waitForTimeout(250)
      await opened.page.screenshot({ path: `${folder}${screen.name}${name}.png` })
    } catch (error) {
      opened.wrong.push(String(error).split('\n')[0])
    }
    for (const line of opened.wrong) console.error(`${screen.name}${name}: ${line}`)
    wrong += opened.wrong.length
    await opened.done()
  }
}
await field.close()
console.log(`pictures in ${folder}`)
process.exit(wrong ? 1 : 0)
