// The phone's screens in Chromium, on the fake phone: names and contrast (axe), targets, no sideways overflow, and a
// few walks through them with a thumb.   node --test e2e/field.test.mjs
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFakeField } from './fake-field.mjs'
import { byId, dial, isHere, refuseDevices, seen, shoot, speak, SCREENS, talked, tap } from './field-tour.mjs'
import { heard, tree, trees } from './field-trees.mjs'
import {
  committed,
  LANGUAGES,
  MOST_BYTES,
  pictured,
  pictures,
  shown,
  standing,
  undrawn,
  written,
} from './field-guide.mjs'

const axe = readFileSync(
  fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)),
  'utf8',
)
const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']
// Dark and English change colours and lengths of words, not names or roles.
const LOOKS = [
  { name: 'at 390', options: {}, rules: ALL, guide: 'zh-CN', tree: true },
  { name: 'at 360×640 with text at 1.5', options: { width: 360, height: 640, scale: 1.5 }, rules: ALL },
  { name: 'in the dark', options: { dark: true }, rules: ['color-contrast'] },
  {
    name: 'in English at 360×640',
    options: { width: 360, height: 640, language: 'en' },
    rules: [],
    guide: 'en',
  },
]
const TOUCH_PX = 48
const CORRIDOR = fileURLToPath(new URL('corridor.png', import.meta.url))

let field
before(async () => {
  field = await openFakeField()
})
after(() => field.close())

/** What is read of a page once it is as it should be, or after five seconds: a loaded machine paints late. */
async function settled(read, isIt) {
  const until = Date.now() + 5_000
  let now = await read()
  while (!isIt(now) && Date.now() < until) {
    await new Promise((frame) => setTimeout(frame, 50))
    now = await read()
  }
  return now
}

/** Something on the page comes to say this. */
async function says(page, id, pattern, message) {
  const words = await settled(
    () => byId(page, id).innerText(),
    (now) => pattern.test(now),
  )
  assert.match(words, pattern, message)
}

/** What a page has that a person could not read, press or see. */
async function findings(page, rules) {
  if (rules.length > 0) await page.evaluate(axe)
  return await page.evaluate(
    async ([touch, runOnly]) => {
      const wrong = []
      if (runOnly.length > 0) {
        const { violations } = await window.axe.run(document, { runOnly })
        wrong.push(...violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`)))
      }
      const root = document.scrollingElement
      if (root.scrollWidth > root.clientWidth)
        wrong.push(`sideways: ${root.scrollWidth} > ${root.clientWidth}`)
      for (const scroller of document.querySelectorAll('.scroll'))
        if (scroller.scrollWidth > scroller.clientWidth + 1) wrong.push(`sideways: ${scroller.scrollWidth}`)
      const pressable =
        'button, a[href], [role=button]:not(g), [role=radio], [role=tab], [role=switch], label.photo-input'
      for (const element of document.querySelectorAll(pressable)) {
        const box = element.getBoundingClientRect()
        if (box.width === 0 || box.height === 0) continue
        if (Math.round(box.height) < touch || Math.round(box.width) < touch)
          wrong.push(
            `small ${Math.round(box.width)}×${Math.round(box.height)}: ${element.outerHTML.slice(0, 140)}`,
          )
      }
      for (const icon of document.querySelectorAll('svg.lucide')) {
        const box = icon.getBoundingClientRect()
        const around = icon.parentElement.getBoundingClientRect()
        if (box.width > 0 && around.width > 0 && (box.right > around.right + 1 || box.left < around.left - 1))
          wrong.push(`sticks out: ${icon.parentElement.outerHTML.slice(0, 140)}`)
      }
      return wrong
    },
    [TOUCH_PX, rules],
  )
}

for (const look of LOOKS) {
  describe(`every screen ${look.name}`, () => {
    for (const screen of SCREENS) {
      test(screen.name, async () => {
        const opened = await field.page(screen.path, { scene: screen.scene, ...look.options })
        await screen.walk?.(opened.page)
        assert.deepEqual(await findings(opened.page, look.rules), [])
        assert.deepEqual(opened.wrong, [])
        if (look.tree) {
          const told = tree(screen.name)
          assert.equal(
            await settled(
              () => heard(opened.page),
              (now) => now === told,
            ),
            told,
            'a screen reader hears something else: node e2e/field-trees.mjs, and read what changed',
          )
        }
        if (look.guide && shown.includes(screen.name)) {
          const words = pictured()[look.guide][screen.name]
          assert.equal(
            await settled(
              () => standing(opened.page),
              (now) => now === words,
            ),
            words,
            'the guide shows an older screen: node e2e/field-guide.mjs, and look at its pictures',
          )
        }
        await opened.done()
      })
    }
  })
}

test('every screen has its accessibility tree, and every tree its screen', () => {
  assert.deepEqual(trees(), SCREENS.map(({ name }) => name).sort())
})

describe('the user guide', () => {
  test('shows screens that the tour draws, each with its picture in both languages', () => {
    assert.deepEqual(undrawn, [])
    const all = LANGUAGES.map((language) => pictures(language))
    for (const { names } of all) assert.deepEqual(names.sort(), [...shown].sort())
    assert.ok(all.reduce((sum, { bytes }) => sum + bytes, 0) < MOST_BYTES)
  })

  for (const language of LANGUAGES)
    test(`names in ${language} what the app says`, async () => {
      assert.equal(committed(language), await written(language))
    })
})

describe('a thumb', () => {
  test('saves a visit where nothing changed with one tap, and the row of 今日 is done', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'task-401', 'visit-no-change')
    await byId(page, 'screen-today').waitFor()
    await page.waitForFunction(() => !document.querySelector('[data-testid=task-401]'))
    await says(page, 'sync-chip', /4 条待传/)
    await done()
  })

  test('is told what else there is behind a door once a visit is saved there, and goes on to the form', async () => {
    const { page, done } = await field.page('/households/h126/visit?task=t2')
    await tap(page, 'visit-no-change')
    await says(page, 'visit-others', /502 还有 2 件事[\s\S]*关爱·李阿姨[\s\S]*采集表·低收入家庭信息核对/)
    await tap(page, 'visit-other-form')
    await byId(page, 'form-income_change-less').waitFor()
    await done()
  })

  test('starts the round that is due, or puts it off until it would be due anew', async () => {
    const { page, done } = await field.page('/today')
    await says(page, 'plan-row-plan2', /听雨苑 午后[\s\S]*本周 0\/2 次/)
    await tap(page, 'plan-row-plan2', 'later-open')
    assert.equal(await byId(page, 'later-days-7').count(), 0)
    await tap(page, 'later-days-3', 'later-reason-weather', 'later-save')
    await byId(page, 'today-later').filter({ hasText: '听雨苑 午后' }).waitFor()
    await tap(page, 'plan-row-plan1')
    await page.locator('[data-testid=patrol-plan-plan1][aria-checked=true]').waitFor()
    await tap(page, 'patrol-start')
    await byId(page, 'patrol-hit-1').waitFor()
    await done()
  })

  test('fills a form: one column asked, one that stood corrected, half of it kept, and the next door is offered', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'form-row-low_income_check')
    await says(page, 'form-progress', /1\/5 户/)
    await says(page, 'form-notice', /民政办[\s\S]*12:00[\s\S]*名单[\s\S]*社会救助/)
    await tap(page, 'form-next', 'form-save')
    await byId(page, 'form-fault').waitFor()
    assert.equal(await page.locator('[data-testid^=form-asked-]').count(), 1)
    await says(page, 'form-unchanged', /11 项不变/)
    await tap(page, 'form-unchanged', 'form-change-size')
    await byId(page, 'form-size').fill('4')
    await says(page, 'form-unchanged', /10 项不变·改了 1 项/)
    await tap(page, 'form-income_change-less', 'back')
    // half written, and found again
    await page.getByText('写了一半').waitFor()
    await tap(page, 'form-next')
    await page.locator('[data-testid=form-income_change-less][aria-checked=true]').waitFor()
    await tap(page, 'form-unchanged')
    await says(page, 'form-known-size', /4[\s\S]*这次改的/)
    await tap(page, 'form-save')
    // what else there is behind that door
    await says(page, 'visit-others', /502 还有 2 件事[\s\S]*陪同换燃气软管/)
    await tap(page, 'visit-others-leave')
    await byId(page, 'form-progress').filter({ hasText: '2/5' }).waitFor()
    await says(page, 'form-next', /下一户/)
    await says(page, 'sync-chip', /4 条待传/)
    await tap(page, 'saved-act')
    await byId(page, 'form-done').waitFor()
    await byId(page, 'form-nothing-asked').waitFor()
    await done()
  })

  test('checks a shop: all in order with one tap, one item wanting, its hazard reported, and comes back to the check', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'place-row-place-xiaoman', 'place-item-2-pass', 'place-visit-save')
    await byId(page, 'place-fault').waitFor()
    await tap(page, 'place-all-pass', 'place-item-4-fail')
    assert.equal(await page.getByTestId('place-all-pass').count(), 0)
    await tap(page, 'place-report-4')
    await byId(page, 'screen-report').waitFor()
    const report = byId(page, 'screen-report')
    await page.locator('[data-testid=report-category-F04001][aria-pressed=true]').waitFor()
    await says(page, 'report-place', /听雨苑 南门口 小满便利店/)
    assert.match(await report.innerText(), /检查不合格：灭火器有效/)
    await tap(page, 'report-no-photo')
    await byId(page, 'note-text').fill('店里太暗')
    await tap(page, 'note-done', 'report-save')
    await byId(page, 'place-reported').waitFor()
    const kept = '[data-testid=place-item-4-fail][aria-checked=true]'
    await page.locator(kept).waitFor()
    await tap(page, 'place-visit-save')
    await byId(page, 'screen-today').waitFor()
    await page.waitForFunction(() => !document.querySelector('[data-testid=place-row-place-xiaoman]'))
    await tap(page, 'saved-act')
    await byId(page, 'amend-text').fill('老板下午去换')
    await tap(page, 'amend-save')
    await page.getByText('老板下午去换').waitFor()
    await says(page, 'place-visit-item', /1 项不合格[\s\S]*灭火器有效/)
    await tap(page, 'place-visit-incident')
    await byId(page, 'screen-incident').waitFor()
    await done()
  })

  test('reports a hazard from a half-written visit, comes back to it, and the visit names the case', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'task-401', 'visit-field-gas_hose', 'field-hazard', 'visit-hazard')
    await byId(page, 'screen-report').waitFor()
    await says(page, 'report-place', /听雨苑 3幢/)
    assert.equal(await page.locator('[data-testid^=report-category-][aria-pressed=true]').count(), 0)
    await tap(page, 'report-category-F01001', 'report-no-photo')
    await byId(page, 'note-text').fill('楼道太暗')
    await tap(page, 'note-done', 'report-save')
    await byId(page, 'visit-diff').filter({ hasText: '1' }).waitFor()
    const reported = byId(page, 'visit-reported')
    await reported.waitFor()
    assert.match(await reported.innerText(), /已上报：.+\s+梧桐-03-0914-\d+/)
    const incident = await reported.getAttribute('data-incident')
    await tap(page, 'visit-save')
    await byId(page, 'screen-today').waitFor()
    await tap(page, 'saved-act')
    await byId(page, 'amend-save').waitFor()
    await page.keyboard.press('Escape')
    await says(page, 'visit-item', /改了：[\s\S]*已上报：/)
    assert.match(await byId(page, 'visit-incident').getAttribute('href'), new RegExp(`${incident}$`))
    await done()
  })

  test('goes to report before anything of the visit was written, leaves it, and a later report still finds its visit', async () => {
    const { page, done } = await field.page('/households/h126')
    await tap(page, 'visit-open', 'visit-hazard')
    await byId(page, 'screen-report').waitFor()
    await tap(page, 'back')
    await byId(page, 'screen-visit').waitFor()
    await tap(page, 'visit-hazard', 'report-category-F01001', 'report-no-photo')
    await byId(page, 'note-text').fill('下雨')
    await tap(page, 'note-done', 'report-save')
    await byId(page, 'visit-reported').waitFor()
    await tap(page, 'visit-outcome-not_home', 'visit-save', 'visit-others-leave')
    await byId(page, 'screen-household').waitFor()
    await byId(page, 'visit-incident').waitFor()
    await done()
  })

  test('begins care from a half-written visit, writes down a need where care is agreed, and comes back', async () => {
    const begun = await field.page('/today')
    await tap(begun.page, 'task-401', 'visit-field-gas_hose', 'field-hazard', 'visit-care', 'care-plan-save')
    await byId(begun.page, 'care-lacks').waitFor()
    await tap(begun.page, 'care-type-living_alone', 'care-plan-save')
    await byId(begun.page, 'screen-care').waitFor()
    await tap(begun.page, 'back')
    await byId(begun.page, 'visit-diff').filter({ hasText: '1' }).waitFor()
    await says(begun.page, 'visit-need', /需要什么/)
    await tap(begun.page, 'visit-outcome-wrong_door')
    await byId(begun.page, 'visit-need').waitFor({ state: 'detached' })
    await begun.done()
    const cared = await field.page('/households/h126')
    await tap(cared.page, 'visit-open', 'visit-need')
    await byId(cared.page, 'care-text').fill('要换老花镜')
    await tap(cared.page, 'care-need-save')
    await cared.page.getByTestId('care-need').nth(1).waitFor()
    await tap(cared.page, 'back')
    await byId(cared.page, 'screen-visit').waitFor()
    await cared.done()
  })

  test('fills in what nobody has said of a door, is refused in words, and corrects the contact', async () => {
    const { page, done } = await field.page('/households/h126')
    await says(page, 'household-fill', /补充[\s\S]*4 项没记过/)
    await tap(page, 'household-fill', 'visit-field-wiring', 'field-ok')
    await says(page, 'household-fill', /3 项没记过/)
    await says(page, 'visit-field-wiring', /用电\s*正常/)
    await tap(page, 'visit-field-notes', 'field-save')
    await byId(page, 'field-sheet-notes').waitFor({ state: 'hidden' })
    await says(page, 'household-fill', /3 项没记过/, 'nothing was said')
    await tap(page, 'visit-field-notes')
    await byId(page, 'field-text').fill('身份证 999901194903150013')
    await tap(page, 'field-save')
    await page.locator('[data-testid=household-fault][data-code=TEXT_LOOKS_LIKE_ID]').waitFor()
    await says(page, 'household-fill', /3 项没记过/)
    await tap(page, 'visit-field-notes')
    await byId(page, 'field-text').fill('耳背，敲窗')
    await tap(page, 'field-save')
    await byId(page, 'household-fault').waitFor({ state: 'detached' })
    await says(page, 'visit-field-notes', /耳背/)
    await tap(page, 'contact-edit-contact_name')
    assert.equal(await byId(page, 'field-text').inputValue(), '李阿姨')
    await byId(page, 'field-text').fill('李奶奶')
    await tap(page, 'field-save')
    await page.getByText('李奶奶').first().waitFor()
    await done()
  })

  test('asks the other safety checks of a visit one tap further away, and finds them open when half written', async () => {
    const { page, done } = await field.page('/households/h126')
    await tap(page, 'visit-open')
    await byId(page, 'visit-field-smoke_alarm').waitFor()
    assert.equal(await byId(page, 'visit-field-wiring').count(), 0)
    await tap(page, 'visit-more', 'visit-field-wiring', 'field-hazard', 'back')
    await byId(page, 'screen-household').waitFor()
    await tap(page, 'visit-open')
    await says(page, 'visit-field-wiring', /用电\s*有隐患/)
    await byId(page, 'visit-field-exit').waitFor()
    await tap(page, 'visit-save', 'visit-others-leave')
    await says(page, 'visit-item', /改了：用电 有隐患/)
    await done()
  })

  test('lists who lives behind a door, is told what is missing, and takes back that somebody moved away', async () => {
    const { page, done } = await field.page('/households/h126')
    await tap(page, 'member-add', 'member-save')
    await says(page, 'member-lacks', /称呼/)
    await byId(page, 'member-name').fill('王小丽')
    await byId(page, 'member-year').fill('52')
    await tap(page, 'member-relation-child', 'member-save')
    await says(page, 'member-lacks', /四位数字/)
    await byId(page, 'member-year').fill('1978')
    await byId(page, 'member-name').fill('999901194903150013')
    await tap(page, 'member-save')
    await page.locator('[data-testid=member-sheet] [data-code=TEXT_LOOKS_LIKE_ID]').waitFor()
    assert.equal(await byId(page, 'member-relation').inputValue(), '子女', 'nothing typed is lost')
    await byId(page, 'member-name').fill('王小丽')
    await tap(page, 'member-save')
    await says(page, 'member', /子女\s*王小丽/)
    assert.doesNotMatch(await byId(page, 'member').innerText(), /1978/, 'shown when it is asked for')
    await says(page, 'sync-chip', /4 条待传/)
    const first = await byId(page, 'member').getAttribute('data-member')
    assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    await tap(page, 'member-open-1')
    await says(page, 'person-sheet', /子女[\s\S]*1978/)
    await tap(page, 'member-left')
    await says(page, 'member-gone', /王小丽已记为搬走/)
    assert.equal(await byId(page, 'member').count(), 0)
    await tap(page, 'member-back')
    await says(page, 'member', /子女\s*王小丽/)
    assert.equal(await byId(page, 'member-gone').count(), 0)
    assert.notEqual(await byId(page, 'member').getAttribute('data-member'), first, 'who left has left')
    await done()
  })

  test('finds nobody behind a new door, and adds the first one with a relation in own words', async () => {
    const { page, done } = await field.page('/doors/new')
    await byId(page, 'door-building').selectOption({ label: '听雨苑 3幢' })
    await byId(page, 'door-unit').fill('2')
    await byId(page, 'door-room').fill('702')
    await tap(page, 'door-save')
    await says(page, 'screen-household', /还没记过住在这里的人/)
    await says(page, 'household-fill', /12 项没记过/)
    await tap(page, 'member-add')
    await byId(page, 'member-name').fill('老吴')
    await byId(page, 'member-relation').fill('侄子')
    await tap(page, 'member-save')
    await says(page, 'member', /侄子\s*老吴/)
    await done()
  })

  test('finds a half-written check where it was left, and a shop that was shut asks for no items', async () => {
    const { page, done } = await field.page('/households')
    await tap(page, 'households-places', 'place-row-place-guyu', 'place-visit-open', 'place-item-1-fail')
    await tap(page, 'back')
    await byId(page, 'screen-place').waitFor()
    await tap(page, 'place-visit-open')
    await page.locator('[data-testid=place-item-1-fail][aria-checked=true]').waitFor()
    await tap(page, 'place-outcome-closed')
    assert.equal(await page.getByTestId('place-item-1').count(), 0)
    await tap(page, 'place-visit-save')
    await byId(page, 'screen-place').waitFor()
    await page.getByTestId('place-visit-item').first().filter({ hasText: '没开门' }).waitFor()
    await done()
  })

  test('puts a visit off with a reason, twice at most, and takes it back', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'task-401', 'later-open', 'later-save')
    await byId(page, 'later-lacks').waitFor()
    await tap(page, 'later-reason-other', 'later-days-3', 'later-save')
    await page.locator('[data-code=MISSING_REASON]').waitFor()
    await byId(page, 'later-words').fill('她说周四在家')
    await tap(page, 'later-save')
    await byId(page, 'screen-today').waitFor()
    const later = byId(page, 'today-later')
    await later.waitFor()
    assert.match(await later.innerText(), /401[\s\S]*已推迟\s1\s次·她说周四在家[\s\S]*9月17日/)
    await says(page, 'sync-chip', /3 条待传/, 'nothing of it travels')
    await tap(page, 'task-401', 'later-back')
    await byId(page, 'later-open').waitFor()
    await tap(page, 'later-open', 'later-reason-agreed', 'later-save')
    await byId(page, 'today-later').waitFor()
    await says(page, 'today-later', /已推迟\s1\s次·约了改天/)
    await done()
  })

  test('cannot put off what the desk waits for, nor weekly care that is late', async () => {
    const { page, done } = await field.page('/care/care-504')
    await says(page, 'later-refused', /这件急，不能往后推/)
    assert.equal(await byId(page, 'later-open').count(), 0)
    await done()
    const asked = await field.page('/today')
    await asked.page.locator('[data-kind=verify]').first().click()
    await byId(asked.page, 'later-refused').waitFor()
    assert.equal(await byId(asked.page, 'later-open').count(), 0)
    await asked.done()
  })

  test('hands over what has not arrived as a file, and nothing leaves the list by it', async () => {
    const { page, done } = await field.page('/sync')
    const items = page.getByTestId('sync-item')
    const before = await items.count()
    await tap(page, 'unsent-open')
    await says(page, 'unsent-whose', /没有上锁/)
    await tap(page, 'unsent-do')
    await says(page, 'unsent-packed', /照片 \d+ 张/)
    const saved = page.waitForEvent('download')
    await tap(page, 'unsent-hand')
    assert.match((await saved).suggestedFilename(), /^gridwalk-\d{12}\.zip$/)
    await byId(page, 'unsent-shared').waitFor()
    assert.ok(before > 0)
    assert.equal(await items.count(), before)
    await done()
  })

  test('reads what was announced from the morning, and how to handle a case from the case', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'today-announcements')
    await byId(page, 'screen-announcements').waitFor()
    await page.getByTestId('back').click()
    await byId(page, 'screen-today').waitFor()
    await done()
    const incident = await field.page('/incidents/i-drain', { scene: 'delivered' })
    await tap(incident.page, 'handbook-card')
    await byId(incident.page, 'screen-page').waitFor()
    await incident.done()
  })

  test('adds what was forgotten right after a visit was saved', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'task-401', 'visit-no-change', 'saved-act')
    await byId(page, 'screen-household').waitFor()
    await byId(page, 'amend-text').fill('约了周三再来')
    await tap(page, 'amend-save')
    await page.getByText('约了周三再来').waitFor()
    await done()
  })

  test('adds a door, is told of one with that address, and adds it all the same', async () => {
    const { page, done } = await field.page('/households')
    await tap(page, 'door-add')
    await tap(page, 'door-save')
    await byId(page, 'door-lacks').waitFor()
    await byId(page, 'door-building').selectOption({ label: '听雨苑 3幢' })
    await byId(page, 'door-unit').fill('2')
    await byId(page, 'door-room').fill('５０２室')
    await page.getByText('这个门牌已经有一户').waitFor()
    await byId(page, 'door-room').fill('702')
    await byId(page, 'door-like').waitFor({ state: 'detached' })
    await tap(page, 'back')
    await byId(page, 'screen-households').waitFor()
    // half written, it waits
    await tap(page, 'door-add')
    await page.getByText('上次没加完，接着填。').waitFor()
    await tap(page, 'door-save')
    await byId(page, 'screen-household').waitFor()
    await says(page, 'screen-household', /702[\s\S]*还没走访过/)
    await tap(page, 'back')
    await byId(page, 'door-add').waitFor()
    await tap(page, 'door-add')
    assert.equal(await byId(page, 'door-room').inputValue(), '', 'nothing is left of the form')
    await done()
  })

  test('splits 502, finds both pieces and not the whole, and takes it back', async () => {
    const { page, done } = await field.page('/households/h126')
    await tap(page, 'dwelling-split')
    await byId(page, 'split-room-1').fill('502A')
    await tap(page, 'split-save')
    await page.locator('[data-code=SPLIT_PARTS]').waitFor()
    await byId(page, 'split-room-1').fill('502B')
    await tap(page, 'split-stays-1', 'split-save')
    await byId(page, 'household-void').waitFor()
    assert.equal(await byId(page, 'visit-open').count(), 0, 'nobody is visited there')
    await says(page, 'dwelling-events', /林晓 .*拆成 502A、502B/)
    await tap(page, 'household-row-502B')
    await page.waitForFunction(() =>
      /李阿姨/.test(document.querySelector('[data-testid=screen-household]').innerText),
    )
    await page.evaluate(() => (location.hash = '#/today'))
    await byId(page, 'screen-today').waitFor()
    assert.equal(await byId(page, 'task-502').count(), 0, 'no visit is due there')
    await page.evaluate(() => (location.hash = '#/doors/void'))
    await tap(page, 'household-row-502')
    await tap(page, 'dwelling-take-back')
    await byId(page, 'visit-open').waitFor()
    await byId(page, 'household-void').waitFor({ state: 'detached' })
    await says(page, 'dwelling-events', /林晓 .*恢复了这一户/)
    await done()
  })

  test('makes a double void, with the reason and the one that stays', async () => {
    const { page, done } = await field.page('/doors/new')
    await byId(page, 'door-building').selectOption({ label: '听雨苑 3幢' })
    await byId(page, 'door-unit').fill('2单元')
    await byId(page, 'door-room').fill('502')
    await page.getByText('这个门牌已经有一户').waitFor()
    await tap(page, 'door-save')
    await byId(page, 'household-same-door').waitFor()
    await tap(page, 'dwelling-void')
    assert.equal(await byId(page, 'void-reason-duplicate').getAttribute('aria-checked'), 'true')
    await byId(page, 'void-note').fill('证号 999901194903150013')
    await tap(page, 'void-save')
    await page.locator('[data-code=TEXT_LOOKS_LIKE_ID]').waitFor()
    await byId(page, 'void-note').fill('早上已登记')
    await tap(page, 'void-save')
    await byId(page, 'household-void').waitFor()
    await says(page, 'dwelling-events', /注销：重复登记[\s\S]*早上已登记/)
    await tap(page, 'household-row-502')
    await byId(page, 'visit-open').waitFor()
    await done()
  })

  test('opens a locked app with six digits, and nothing is behind the door before', async () => {
    const { page, wrong, done } = await field.page('/today', { scene: 'locked' })
    assert.equal(await page.locator('[data-testid=screen-lock]').count(), 1)
    assert.equal(await page.locator('[data-testid^=screen-]').count(), 1)
    assert.ok(!(await page.content()).includes('李阿姨'), 'no resident is on the page')
    await dial(page, '111222')
    await page.locator('[data-code=PIN_WRONG]').waitFor()
    for (const digit of '480215') await page.keyboard.press(digit)
    await byId(page, 'screen-today').waitFor()
    await page.getByText('李阿姨').first().waitFor()
    assert.deepEqual(wrong, [])
    await done()
  })

  test('waits after three wrong PINs, and a code from the office opens it with all its work', async () => {
    const { page, done } = await field.page('/today', { scene: 'locked' })
    for (let n = 0; n < 3; n += 1) await dial(page, '111222')
    await says(page, 'lock-wait', /^(01:00|00:5\d) 后再试$/)
    for (const digit of '480215') await page.keyboard.press(digit)
    assert.equal(await byId(page, 'screen-today').count(), 0, 'the right one waits too')
    await tap(page, 'lock-forgot')
    await byId(page, 'lock-code').fill('111111')
    await tap(page, 'lock-recover')
    await page.locator('[data-code=CODE_USED]').waitFor()
    await byId(page, 'lock-code').fill('204816')
    await tap(page, 'lock-recover')
    // the next thing is a new PIN
    await byId(page, 'screen-app-lock').waitFor()
    assert.equal(await byId(page, 'lock-standing').getAttribute('data-set'), 'false')
    await page.evaluate(() => (location.hash = '#/sync'))
    await byId(page, 'screen-sync').getByText(/3 条/).first().waitFor()
    await done()
  })

  test('sets a PIN that nobody guesses first, locks, and finds the half written report again', async () => {
    const { page, done } = await field.page('/lock')
    await tap(page, 'lock-set')
    for (let n = 0; n < 2; n += 1) await dial(page, '123456')
    await page.locator('[data-code=PIN_WEAK]').waitFor()
    for (let n = 0; n < 2; n += 1) await dial(page, '480215')
    await byId(page, 'lock-now').waitFor()
    await page.evaluate(() => (location.hash = '#/report'))
    await tap(page, 'report-category-F02001')
    await page.clock.install()
    await byId(page, 'report-category-F02001').press('Shift') // a touch, from which the idle time counts
    await page.clock.fastForward(121_000)
    await byId(page, 'screen-lock').waitFor()
    assert.equal(await byId(page, 'screen-report').count(), 0)
    await dial(page, '480215')
    await byId(page, 'screen-report').waitFor()
    assert.equal(await byId(page, 'report-category-F02001').getAttribute('aria-pressed'), 'true')
    await done()
  })

  test('asks who it is on a shared phone, and shows neither anything of the other', async () => {
    const { page, wrong, done } = await field.page('/today', { scene: 'shared' })
    assert.deepEqual(
      await page.locator('[data-testid^=screen-]').evaluateAll((all) => all.map((e) => e.dataset.testid)),
      ['screen-who'],
    )
    assert.equal(await byId(page, 'who-1').getAttribute('data-waiting'), '3')
    await says(page, 'who-2', /2 号[\s\S]*都传完了/)
    await tap(page, 'who-1')
    await byId(page, 'lock-who').waitFor()
    await dial(page, '715093')
    await page.locator('[data-code=PIN_WRONG]').waitFor()
    await tap(page, 'lock-change')
    await isHere(page, 1, '480215')
    await page.evaluate(() => (location.hash = '#/report'))
    await tap(page, 'report-category-F02001')
    await page.evaluate(() => (location.hash = '#/me'))
    await tap(page, 'me-change')
    await byId(page, 'screen-who').waitFor()
    assert.ok(!(await page.content()).includes('李阿姨'), 'no resident is on the page')
    await isHere(page, 2, '715093')
    await page.evaluate(() => (location.hash = '#/report'))
    assert.equal(await byId(page, 'report-category-F02001').getAttribute('aria-pressed'), 'false')
    await page.evaluate(() => (location.hash = '#/sync'))
    await byId(page, 'screen-sync').waitFor()
    assert.equal(await page.locator('[data-receipt=local]').count(), 0)
    assert.deepEqual(wrong, [])
    await done()
  })

  test('lets a colleague onto the phone once both have a PIN, and lets nobody go with unsent work', async () => {
    const { page, done } = await field.page('/people', { scene: 'delivered' })
    await tap(page, 'people-add')
    await page.locator('[data-code=PIN_NEEDED]').waitFor()
    await tap(page, 'people-to-lock', 'lock-set')
    for (let n = 0; n < 2; n += 1) await dial(page, '480215')
    await byId(page, 'lock-remove').waitFor()
    await page.evaluate(() => (location.hash = '#/people'))
    await tap(page, 'people-add')
    await byId(page, 'screen-enrol').waitFor()
    // not now: the first one's door is there again, and nobody else
    await tap(page, 'enrol-back')
    await byId(page, 'screen-lock').waitFor()
    assert.equal(await byId(page, 'lock-change').count(), 0)
    await dial(page, '480215')
    await byId(page, 'screen-today').waitFor()
    await page.evaluate(() => (location.hash = '#/people'))
    await tap(page, 'people-add')
    await byId(page, 'enrol-server').fill('https://centre.wangshu.example')
    await byId(page, 'enrol-code').fill('204816')
    await tap(page, 'enrol-submit')
    // nothing else before their own PIN
    await byId(page, 'lock-needed').waitFor()
    await page.evaluate(() => (location.hash = '#/today'))
    await byId(page, 'screen-app-lock').waitFor()
    await tap(page, 'lock-set')
    for (let n = 0; n < 2; n += 1) await dial(page, '715093')
    await byId(page, 'screen-today').waitFor()
    await page.evaluate(() => (location.hash = '#/lock'))
    await byId(page, 'lock-change').waitFor()
    assert.equal(await byId(page, 'lock-remove').count(), 0, 'a shared phone keeps its PINs')
    await page.evaluate(() => (location.hash = '#/people'))
    await tap(page, 'people-leave', 'leave-do')
    await dial(page, '111222')
    await page.locator('[data-code=PIN_WRONG]').waitFor()
    await dial(page, '715093')
    // the first one is alone again
    await byId(page, 'screen-lock').waitFor()
    await dial(page, '480215')
    await byId(page, 'screen-today').waitFor()
    await done()
  })

  test('packs what is unsent for a new phone, and says that it was replaced once that has it', async () => {
    const { page, done } = await field.page('/move')
    await tap(page, 'move-old')
    assert.equal(await byId(page, 'move-waiting').getAttribute('data-waiting'), '8')
    await tap(page, 'move-pack')
    assert.equal(await byId(page, 'move-code').innerText(), 'ABCD 2345 WXYZ')
    const download = page.waitForEvent('download')
    await tap(page, 'move-hand')
    assert.match((await download).suggestedFilename(), /^gridwalk-.*\.txt$/)
    await tap(page, 'move-arrived')
    await byId(page, 'screen-move').getByText('回执是 6 位').waitFor()
    await byId(page, 'move-receipt').fill('999999')
    await tap(page, 'move-arrived')
    await page.locator('[data-code=PARCEL_UNREADABLE]').waitFor()
    await byId(page, 'move-receipt').fill('a2c 4e6')
    await tap(page, 'move-arrived')
    await byId(page, 'move-replaced').waitFor()
    // it says that the other one has everything, so it does not say that something is to be sent, and asks for nothing more
    for (const id of ['move-waiting', 'move-send', 'move-parcel'])
      assert.equal(await page.getByTestId(id).count(), 0, id)
    await page.evaluate(() => (location.hash = '#/today'))
    await byId(page, 'replaced').waitFor()
    await done()
  })

  test('reports a hazard in three taps, not counting the camera', async () => {
    const { page, done } = await field.page('/today')
    await tap(page, 'tab-report')
    await shoot(page, 'report-photo')
    await tap(page, 'report-category-F02001', 'report-save')
    await byId(page, 'screen-incident').waitFor()
    await says(page, 'screen-incident', /飞线充电[\s\S]*已上报[\s\S]*已存本机/)
    await done()
  })

  test('sees an original only after a reason, and the reason is part of the story', async () => {
    const { page, wrong, done } = await field.page('/incidents/i-lead')
    await tap(page, 'original', 'original-open-do')
    await byId(page, 'original-open-lacks').waitFor()
    assert.equal(await byId(page, 'original-picture').count(), 0)
    await tap(page, 'original-open-evidence', 'original-open-do')
    await page.waitForFunction(() => {
      const picture = document.querySelector('[data-testid=original-picture]')
      return picture?.complete && picture.naturalWidth > 0 && picture.getBoundingClientRect().height > 40
    })
    await says(page, 'original-note', /\d+:\d\d 前可以看/)
    await page.locator('[data-testid=original-sheet] header button').click()
    await byId(page, 'original-sheet').waitFor({ state: 'hidden' })
    await says(page, 'screen-incident', /看了原图[\s\S]*投诉、复核/)
    // it is open for a while, and is not asked twice
    await tap(page, 'original')
    await byId(page, 'original-picture').waitFor()
    assert.deepEqual(wrong, [])
    await done()
  })

  test('calls for help from the report, which then says so, and is told where no machine makes calls', async () => {
    const { page, wrong, done } = await field.page('/report')
    // where one says how urgent it is, the calls come next
    assert.equal(await page.locator('.levels + [data-testid=emergency]').count(), 1)
    await tap(page, 'emergency-119')
    await says(page, 'report-words', /已拨打 119。/)
    await tap(page, 'emergency-119', 'emergency-120')
    await says(page, 'report-words', /^已拨打 119。已拨打 120。$/)
    assert.deepEqual(wrong, [])
    await done()
    const desk = await field.page('/report', { scene: 'quiet' })
    await tap(desk.page, 'emergency-110')
    await desk.page.locator('[data-code=NO_DIALLER]').waitFor()
    await desk.done()
  })

  test('says it instead of typing: hears it again, throws it away, and reports with another and no photo', async () => {
    const { page, wrong, done } = await field.page('/report')
    await speak(page)
    await tap(page, 'voice-play')
    await page.locator('[data-testid=voice-play][aria-label^=暂停]').waitFor()
    await tap(page, 'voice-drop')
    // with keys: what was pressed to begin is pressed again to end
    await byId(page, 'voice-start').focus()
    await page.keyboard.press('Enter')
    await talked(page)
    await page.keyboard.press('Enter')
    await byId(page, 'voice-note').waitFor()
    // half of it survives leaving the page
    await tap(page, 'back', 'tab-report')
    await byId(page, 'voice-note').waitFor()
    assert.equal(await byId(page, 'report-no-photo').count(), 0)
    await tap(page, 'report-category-F02001', 'report-save')
    await byId(page, 'screen-incident').waitFor()
    await says(
      page,
      'screen-incident',
      /飞线充电[\s\S]*已上报[\s\S]*语音备注[\s\S]*已存本机[\s\S]*见语音备注[\s\S]*补了语音/,
    )
    await tap(page, 'voice-play')
    await page.locator('[data-testid=voice-play][aria-label^=暂停]').waitFor()
    await page.goto(page.url().replace(/#.*/, '#/sync'))
    await page.locator('[data-testid=sync-item][data-kind=voice][data-receipt-of=local]').waitFor()
    assert.deepEqual(wrong, [])
    await done()
  })

  test('speaks to a case and at a door without pressing stop, and nothing of it is lost', async () => {
    const { page, wrong, done } = await field.page('/incidents/i-drain')
    await tap(page, 'incident-comment')
    await byId(page, 'note-text').fill('井盖又松了')
    await tap(page, 'voice-start')
    await talked(page)
    await tap(page, 'note-done')
    await page.getByText('补了语音').waitFor()
    await page.getByText('井盖又松了').waitFor()
    await byId(page, 'voice-note').waitFor()
    await page.goto(page.url().replace(/#.*/, '#/households/h126/visit'))
    await tap(page, 'visit-outcome-not_home', 'voice-start')
    await talked(page)
    // whoever goes on before the recording has ended stays there
    await tap(page, 'visit-save')
    await page.evaluate(() => (location.hash = '#/me'))
    await byId(page, 'saved-note').waitFor()
    await byId(page, 'screen-me').waitFor()
    await page.goto(page.url().replace(/#.*/, '#/households/h126'))
    await byId(page, 'screen-household').waitFor()
    await page.locator('[data-testid=visit-item] [data-testid=voice-note]').first().waitFor()
    assert.deepEqual(wrong, [])
    await done()
  })

  test('is told in words that there is no microphone, and types on', async () => {
    const { page, done } = await field.page('/report')
    await refuseDevices(page)
    await tap(page, 'voice-start')
    await says(page, 'voice-silence', /麦克风权限[\s\S]*打字一样能办/)
    await tap(page, 'report-words')
    await byId(page, 'note-text').fill('三楼有烟味')
    await tap(page, 'note-done')
    await page.getByText('三楼有烟味').waitFor()
    await done()
  })

  test('finds half a comment on a case again, on that case only, until it is said', async () => {
    const { page, wrong, done } = await field.page('/incidents/i-drain')
    const words = byId(page, 'note-text')
    await tap(page, 'incident-comment')
    await words.fill('井盖又松了，先放')
    // whoever leaves without a word to the sheet: the address changes under it
    await page.evaluate(() => (location.hash = '#/me'))
    await byId(page, 'screen-me').waitFor()
    await page.evaluate(() => (location.hash = '#/incidents/i-drain'))
    await tap(page, 'incident-comment')
    assert.equal(await words.inputValue(), '井盖又松了，先放')
    // another case has nothing of it
    await page.evaluate(() => (location.hash = '#/incidents/i-lead'))
    await byId(page, 'original').waitFor()
    await tap(page, 'incident-comment')
    assert.equal(await words.inputValue(), '')
    await page.evaluate(() => (location.hash = '#/incidents/i-drain'))
    await byId(page, 'original').waitFor({ state: 'detached' })
    await tap(page, 'incident-comment')
    assert.equal(await words.inputValue(), '井盖又松了，先放')
    await words.fill('井盖又松了，先放了锥桶')
    await tap(page, 'note-done')
    await page.getByText('井盖又松了，先放了锥桶').waitFor()
    await page.evaluate(() => (location.hash = '#/me'))
    await byId(page, 'screen-me').waitFor()
    await page.evaluate(() => (location.hash = '#/incidents/i-drain'))
    await tap(page, 'incident-comment')
    assert.equal(await words.inputValue(), '', 'what is an event of the case is no draft')
    await page.locator('.sheet:visible header button').click()
    assert.deepEqual(wrong, [])
    await done()
  })

  test('finds half an act on a case again, with what was chosen, until it is done', async () => {
    const { page, wrong, done } = await field.page('/incidents/i-quarrel')
    const offices = page.locator('[data-testid^=incident-office-]')
    await tap(page, 'incident-more', 'incident-whistle')
    await offices.nth(1).click()
    await byId(page, 'incident-words').fill('一起上门')
    await page.evaluate(() => (location.hash = '#/me'))
    await byId(page, 'screen-me').waitFor()
    await page.evaluate(() => (location.hash = '#/incidents/i-quarrel'))
    await tap(page, 'incident-more', 'incident-notify')
    assert.equal(await byId(page, 'incident-words').inputValue(), '', 'another act is another sheet')
    await page.locator('.sheet:visible header button').last().click()
    await byId(page, 'incident-sheet-notify').waitFor({ state: 'hidden' })
    await tap(page, 'incident-more', 'incident-whistle')
    await says(page, 'sheet-resumed', /接着上次没写完的/)
    assert.equal(await byId(page, 'incident-words').inputValue(), '一起上门')
    await byId(page, 'incident-words').fill('一起上门谈')
    await tap(page, 'incident-answer-save')
    await page.getByText('一起上门谈').first().waitFor()
    await tap(page, 'incident-more', 'incident-whistle')
    assert.equal(await byId(page, 'incident-words').inputValue(), '')
    assert.equal(await byId(page, 'sheet-resumed').count(), 0)
    assert.deepEqual(wrong, [])
    await done()
  })

  test('finds half a need again on its plan, and nothing of it once the consent is taken back', async () => {
    const { page, wrong, done } = await field.page('/care/care-504')
    const again = async () => {
      await page.evaluate(() => (location.hash = '#/me'))
      await byId(page, 'screen-me').waitFor()
      await page.evaluate(() => (location.hash = '#/care/care-504'))
      await byId(page, 'screen-care').waitFor()
    }
    await tap(page, 'care-need-add')
    await byId(page, 'care-text').fill('陪去配助')
    await again()
    await tap(page, 'care-need-add')
    assert.equal(await byId(page, 'care-text').inputValue(), '陪去配助')
    await page.locator('.sheet:visible header button').click()
    await byId(page, 'care-sheet-need').waitFor({ state: 'hidden' })
    await tap(page, 'care-consent-withdraw', 'care-withdraw-save')
    await page.locator('[data-testid=care-consent][data-standing=withdrawn]').waitFor()
    await again()
    await tap(page, 'care-consent-open')
    await byId(page, 'care-witness').fill('隔壁孔女士')
    await tap(page, 'care-consent-save')
    await page.locator('[data-testid=care-consent][data-standing=given]').waitFor()
    await tap(page, 'care-need-add')
    assert.equal(await byId(page, 'care-text').inputValue(), '')
    assert.deepEqual(wrong, [])
    await done()
  })

  test('says that the hazard is one that is listed already, and words and photo go along to it', async () => {
    const { page, wrong, done } = await field.page('/report')
    await shoot(page, 'report-photo')
    await tap(page, 'report-words')
    await byId(page, 'note-text').fill('东门井盖又断了一块')
    await tap(page, 'note-done', 'report-category-more', 'category-P01003', 'report-follow')
    await byId(page, 'screen-incident').waitFor()
    await page.getByText('东门井盖又断了一块').waitFor()
    await page.evaluate(() => (location.hash = '#/report'))
    await byId(page, 'report-words').waitFor()
    assert.equal(await page.getByText('东门井盖又断了一块').count(), 0)
    assert.equal(await byId(page, 'report-photo-shown').count(), 0)
    assert.deepEqual(wrong, [])
    await done()
  })

  test('finds a half written report again after leaving it', async () => {
    const { page, done } = await field.page('/report')
    await shoot(page, 'report-photo')
    await tap(page, 'report-category-F02001', 'back', 'tab-report')
    await byId(page, 'report-photo-shown').waitFor()
    assert.equal(await byId(page, 'report-category-F02001').getAttribute('aria-pressed'), 'true')
    await done()
  })

  test('is told in words why a damaged photo was not kept', async () => {
    const { page, done } = await field.page('/report')
    await byId(page, 'report-photo').setInputFiles({
      name: 'cut.jpg',
      mimeType: 'image/jpeg',
      buffer: readFileSync(fileURLToPath(new URL('corridor.png', import.meta.url)))
        .subarray(0, 900)
        .fill(7, 20),
    })
    await page.locator('[data-code=PHOTO_TRUNCATED]').waitFor()
    await done()
  })

  test('is told in the sheet what an answer still lacks', async () => {
    const { page, done } = await field.page('/incidents/i-seep')
    await tap(page, 'incident-verify_result', 'incident-answer-save')
    await byId(page, 'incident-lacks').waitFor()
    await tap(page, 'incident-answer-yes', 'incident-answer-save')
    await page.getByText('先拍一张现场，再存。').waitFor()
    await byId(page, 'incident-check-photo').setInputFiles(CORRIDOR)
    await page.getByText('已拍 1 张').waitFor()
    await tap(page, 'incident-answer-save')
    await page.getByText('核实：属实').waitFor()
    await done()
  })

  test('takes the photo again over the first one, and the camera is let go of', async () => {
    const { page, done } = await field.page('/incidents/01a088df-2300-75d4-abf4-4165b7e368a1')
    await page.evaluate(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      window.lent = []
      navigator.mediaDevices.getUserMedia = async (wish) => {
        const stream = await ask(wish)
        window.lent.push(...stream.getTracks())
        return stream
      }
    })
    const lent = () => page.evaluate(() => window.lent.map((track) => track.readyState))
    await tap(page, 'incident-check', 'angle-open')
    await seen(page)
    const first = byId(page, 'angle-before')
    assert.equal(await first.evaluate((image) => image.style.opacity), '0.5')
    await byId(page, 'angle-over').press('ArrowRight')
    assert.equal(await first.evaluate((image) => image.style.opacity), '0.55')
    assert.deepEqual(await lent(), ['live'])
    await tap(page, 'angle-shoot')
    await page.getByText('已拍 1 张').waitFor()
    assert.deepEqual(await lent(), ['ended'])
    await tap(page, 'incident-answer-yes', 'incident-answer-save')
    await byId(page, 'incident-pair').waitFor()
    await done()
  })

  test('is told in words that the camera may not be used, and takes the photo the other way', async () => {
    const { page, done } = await field.page('/incidents/01a088df-2300-75d4-abf4-4165b7e368a1')
    await refuseDevices(page)
    await tap(page, 'incident-check', 'angle-open')
    await says(page, 'angle-unseen', /没给相机权限/)
    await page.keyboard.press('Escape')
    await page.locator('[data-testid=angle-sheet] button').first().click()
    await byId(page, 'incident-check-photo').setInputFiles(CORRIDOR)
    await page.getByText('已拍 1 张').waitFor()
    await done()
  })

  test('whistles for two departments and reads who has not come yet', async () => {
    const { page, done } = await field.page('/incidents/i-lead')
    assert.equal(await byId(page, 'incident-more').count(), 0) // handled on site: nothing to call anybody for
    await page.goto(page.url().replace('i-lead', 'i-quarrel'))
    await tap(page, 'incident-more', 'incident-whistle', 'incident-answer-save')
    await page.getByText('选一个部门就能存。').waitFor()
    const offices = page.locator('[data-testid^=incident-office-]')
    await offices.nth(1).click()
    await offices.nth(6).click()
    await byId(page, 'incident-words').fill('一起上门谈')
    await tap(page, 'incident-answer-save')
    await page.getByText('你 吹哨，请 社区消防站、司法所 到场').waitFor()
    await says(page, 'incident-facts', /吹哨 司法所\s+还没报到/)
    await done()
  })

  test('is told in words what cannot be done', async () => {
    const { page, done } = await field.page('/incidents/i-drain')
    await tap(page, 'incident-not-now')
    const cancel = page.locator('[data-testid=incident-withheld][data-act=cancel]')
    assert.equal(await cancel.getAttribute('aria-disabled'), 'true')
    await cancel.focus()
    assert.match(await cancel.innerText(), /^作废\s+坐席已受理/)
    await cancel.press('Enter')
    await page.getByRole('status').filter({ hasText: '坐席已受理' }).waitFor()
    const check = page.locator('[data-testid=incident-withheld][data-act=check]')
    assert.match(await check.innerText(), /先由/)
    assert.equal(await byId(page, 'incident-cancel').count(), 0)
    await done()
  })

  test('walks a patrol: two points, a finding, the hold, the summary', async () => {
    const { page, done } = await field.page('/patrol')
    await tap(page, 'patrol-start', 'patrol-hit-1')
    await byId(page, 'hit-code').fill('GW:999901001001003:01')
    await tap(page, 'hit-save', 'patrol-hit-2', 'hit-method-manual')
    await byId(page, 'hit-reason').fill('牌子被挡住了')
    await tap(page, 'hit-save')
    await byId(page, 'patrol-hit-3').waitFor()
    await tap(page, 'patrol-finding', 'finding-category-F01001', 'finding-state-observed', 'finding-save')
    const end = byId(page, 'patrol-finish')
    await end.dispatchEvent('pointerdown')
    await byId(page, 'screen-patrol-finish').waitFor()
    await tap(page, 'patrol-finish-save')
    await byId(page, 'screen-patrol-summary').waitFor()
    await says(page, 'screen-patrol-summary', /2 \/ 11[\s\S]*楼道堆物/)
    await done()
  })

  test('puts down what is seen on the way with one tap, and may still report it', async () => {
    const { page, done } = await field.page('/patrol', { scene: 'walking' })
    const chips = page.locator('[data-testid^=patrol-quick-]')
    await chips.first().waitFor()
    assert.equal(await chips.count(), 4)
    await tap(page, 'patrol-quick-F02001')
    await says(page, 'saved-note', /飞线充电[\s\S]*去上报/)
    await tap(page, 'saved-act')
    await byId(page, 'screen-report').waitFor()
    await settled(
      () => byId(page, 'report-category-F02001').getAttribute('aria-pressed'),
      (pressed) => pressed === 'true',
    )
    await page.goBack()
    await byId(page, 'patrol-finish').dispatchEvent('pointerdown')
    await tap(page, 'patrol-finish-save')
    await byId(page, 'screen-patrol-summary').waitFor()
    await says(page, 'screen-patrol-summary', /没有定位\s+1 处[\s\S]*飞线充电[\s\S]*观察/)
    assert.equal(await page.locator('.patrol-map .missing').count(), 1, 'the gap is no line')
    const last = page.locator('[data-testid=finding]').last()
    await last.getByRole('button', { name: '补一句' }).click()
    await byId(page, 'amend-text').fill('傍晚已经清走')
    await tap(page, 'amend-save')
    await last.getByText('林晓补充：傍晚已经清走').waitFor()
    await done()
  })

  test('lifted too early does not end a patrol', async () => {
    const { page, done } = await field.page('/patrol', { scene: 'walking' })
    const end = byId(page, 'patrol-finish')
    await end.dispatchEvent('pointerdown')
    await end.dispatchEvent('pointerup')
    assert.equal(await byId(page, 'screen-patrol').count(), 1)
    assert.match(await end.innerText(), /按住结束/)
    await done()
  })

  test('settles a conflict, and the other value is not asked for again', async () => {
    const { page, done } = await field.page('/households/h130')
    await says(page, 'household-merged', /已合并 \S+ 的更新：方便时间·9:40/)
    await tap(page, 'household-conflicts', 'conflict-theirs')
    await page.waitForFunction(() => document.querySelectorAll('[data-testid^=conflict-]').length > 0)
    await tap(page, 'conflict-mine')
    await byId(page, 'conflict-back').click()
    await byId(page, 'screen-household').waitFor()
    assert.equal(await byId(page, 'household-conflicts').count(), 0)
    assert.equal(await byId(page, 'household-merged').count(), 0, 'the worker has written here since')
    await done()
  })

  test('finds care that is due in 今日, and one tap says that all is as usual', async () => {
    const { page, done } = await field.page('/today')
    const care = byId(page, 'today-late')
    assert.match(await care.innerText(), /冯奶奶[\s\S]*关爱探访·9 天没见[\s\S]*逾期 2 天/)
    assert.doesNotMatch(await byId(page, 'screen-today').innerText(), /独居|一级|耳背/)
    await tap(page, 'care-row-504', 'care-usual')
    await byId(page, 'screen-today').waitFor()
    await page.waitForFunction(() => !document.querySelector('[data-testid=care-row-504]'))
    await byId(page, 'saved-note').waitFor()
    await says(page, 'sync-chip', /4 条待传/)
    await done()
  })

  test('reads what somebody told only after a reason, and the reason stays on the page', async () => {
    const { page, done } = await field.page('/care/care-504')
    await byId(page, 'care-words').waitFor()
    assert.doesNotMatch(await byId(page, 'screen-care').innerText(), /耳背|助餐卡/)
    await tap(page, 'care-open', 'care-open-do')
    await byId(page, 'care-open-lacks').waitFor()
    await tap(page, 'care-open-call', 'care-open-do')
    await page.locator('[data-testid=care-words][data-open=true]').waitFor()
    await says(page, 'screen-care', /助餐卡月底到期[\s\S]*耳背，敲门听不见/)
    await says(page, 'care-opened', /本人或家人来电/)
    await done()
  })

  test('withdraws a consent: the words are gone, and nothing more can be recorded', async () => {
    const { page, done } = await field.page('/care/care-504')
    await tap(page, 'care-open', 'care-open-visit', 'care-open-do')
    await page.getByText('助餐卡月底到期').waitFor()
    await tap(page, 'care-consent-withdraw')
    await byId(page, 'care-text').fill('说不用再来了')
    await tap(page, 'care-withdraw-save')
    await page.locator('[data-testid=care-consent][data-standing=withdrawn]').waitFor()
    const said = await byId(page, 'screen-care').innerText()
    assert.doesNotMatch(said, /助餐卡|耳背/)
    assert.equal(await byId(page, 'care-usual').count(), 0)
    assert.equal(await byId(page, 'care-open').count(), 0)
    assert.match(said, /本人又同意了/)
    await done()
  })

  test('records a consent, and is told in the sheet what it lacks', async () => {
    const { page, done } = await field.page('/care/care-402')
    await tap(page, 'care-consent-open', 'care-consent-save')
    await page.getByText('写上谁在场见证，就能存。').waitFor()
    await byId(page, 'care-witness').fill('隔壁孔女士')
    await tap(page, 'care-consent-save')
    await page.locator('[data-testid=care-consent][data-standing=given]').waitFor()
    await tap(page, 'care-support-more', 'care-support-kind-phone', 'care-support-seen-no')
    await byId(page, 'care-support-note').fill('没接电话')
    await tap(page, 'care-support-save')
    const support = byId(page, 'care-support')
    await support.waitFor()
    assert.match(await support.innerText(), /电话·没见到[\s\S]*已存本机/)
    await done()
  })

  test('settles two levels, and the more urgent counted until then', async () => {
    const { page, done } = await field.page('/care/care-202')
    await says(page, 'care-level-differs', /先按更急的一级算/)
    await tap(page, 'care-level-take-third')
    await byId(page, 'care-level-differs').waitFor({ state: 'detached' })
    await says(page, 'screen-care', /三级/)
    await done()
  })

  test('begins care at a door, and nothing is recorded before somebody agreed', async () => {
    const { page, done } = await field.page('/households/h126')
    await byId(page, 'care-row-502').waitFor()
    assert.equal(await byId(page, 'care-begin').count(), 0, 'this door has a plan')
    await done()
    const other = await field.page('/households/h129')
    await tap(other.page, 'care-begin', 'care-plan-save')
    await other.page.getByText('选一个类型就能存。').waitFor()
    await tap(other.page, 'care-type-low_income', 'care-level-second', 'care-plan-save')
    await byId(other.page, 'screen-care').waitFor()
    await says(other.page, 'screen-care', /二级[\s\S]*低保[\s\S]*还没问过本人/)
    assert.equal(await byId(other.page, 'care-usual').count(), 0)
    assert.equal(await byId(other.page, 'care-need-add').count(), 0)
    await other.done()
  })

  test('sees receipts turn to 已到中心 when there is a network', async () => {
    const { page, done } = await field.page('/sync')
    await page.evaluate(() => window.fake.connect('good'))
    await page.locator('[data-receipt-of=local]').first().waitFor({ state: 'detached' })
    await page.waitForFunction(() => !document.querySelector('[data-receipt-of=local]'))
    await says(page, 'sync-headline', /都已到中心/)
    await done()
  })

  test('tries one record again and is told how it ended, without a network and with one', async () => {
    const { page, done } = await field.page('/sync', { scene: 'stuck' })
    const row = page.locator('[data-testid=sync-item][data-id=today-1]')
    await row.getByTestId('sync-again').click()
    await settled(
      () => row.innerText(),
      (now) => /联系不上中心/.test(now),
    )
    assert.match(await row.innerText(), /联系不上中心/)
    const broken = page.locator('[data-testid=sync-item][data-id=photo-broken]')
    assert.equal(await broken.getByTestId('sync-again').count(), 0, 'trying again cannot help')
    assert.match(await broken.getByTestId('sync-help').innerText(), /重拍/)
    await page.evaluate(() => window.fake.connect('good'))
    await page.waitForFunction(() => !document.querySelector('[data-receipt-of=local]'))
    assert.equal(await row.getByTestId('sync-again').count(), 0)
    await says(page, 'sync-day', /照片·3幢消火栓/)
    await done()
  })

  test('reads in the evening what of the day is at the centre, and what is missing leads to its page', async () => {
    const { page, done } = await field.page('/log', { scene: 'evening' })
    await says(page, 'log-delivery', /今天应传 11，已到中心 3，还差 8：/)
    await tap(page, 'log-delivery')
    await says(page, 'sync-day', /记录\s+应传 6，已到中心 3[\s\S]*照片\s+应传 5，已到中心 0/)
    await page.getByTestId('sync-day-missing').first().click()
    await byId(page, 'screen-incident').waitFor()
    await done()
  })

  test('enrols with a code; wrong, used and old ones are told apart, a missing network is not one of them', async () => {
    const { page, done } = await field.page('/enrol', { scene: 'fresh' })
    const attempt = async (server, code) => {
      await byId(page, 'enrol-server').fill(server)
      await byId(page, 'enrol-code').fill(code)
      await tap(page, 'enrol-submit')
    }
    for (const [server, code, answer] of [
      ['nowhere.example', '204816', 'SERVER_UNREACHABLE'],
      ['centre.example', '000000', 'CODE_WRONG'],
      ['centre.example', '111111', 'CODE_USED'],
      ['centre.example', '222222', 'CODE_EXPIRED'],
    ]) {
      await attempt(server, code)
      await page.locator(`[data-code=${answer}]`).waitFor()
    }
    await attempt('centre.example', '204816')
    await byId(page, 'screen-today').waitFor()
    await done()
  })

  test('finds a person by one character, walks to her with the arrow keys, and comes back to the field', async () => {
    const { page, done } = await field.page('/households')
    await byId(page, 'household-search').fill('李')
    await byId(page, 'found-person').waitFor()
    assert.equal(await page.locator('[data-testid=found-person] mark').first().innerText(), '李')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'household-search')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await byId(page, 'screen-household').waitFor()
    await says(page, 'screen-household', /李/)
    await done()
  })

  test('opens the floors of a building that was searched for', async () => {
    const { page, done } = await field.page('/households')
    await byId(page, 'household-search').fill('4幢')
    await page.locator('[data-testid=found-building] button').click()
    await byId(page, 'floor-view').waitFor()
    await says(page, 'floor-building', /4幢/)
    await done()
  })

  test('hides all but the surnames of a list, not of an opened home', async () => {
    const { page, done } = await field.page('/me')
    await tap(page, 'me-mask-names', 'tab-households')
    await byId(page, 'household-search').fill('502')
    await byId(page, 'found-door').waitFor()
    await says(page, 'found-door', /^[^*]*[\u4e00-\u9fff]\*\*/)
    await page.locator('[data-testid=found-row-502]').first().click()
    await byId(page, 'screen-household').waitFor()
    assert.doesNotMatch(await byId(page, 'screen-household').innerText(), /\*\*\n/)
    await done()
  })

  test('finds the log written, changes a word, loses nothing on the way out, and confirms it', async () => {
    const { page, done } = await field.page('/today', { scene: 'evening' })
    await tap(page, 'today-log')
    const text = byId(page, 'log-text')
    await text.waitFor()
    assert.match(await text.inputValue(), /走访听雨苑 3幢 3 户：见人 2，未遇 1/)
    await text.fill('走访 3 户，软管换好了一处')
    await tap(page, 'back', 'tab-me', 'me-log')
    await text.waitFor()
    assert.equal(await text.inputValue(), '走访 3 户，软管换好了一处')
    await tap(page, 'log-confirm')
    await byId(page, 'log-confirmed').waitFor()
    await says(page, 'log-confirmed', /17:1\d 已确认[\s\S]*已存本机/)
    assert.equal(await byId(page, 'log-confirm').isDisabled(), true)
    await text.fill('电话 999901194903150013')
    await tap(page, 'log-confirm')
    await page.locator('[data-code=TEXT_LOOKS_LIKE_ID]').waitFor()
    await done()
  })

  test('is offered what came after the log was confirmed, and not what was struck out of it', async () => {
    const { page, wrong, done } = await field.page('/log', { scene: 'evening' })
    const text = byId(page, 'log-text')
    await text.waitFor()
    const [first, ...struck] = (await text.inputValue()).split('\n')
    assert.ok(struck.length > 0)
    await text.fill(first)
    await tap(page, 'log-confirm')
    await byId(page, 'log-confirmed').waitFor()
    await page.goto(page.url().replace(/#.*/, '#/households/h126/visit'))
    await tap(page, 'visit-outcome-not_home', 'visit-save')
    await byId(page, 'saved-note').waitFor()
    await page.goto(page.url().replace(/#.*/, '#/log'))
    await text.waitFor()
    assert.equal(await text.inputValue(), first)
    await tap(page, 'log-new')
    const added = (await text.inputValue()).split('\n').slice(1)
    assert.ok(added.length > 0)
    for (const sentence of struck) assert.ok(!added.includes(sentence), sentence)
    assert.equal(await byId(page, 'log-confirm').isDisabled(), false)
    assert.deepEqual(wrong, [])
    await done()
  })

  test('finds the visits of a month counted, tells them in own words, and confirms figures that nobody types', async () => {
    const { page, done } = await field.page('/me', { scene: 'evening' })
    await tap(page, 'me-visit-report')
    await says(page, 'visit-report-period', /^9月14日至9月20日$/)
    assert.equal(await byId(page, 'visit-report-after').isDisabled(), true)
    await tap(page, 'visit-report-span-month')
    await says(page, 'visit-report-period', /^9月1日至9月30日$/)
    await says(page, 'visit-report-figures', /到过的户\n60[\s\S]*走访天数\n14[\s\S]*见人 53[\s\S]*2 项不合格/)
    const narrative = byId(page, 'visit-report-narrative')
    assert.match(await narrative.inputValue(), /没人开门的 1 户：听雨苑 /)
    await narrative.fill('两家的灭火器已催换')
    // another period is another report, and what is half written waits
    await tap(page, 'visit-report-before')
    await says(page, 'visit-report-period', /^8月1日至8月31日$/)
    await tap(page, 'visit-report-after')
    await says(page, 'visit-report-period', /^9月1日至9月30日$/)
    await narrative.waitFor()
    assert.equal(await narrative.inputValue(), '两家的灭火器已催换')
    await narrative.fill('电话 999901194903150013')
    await tap(page, 'visit-report-confirm')
    await page.locator('[data-code=TEXT_LOOKS_LIKE_ID]').waitFor()
    await narrative.fill('两家的灭火器已催换')
    await tap(page, 'visit-report-confirm')
    await says(page, 'visit-report-confirmed', /17:1\d 已确认[\s\S]*已存本机/)
    assert.equal(await byId(page, 'visit-report-confirm').isDisabled(), true)
    await tap(page, 'visit-report-span-week')
    await tap(page, 'visit-report-earlier')
    await says(page, 'visit-report-period', /^9月1日至9月30日$/)
    await says(page, 'visit-report-confirmed', /已确认/)
    // one visit more, and the figures are not those that were confirmed
    await page.goto(page.url().replace(/#.*/, '#/households/h126/visit'))
    await tap(page, 'visit-outcome-not_home', 'visit-save')
    await byId(page, 'saved-note').waitFor()
    await page.goto(page.url().replace(/#.*/, '#/visit-report'))
    await tap(page, 'visit-report-span-month')
    await byId(page, 'visit-report-changed').waitFor()
    assert.equal(await byId(page, 'visit-report-confirm').isDisabled(), false)
    await done()
  })

  test('says that nobody was visited in a quarter long past, and offers nothing to confirm', async () => {
    const { page, done } = await field.page('/visit-report', { scene: 'evening' })
    await tap(page, 'visit-report-span-quarter')
    for (const period of [/^4月1日至6月30日$/, /^1月1日至3月31日$/, /^2025年10月1日至2025年12月31日$/]) {
      await tap(page, 'visit-report-before')
      await says(page, 'visit-report-period', period)
    }
    await page.getByText('这段时间没有走访').waitFor()
    assert.equal(await byId(page, 'visit-report-confirm').count(), 0)
    await done()
  })

  test('reads an announcement once; its receipt is the only one', async () => {
    const { page, done } = await field.page('/me')
    await tap(page, 'me-announcements')
    await byId(page, 'announcement').waitFor()
    assert.equal(await page.locator('[data-testid=announcement-read]').count(), 2)
    await tap(page, 'announcement-read')
    await page.locator('[data-receipt=local]').waitFor()
    assert.equal(await page.locator('[data-testid=announcement-read]').count(), 1)
    await says(page, 'sync-chip', /4 条待传/)
    await done()
  })

  test('looks a hazard up by a word of its card', async () => {
    const { page, done } = await field.page('/households')
    await byId(page, 'household-search').fill('气味')
    await page.locator('[data-testid=found-page] button').first().click()
    await byId(page, 'screen-page').waitFor()
    await says(page, 'screen-page', /燃气软管[\s\S]*开窗/)
    await done()
  })

  test('prints the log and nothing else', async () => {
    const { page, done } = await field.page('/log', { scene: 'evening' })
    await byId(page, 'log-text').waitFor()
    await page.emulateMedia({ media: 'print' })
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll('button, textarea, .sub-head, .printed')]
        .filter((element) => element.getClientRects().length > 0)
        .map((element) => element.className),
    )
    assert.deepEqual(shown, ['printed'])
    await done()
  })

  test('prints the visit report with its figures and nothing else', async () => {
    const { page, done } = await field.page('/visit-report', { scene: 'evening' })
    await tap(page, 'visit-report-span-month')
    await byId(page, 'visit-report-narrative').waitFor()
    await page.emulateMedia({ media: 'print' })
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll('button, textarea, .card, .sub-head, .quiet-note, .printed')]
        .filter((element) => element.getClientRects().length > 0)
        .map((element) => [element.className, element.innerText]),
    )
    assert.deepEqual(
      shown.map(([name]) => name),
      ['printed'],
    )
    assert.match(shown[0][1], /走访报告[\s\S]*林晓[\s\S]*走访 14 天，到 60 户[\s\S]*听雨苑 1幢：[\s\S]*签名/)
    await done()
  })

  test('finds a thousand households drawn as a screenful, down to the last', async () => {
    const { page, done } = await field.page('/households', { scene: 'many' })
    const list = byId(page, 'household-list')
    assert.equal(await list.getAttribute('data-rows'), '1000')
    await page.evaluate(async () => {
      const scroller = document.querySelector('.scroll')
      const frame = () => new Promise((drawn) => requestAnimationFrame(drawn))
      // Heights are measured as rows come into view, so the end moves a little on the way there.
      for (let n = 0; n < 60; n += 1) {
        scroller.scrollTop = scroller.scrollHeight
        await frame()
      }
    })
    const drawn = await page.locator('[data-household]').count()
    assert.ok(drawn > 5 && drawn < 60, `${drawn} rows drawn`)
    await done()
  })
})
