// Every screen of the phone with the way to it: read by the pictures and by the accessibility test.
import { fileURLToPath } from 'node:url'

export const byId = (page, id) => page.locator(`[data-testid="${id}"]`).first()
export const tap = async (page, ...ids) => {
  for (const id of ids) await byId(page, id).click()
}
export const shoot = async (page, id) => {
  await byId(page, id).setInputFiles(fileURLToPath(new URL('corridor.png', import.meta.url)))
  await byId(page, 'report-photo-shown').waitFor()
}
/** Long enough that there is sound in it. */
export const talked = (page) => byId(page, 'voice-stop').filter({ hasText: '0:02' }).waitFor()
/** Says something; it is on the phone when this returns. */
export const speak = async (page) => {
  await tap(page, 'voice-start')
  await talked(page)
  await tap(page, 'voice-stop')
  await byId(page, 'voice-note').waitFor()
}
/** The camera has a picture. */
export const seen = (page) => page.locator('[data-testid=angle-shoot]:not([aria-busy])').waitFor()
/** Whoever asks for the microphone or the camera is told no. */
export const refuseDevices = (page) =>
  page.evaluate(() => {
    const refused = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    navigator.mediaDevices.getUserMedia = refused
  })
export const dial = (page, pin) => tap(page, ...[...pin].map((digit) => `pin-${digit}`))
/** Says who they are on a shared phone, and opens. */
export const isHere = async (page, number, pin) => {
  await tap(page, `who-${number}`)
  await byId(page, 'lock-who').waitFor()
  await dial(page, pin)
  await byId(page, 'screen-today').waitFor()
}
/** A finger from one point to another, both in parts of the element. */
const draw = async (page, id, [fromX, fromY], [toX, toY]) => {
  await byId(page, id).scrollIntoViewIfNeeded()
  const box = await byId(page, id).boundingBox()
  await page.mouse.move(box.x + fromX * box.width, box.y + fromY * box.height)
  await page.mouse.down()
  await page.mouse.move(box.x + toX * box.width, box.y + toY * box.height)
  await page.mouse.up()
}
const putOff = async (page, plate, reason) => {
  await tap(page, `task-${plate}`, 'later-open', `later-reason-${reason}`, 'later-save')
  await byId(page, 'screen-today').waitFor()
}
const FORM = 'low_income_check/2026-09'
const openForm = async (page) => {
  await tap(page, 'form-row-low_income_check', 'form-next')
  await byId(page, 'form-save').waitFor()
}
const chooseOutcome = (word) => (page) => tap(page, `visit-outcome-${word}`)

export const SCREENS = [
  { name: '01-today', path: '/today' },
  { name: '01b-brief', path: '/today', walk: (page) => tap(page, 'brief') },
  {
    name: '01d-today-later',
    path: '/today',
    async walk(page) {
      await putOff(page, '401', 'agreed')
      await byId(page, 'today-later').waitFor()
      await byId(page, 'today-later').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '01f-today-patrols',
    path: '/today',
    walk: async (page) => {
      await byId(page, 'today-patrols').waitFor()
      await byId(page, 'today-patrols').scrollIntoViewIfNeeded()
    },
  },
  { name: '01e-today-low', path: '/today', scene: 'morning' },
  { name: '07e-sync-news', path: '/sync', scene: 'morning' },
  { name: '02-households', path: '/households' },
  { name: '02b-floors', path: '/households', walk: (page) => tap(page, 'households-view-floors') },
  {
    name: '02c-search-nothing',
    path: '/households',
    walk: (page) => byId(page, 'household-search').fill('没有这个人'),
  },
  {
    name: '02f-search',
    path: '/households',
    async walk(page) {
      await byId(page, 'household-search').fill('东')
      await byId(page, 'found').waitFor()
    },
  },
  {
    name: '02g-search-people',
    path: '/households',
    async walk(page) {
      await byId(page, 'household-search').fill('李')
      await byId(page, 'found').waitFor()
    },
  },
  { name: '02m-map', path: '/map' },
  { name: '02n-map-building', path: '/map', walk: (page) => tap(page, 'map-nearer', 'map-building-3幢') },
  { name: '02o-map-case', path: '/map', walk: (page) => tap(page, 'map-case') },
  { name: '02d-household', path: '/households/h126' },
  { name: '02p-household-fill', path: '/households/h126', walk: (page) => tap(page, 'household-fill') },
  {
    name: '02q-person-new',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'member-add')
      await byId(page, 'member-name').fill('王小丽')
      await tap(page, 'member-relation-child', 'member-save')
      await tap(page, 'member-add', 'member-save')
      await byId(page, 'member-lacks').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '02r-person',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'member-add')
      await byId(page, 'member-name').fill('王小丽')
      await byId(page, 'member-year').fill('1978')
      await tap(page, 'member-relation-child', 'member-save', 'member-open-1')
      await byId(page, 'member-left').waitFor()
    },
  },
  {
    name: '02t-person-correct',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'member-add')
      await byId(page, 'member-name').fill('王小莉')
      await tap(page, 'member-relation-child', 'member-save', 'member-open-1', 'member-correct')
      await page.getByTestId('member-correct-sheet').getByTestId('member-name').fill('王小丽')
    },
  },
  {
    name: '02u-person-corrected',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'member-add')
      await byId(page, 'member-name').fill('王小莉')
      await tap(page, 'member-relation-child', 'member-save', 'member-open-1', 'member-correct')
      await page.getByTestId('member-correct-sheet').getByTestId('member-name').fill('王小丽')
      await tap(page, 'member-correct-save', 'member-open-1')
      await byId(page, 'member-corrected').waitFor()
    },
  },
  {
    name: '02s-person-gone',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'member-add')
      await byId(page, 'member-name').fill('王小丽')
      await tap(page, 'member-save', 'member-open-1', 'member-left')
      await byId(page, 'member-gone').waitFor()
    },
  },
  { name: '02e-household-conflict', path: '/households/h130' },
  {
    name: '02h-door-new',
    path: '/doors/new',
    async walk(page) {
      await byId(page, 'door-building').selectOption({ index: 1 })
      await byId(page, 'door-unit').fill('2单元')
      await byId(page, 'door-room').fill('5-02')
      await byId(page, 'door-like').waitFor()
    },
  },
  {
    name: '02i-door-split',
    path: '/households/h126',
    walk: (page) => tap(page, 'dwelling-split', 'split-another'),
  },
  {
    name: '02j-door-was-split',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'dwelling-split', 'split-save')
      await byId(page, 'dwelling-take-back').scrollIntoViewIfNeeded()
    },
  },
  { name: '02k-door-void', path: '/households/h126', walk: (page) => tap(page, 'dwelling-void') },
  {
    name: '02l-voids',
    path: '/households/h126',
    async walk(page) {
      await tap(page, 'dwelling-split', 'split-save')
      await byId(page, 'dwelling-take-back').waitFor()
      await page.evaluate(() => (location.hash = '#/doors/void'))
      await byId(page, 'screen-voids').waitFor()
    },
  },
  { name: '03-visit', path: '/households/h126/visit?task=t2' },
  {
    name: '03b-visit-changed',
    path: '/households/h126/visit?task=t2',
    async walk(page) {
      await tap(page, 'visit-field-household_size')
      await page.getByRole('button', { name: /多一人|One more/ }).click()
      await tap(page, 'field-save', 'visit-field-gas_hose', 'field-hazard')
      await byId(page, 'visit-diff').filter({ hasText: '2' }).waitFor()
    },
  },
  {
    name: '03g-visit-saved',
    path: '/today',
    async walk(page) {
      await tap(page, 'task-401', 'visit-no-change')
      await byId(page, 'saved-note').waitFor()
    },
  },
  {
    name: '03l-visit-others',
    path: '/households/h126/visit?task=t2',
    async walk(page) {
      await tap(page, 'visit-no-change')
      await byId(page, 'visit-others').waitFor()
    },
  },
  { name: '03c-visit-not-home', path: '/households/h126/visit', walk: chooseOutcome('not_home') },
  { name: '03d-visit-refused', path: '/households/h126/visit', walk: chooseOutcome('refused') },
  { name: '03e-field-sheet', path: '/households/h126/visit', walk: (page) => tap(page, 'visit-field-use') },
  { name: '03f-note', path: '/households/h126/visit', walk: (page) => tap(page, 'visit-note') },
  {
    name: '03h-visit-later',
    path: '/households/h126/visit?task=t2',
    walk: (page) => tap(page, 'later-open', 'later-reason-inconvenient'),
  },
  {
    name: '03i-visit-waits',
    path: '/today',
    async walk(page) {
      await putOff(page, '401', 'weather')
      await tap(page, 'task-401')
      await byId(page, 'later-waits').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '03j-visit-reported',
    path: '/households/h126/visit?task=t2',
    async walk(page) {
      await tap(page, 'visit-field-gas_hose', 'field-hazard', 'visit-hazard', 'report-category-F01001')
      await tap(page, 'report-no-photo')
      await byId(page, 'note-text').fill('太暗')
      await tap(page, 'note-done', 'report-save')
      await byId(page, 'visit-reported').scrollIntoViewIfNeeded()
    },
  },
  { name: '03k-visit-more', path: '/households/h126/visit?task=t2', walk: (page) => tap(page, 'visit-more') },
  { name: '04-report-empty', path: '/report' },
  {
    name: '04b-report',
    path: '/report',
    async walk(page) {
      await shoot(page, 'report-photo')
      await tap(page, 'report-category-F01001', 'report-how-self_handle')
    },
  },
  {
    name: '04c-report-missing',
    path: '/report',
    async walk(page) {
      await shoot(page, 'report-photo')
      await tap(page, 'report-save')
    },
  },
  {
    name: '04n-report-errand',
    path: '/report?category=E06001',
    async walk(page) {
      await tap(page, 'report-how-self_handle')
      await byId(page, 'report-measure').scrollIntoViewIfNeeded()
    },
  },
  { name: '04d-categories', path: '/report', walk: (page) => tap(page, 'report-category-more') },
  { name: '04e-place', path: '/report', walk: (page) => tap(page, 'report-place') },
  {
    name: '04f-report-speaking',
    path: '/report',
    async walk(page) {
      await tap(page, 'voice-start')
      await byId(page, 'voice-stop').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '04g-report-spoken',
    path: '/report',
    async walk(page) {
      await speak(page)
      await byId(page, 'voice-note').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '04h-report-no-microphone',
    path: '/report',
    async walk(page) {
      await refuseDevices(page)
      await tap(page, 'voice-start')
      await byId(page, 'voice-silence').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '04f-mark',
    path: '/report',
    async walk(page) {
      await shoot(page, 'report-photo')
      await tap(page, 'report-mark')
      await draw(page, 'mark-canvas', [0.62, 0.55], [0.82, 0.86])
      await byId(page, 'mark-veil').waitFor()
      await tap(page, 'mark-stamp')
    },
  },
  {
    name: '04g-marked',
    path: '/report',
    async walk(page) {
      await shoot(page, 'report-photo')
      const bare = await byId(page, 'report-photo-shown').getAttribute('src')
      await tap(page, 'report-mark')
      await draw(page, 'mark-canvas', [0.62, 0.55], [0.82, 0.86])
      await tap(page, 'mark-stamp', 'mark-done')
      await page.waitForFunction(
        (old) => document.querySelector('[data-testid=report-photo-shown]')?.getAttribute('src') !== old,
        bare,
      )
      await tap(page, 'report-category-F02001')
    },
  },
  { name: '05-patrol', path: '/patrol', scene: 'walking' },
  { name: '05b-patrol-start', path: '/patrol' },
  { name: '05b-patrol-due', path: '/patrol?plan=plan2', walk: (page) => tap(page, 'later-open') },
  { name: '05i-patrol-free', path: '/patrol', walk: (page) => tap(page, 'patrol-plan-free') },
  {
    name: '05j-patrol-free-running',
    path: '/patrol',
    walk: (page) => tap(page, 'patrol-plan-free', 'patrol-kind-night', 'patrol-start'),
  },
  { name: '05c-patrol-hit', path: '/patrol', scene: 'walking', walk: (page) => tap(page, 'patrol-hit-7') },
  {
    name: '05d-patrol-manual',
    path: '/patrol',
    scene: 'walking',
    walk: (page) => tap(page, 'patrol-hit-7', 'hit-method-manual'),
  },
  {
    name: '05e-patrol-finding',
    path: '/patrol',
    scene: 'walking',
    walk: (page) => tap(page, 'patrol-finding'),
  },
  {
    name: '05l-patrol-finding-spoken',
    path: '/patrol',
    scene: 'walking',
    async walk(page) {
      await tap(page, 'patrol-finding')
      await speak(page)
      await byId(page, 'finding-save').scrollIntoViewIfNeeded()
    },
  },
  { name: '05f-patrol-points', path: '/patrol', scene: 'walking', walk: (page) => tap(page, 'patrol-list') },
  {
    name: '05k-patrol-found',
    path: '/patrol',
    scene: 'walking',
    async walk(page) {
      await tap(page, 'patrol-finding', 'finding-category-F01001', 'finding-state-observed')
      await byId(page, 'finding-note').fill('三楼纸箱两堆')
      await speak(page)
      await tap(page, 'finding-save', 'patrol-list')
      await page.locator('[data-testid=finding]').getByRole('button').last().click()
      await byId(page, 'amend-text').fill('傍晚已经清走')
      await tap(page, 'amend-save')
      await page.locator('[data-testid=finding] .added').scrollIntoViewIfNeeded()
    },
  },
  { name: '05g-patrol-finish', path: '/patrols/patrol1/finish', scene: 'walking' },
  {
    name: '05h-patrol-summary',
    path: '/patrols/patrol1/finish',
    scene: 'walking',
    async walk(page) {
      await tap(page, 'patrol-finish-save')
      await byId(page, 'screen-patrol-summary').waitFor()
    },
  },
  { name: '05i-patrols', path: '/patrols', scene: 'walking' },
  { name: '06-incident', path: '/incidents/i-drain', scene: 'delivered' },
  { name: '06b-incidents', path: '/incidents' },
  {
    name: '06c-incident-verify',
    path: '/incidents/i-seep',
    walk: (page) => tap(page, 'incident-verify_result'),
  },
  { name: '06d-incident-check', path: '/incidents/01a088df-2300-75d4-abf4-4165b7e368a1' },
  {
    name: '06j-same-angle',
    path: '/incidents/01a088df-2300-75d4-abf4-4165b7e368a1',
    async walk(page) {
      await tap(page, 'incident-check', 'angle-open')
      await seen(page)
    },
  },
  {
    name: '06o-incident-not-now',
    path: '/incidents/i-drain',
    walk: async (page) => {
      await tap(page, 'incident-not-now')
      await byId(page, 'incident-not-now').scrollIntoViewIfNeeded()
    },
  },
  { name: '06e-incident-more', path: '/incidents/i-drain', walk: (page) => tap(page, 'incident-more') },
  {
    name: '06f-incident-whistle',
    path: '/incidents/i-drain',
    walk: (page) => tap(page, 'incident-more', 'incident-whistle'),
  },
  { name: '06g-incident-quarrel', path: '/incidents/i-quarrel' },
  {
    name: '06h-incident-quarrel-ends',
    path: '/incidents/i-quarrel',
    walk: (page) => tap(page, 'incident-more', 'incident-conclude_dispute'),
  },
  { name: '06i-original-ask', path: '/incidents/i-lead', walk: (page) => tap(page, 'original') },
  {
    name: '06j-original',
    path: '/incidents/i-lead',
    async walk(page) {
      await tap(page, 'original', 'original-open-detail', 'original-open-do')
      await byId(page, 'original-picture').waitFor()
    },
  },
  {
    name: '06k-errand',
    path: '/incidents/i-errand',
    walk: (page) => byId(page, 'errand-share').scrollIntoViewIfNeeded(),
  },
  { name: '06l-errand-add', path: '/incidents/i-errand', walk: (page) => tap(page, 'errand-add') },
  {
    name: '06m-errand-moved',
    path: '/incidents/i-errand',
    async walk(page) {
      await page.locator('[data-testid=errand-step][data-outcome=open]').click()
      await tap(page, 'step-how-moved')
    },
  },
  {
    name: '06n-ownerless',
    path: '/incidents/i-manhole',
    walk: (page) => byId(page, 'ownerless').scrollIntoViewIfNeeded(),
  },
  {
    name: '06p-inquiry',
    path: '/incidents/i-manhole',
    walk: (page) => page.locator('[data-testid=inquiry]').first().click(),
  },
  { name: '07-sync', path: '/sync', scene: 'stuck' },
  { name: '07c-unsent', path: '/sync', scene: 'stuck', walk: (page) => tap(page, 'unsent-open') },
  {
    name: '07h-unsent-packed',
    path: '/sync',
    scene: 'stuck',
    async walk(page) {
      await tap(page, 'unsent-open', 'unsent-do')
      await byId(page, 'unsent-packed').waitFor()
    },
  },
  { name: '07b-sync-delivered', path: '/sync', scene: 'delivered' },
  { name: '08-conflict', path: '/households/h130/conflicts', scene: 'delivered' },
  { name: '13-care-plans', path: '/care', walk: (page) => tap(page, 'care-which-all') },
  { name: '13b-care', path: '/care/care-504' },
  {
    name: '13c-care-open-sheet',
    path: '/care/care-504',
    walk: (page) => tap(page, 'care-open'),
  },
  {
    name: '13d-care-opened',
    path: '/care/care-504',
    async walk(page) {
      await tap(page, 'care-open', 'care-open-visit', 'care-open-do')
      await page.locator('[data-testid=care-words][data-open=true]').waitFor()
      await byId(page, 'care-words').scrollIntoViewIfNeeded()
    },
  },
  { name: '13e-care-level-differs', path: '/care/care-202' },
  { name: '13f-care-pending', path: '/care/care-402' },
  { name: '13g-care-consent-sheet', path: '/care/care-402', walk: (page) => tap(page, 'care-consent-open') },
  { name: '13h-care-withdrawn', path: '/care/care-404' },
  { name: '13i-care-support-sheet', path: '/care/care-504', walk: (page) => tap(page, 'care-support-more') },
  {
    name: '13j-care-withdraw-sheet',
    path: '/care/care-504',
    walk: (page) => tap(page, 'care-consent-withdraw'),
  },
  { name: '13k-care-expired', path: '/care/care-101' },
  { name: '13l-care-begin', path: '/households/h129', walk: (page) => tap(page, 'care-begin') },
  { name: '13m-care-plan-sheet', path: '/care/care-504', walk: (page) => tap(page, 'care-change') },
  { name: '13n-care-need-sheet', path: '/care/care-504', walk: (page) => tap(page, 'care-need-add') },
  { name: '13o-care-nothing-due', path: '/care', scene: 'quiet' },
  { name: '13p-care-renew', path: '/care/care-202', walk: (page) => tap(page, 'care-consent-give') },
  { name: '15-places', path: '/places' },
  { name: '15b-place', path: '/places/place-shuangjiang' },
  { name: '15c-place-visit', path: '/places/place-xiaoman/visit' },
  {
    name: '15d-place-wanting',
    path: '/places/place-xiaoman/visit',
    async walk(page) {
      await tap(page, 'place-all-pass', 'place-item-4-fail', 'place-note-4')
      await byId(page, 'note-text').fill('两只都在红区')
      await tap(page, 'note-done', 'place-leaflet-fire_ten')
      await byId(page, 'place-item-4').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '15e-place-open',
    path: '/places/place-xiaoman/visit',
    async walk(page) {
      await tap(page, 'place-item-1-pass', 'place-visit-save')
      await byId(page, 'place-fault').waitFor()
    },
  },
  {
    name: '15f-place-request',
    path: '/places/place-xiaoman/visit',
    async walk(page) {
      await tap(page, 'place-all-pass', 'place-request')
      await byId(page, 'note-text').fill('想装个门头招牌，不知道找哪个窗口办')
      await tap(page, 'note-done')
      await byId(page, 'place-visit-save').scrollIntoViewIfNeeded()
      await byId(page, 'place-request-report').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '15g-place-closed',
    path: '/places/place-xiaoman/visit',
    walk: (page) => tap(page, 'place-outcome-closed'),
  },
  {
    name: '15h-place-saved',
    path: '/places/place-xiaoman',
    async walk(page) {
      await tap(page, 'place-visit-open', 'place-all-pass', 'place-item-3-fail', 'place-visit-save')
      await byId(page, 'screen-place').waitFor()
      await byId(page, 'place-visit-item').waitFor()
    },
  },
  {
    name: '15i-place-search',
    path: '/households',
    async walk(page) {
      await byId(page, 'household-search').fill('小满')
      await byId(page, 'found-place').waitFor()
    },
  },
  {
    name: '15j-place-report',
    path: '/places/place-xiaoman/visit',
    async walk(page) {
      await tap(page, 'place-all-pass', 'place-item-4-fail', 'place-report-4')
      await byId(page, 'screen-report').waitFor()
    },
  },
  { name: '17-forms', path: '/forms' },
  { name: '17b-form', path: `/forms/${FORM}` },
  { name: '17c-form-door', path: '/today', walk: openForm },
  {
    name: '17d-form-open',
    path: '/today',
    async walk(page) {
      await openForm(page)
      await tap(page, 'form-save')
      await byId(page, 'form-fault').waitFor()
    },
  },
  {
    name: '17e-form-unchanged',
    path: '/today',
    async walk(page) {
      await openForm(page)
      await tap(page, 'form-unchanged', 'form-change-size', 'form-change-aid')
      await byId(page, 'form-size').fill('4')
      await tap(page, 'form-aid-none', 'form-income_change-same')
      await byId(page, 'form-known-size').scrollIntoViewIfNeeded()
    },
  },
  {
    name: '17f-form-saved',
    path: '/today',
    async walk(page) {
      await openForm(page)
      await tap(page, 'form-income_change-less', 'form-save', 'visit-others-leave')
      await byId(page, 'screen-form').waitFor()
      await byId(page, 'form-progress').filter({ hasText: '2' }).waitFor()
    },
  },
  { name: '17g-forms-done', path: '/forms', scene: 'quiet' },
  { name: '09-enrol', path: '/enrol', scene: 'fresh' },
  {
    name: '09b-enrol-unreachable',
    path: '/enrol',
    scene: 'fresh',
    async walk(page) {
      await byId(page, 'enrol-server').fill('zhongxin.wangshu')
      await byId(page, 'enrol-code').fill('204816')
      await tap(page, 'enrol-submit')
      await byId(page, 'enrol-problem').waitFor()
    },
  },
  { name: '10-me', path: '/me' },
  {
    name: '10d-me-saving',
    path: '/me',
    scene: 'morning',
    walk: (page) => byId(page, 'me-saving').scrollIntoViewIfNeeded(),
  },
  { name: '10i-card', path: '/card' },
  { name: '03h-visit-card', path: '/households/h126/visit', walk: (page) => tap(page, 'visit-card') },
  { name: '10b-storage', path: '/storage' },
  {
    name: '10c-storage-freed',
    path: '/storage',
    scene: 'delivered',
    async walk(page) {
      await tap(page, 'storage-free')
      await byId(page, 'storage-gone').waitFor()
    },
  },
  { name: '10d-handbook', path: '/handbook' },
  { name: '10e-page', path: '/handbook/page3' },
  { name: '10f-announcements', path: '/announcements' },
  {
    name: '02h-search-handbook',
    path: '/households',
    async walk(page) {
      await byId(page, 'household-search').fill('软管')
      await byId(page, 'found-page').waitFor()
    },
  },
  { name: '10g-log', path: '/log', scene: 'evening' },
  {
    name: '10h-log-confirmed',
    path: '/log',
    scene: 'evening',
    async walk(page) {
      await tap(page, 'log-confirm')
      await byId(page, 'log-confirmed').waitFor()
    },
  },
  {
    name: '10k-visit-report',
    path: '/visit-report',
    scene: 'evening',
    async walk(page) {
      await tap(page, 'visit-report-span-month')
      await byId(page, 'visit-report-figures').waitFor()
    },
  },
  {
    name: '10l-visit-report-confirmed',
    path: '/visit-report',
    scene: 'evening',
    async walk(page) {
      await tap(page, 'visit-report-span-month', 'visit-report-confirm')
      await byId(page, 'visit-report-confirmed').waitFor()
    },
  },
  {
    name: '10m-correct-door',
    path: '/households/h126',
    async walk(page) {
      await byId(page, 'household-correct').scrollIntoViewIfNeeded()
      await tap(page, 'household-correct')
      await byId(page, 'correct-plate').waitFor()
    },
  },
  {
    name: '10n-correct-sheet',
    path: '/correct/building/b3',
    async walk(page) {
      await tap(page, 'correct-storeys')
      await byId(page, 'proposal-should').fill('7')
      await byId(page, 'proposal-because').fill('在楼下数过，顶层是后来加的')
    },
  },
  {
    name: '10o-correct-kept',
    path: '/correct/building/b3',
    async walk(page) {
      await tap(page, 'correct-storeys')
      await byId(page, 'proposal-should').fill('7')
      await byId(page, 'proposal-because').fill('在楼下数过，顶层是后来加的')
      await tap(page, 'proposal-save')
      await byId(page, 'proposal').scrollIntoViewIfNeeded()
    },
  },
  { name: '10p-proposals', path: '/proposals' },
  { name: '01c-today-evening', path: '/today', scene: 'evening' },
  { name: '11-today-nothing', path: '/today', scene: 'quiet' },
  { name: '12-task', path: '/today/t6' },
  { name: '14-lock', path: '/today', scene: 'locked', walk: (page) => tap(page, 'pin-4', 'pin-8') },
  {
    name: '14b-lock-wait',
    path: '/today',
    scene: 'locked',
    async walk(page) {
      for (let n = 0; n < 3; n += 1) await dial(page, '111222')
      await byId(page, 'lock-wait').waitFor()
    },
  },
  { name: '14c-lock-forgot', path: '/today', scene: 'locked', walk: (page) => tap(page, 'lock-forgot') },
  { name: '14d-app-lock', path: '/lock' },
  {
    name: '14e-app-lock-differ',
    path: '/lock',
    async walk(page) {
      await tap(page, 'lock-set')
      await dial(page, '480215')
      await dial(page, '480216')
      await byId(page, 'lock-differ').waitFor()
    },
  },
  {
    name: '14f-app-lock-on',
    path: '/lock',
    async walk(page) {
      await tap(page, 'lock-set')
      await dial(page, '480215')
      await dial(page, '480215')
      await byId(page, 'lock-now').waitFor()
    },
  },
  { name: '16-move', path: '/move' },
  {
    name: '16b-move-old',
    path: '/move',
    async walk(page) {
      await tap(page, 'move-old')
      await byId(page, 'move-pack').waitFor()
    },
  },
  {
    name: '16c-move-packed',
    path: '/move',
    async walk(page) {
      await tap(page, 'move-old', 'move-pack')
      await byId(page, 'move-code').waitFor()
    },
  },
  {
    name: '16d-move-replaced',
    path: '/move',
    async walk(page) {
      await tap(page, 'move-old', 'move-pack')
      await byId(page, 'move-receipt').fill('a2c 4e6')
      await tap(page, 'move-arrived')
      await byId(page, 'move-replaced').waitFor()
    },
  },
  { name: '16e-move-new', path: '/move', scene: 'delivered', walk: (page) => tap(page, 'move-new') },
  {
    name: '16f-move-taken',
    path: '/move',
    scene: 'delivered',
    async walk(page) {
      await tap(page, 'move-new')
      await byId(page, 'move-file').setInputFiles({
        name: 'gridwalk.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('Z3JpZHdhbGsgcGFyY2Vs'),
      })
      await byId(page, 'move-code-typed').fill('abcd 2345 wxyz')
      await tap(page, 'move-open')
      await byId(page, 'move-taken').waitFor()
    },
  },
  { name: '15-who', path: '/today', scene: 'shared' },
  {
    name: '15b-who-lock',
    path: '/today',
    scene: 'shared',
    async walk(page) {
      await tap(page, 'who-2')
      await byId(page, 'lock-who').waitFor()
    },
  },
  { name: '15c-people-alone', path: '/people' },
  {
    name: '15d-people-needs-pin',
    path: '/people',
    async walk(page) {
      await tap(page, 'people-add')
      await page.locator('[data-code=PIN_NEEDED]').waitFor()
    },
  },
  {
    name: '15e-people',
    path: '/today',
    scene: 'shared',
    async walk(page) {
      await isHere(page, 1, '480215')
      await page.evaluate(() => (location.hash = '#/people'))
      await byId(page, 'people-2').waitFor()
    },
  },
  {
    name: '15f-leave',
    path: '/today',
    scene: 'shared',
    async walk(page) {
      await isHere(page, 2, '715093')
      await page.evaluate(() => (location.hash = '#/people'))
      await tap(page, 'people-leave')
      await byId(page, 'leave-do').waitFor()
    },
  },
  {
    name: '15g-enrol-second',
    path: '/today',
    scene: 'shared',
    async walk(page) {
      await isHere(page, 2, '715093')
      await page.evaluate(() => (location.hash = '#/people'))
      await tap(page, 'people-add')
      await byId(page, 'enrol-back').waitFor()
    },
  },
  {
    name: '15h-pin-first',
    path: '/today',
    scene: 'shared',
    async walk(page) {
      await isHere(page, 2, '715093')
      await page.evaluate(() => (location.hash = '#/people'))
      await tap(page, 'people-add')
      await byId(page, 'enrol-server').fill('https://centre.wangshu.example')
      await byId(page, 'enrol-code').fill('204816')
      await tap(page, 'enrol-submit')
      await byId(page, 'lock-needed').waitFor()
    },
  },
  {
    name: '15i-me-shared',
    path: '/today',
    scene: 'shared',
    async walk(page) {
      await isHere(page, 1, '480215')
      await tap(page, 'tab-me')
      await byId(page, 'me-who').waitFor()
    },
  },
]
