// The console as its people use it: a real server on the demo street, a real browser, and what a phone brought from its
// morning: its patrol is seen and exported, its hazard is walked from report to close. Waits for conditions, never for time.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { carrier } from './work-card.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const TODAY = '2026-09-14'
// The day of the street, for every program: lines that were shared on it have not expired, its tokens have not ended.
process.env.GRIDWALK_CLOCK = `${TODAY}T12:00:00+08:00`
const WEEK = { from: '2026-09-07', to: '2026-09-13' }
const PICTURES = process.env.GRIDWALK_ARTIFACTS ?? here('../../artifacts')
const AXE = readFileSync(here('../node_modules/axe-core/axe.min.js'), 'utf8')
// People of the demo street; the handler's department is read from the registry.
const PEOPLE = {
  dispatcher: 'chu-jingzhe',
  handler: 'chen-duruo',
  checker: 'tao-xiqiao',
  secretary: 'zhao-luming',
}
const FLAGS = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // a recorder and a player are used without a finger on the glass
  '--autoplay-policy=no-user-gesture-required',
]

const logins = {}
const folders = []
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'gridwalk-console-'))
  folders.push(path)
  return path
}
const program = (name) => join(process.env.GRIDWALK_PROGRAMS ?? here('../../target/debug'), name)
const run = (name, ...args) =>
  execFileSync(program(name), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
let base
let data
let server
let browser
/** What the phone recorded in its morning: sets of ids, as `make day` counts them. */
let worked

async function startServer(data) {
  run('gridwalk-server', 'seed', '--data', data, '--today', TODAY)
  for (const [role, login] of Object.entries(PEOPLE))
    logins[role] = [login, run('gridwalk-server', 'user', 'add', '--data', data, '--name', login)]
  const args = ['serve', '--data', data, '--listen', '127.0.0.1:0', '--console', here('../dist')]
  server = spawn(program('gridwalk-server'), args, { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: server.stdout }))
    if (line.startsWith('listening on ')) return line.slice('listening on '.length).trim()
  throw new Error('the server ended before it listened')
}

/** 林晓 works a morning with the phone's own library: doors, hazards with five photos, a patrol; then it syncs. */
async function aMorning(data) {
  const phone = join(folder(), 'phone')
  const code = run('gridwalk-server', 'device', 'code', '--data', data, '--worker', 'lin-xiao')
  run('gridwalk', 'enrol', '--data', phone, '--server', base, '--code', code)
  run('gridwalk', 'sync', '--data', phone)
  const page = await browser.newPage()
  const shots = folder()
  const files = []
  for (const colour of ['#b9a98e', '#8ea9b9', '#a9b98e', '#b98ea9', '#8eb9a9']) {
    const file = join(shots, `${files.length}.png`)
    writeFileSync(file, await drawing(page, colour))
    files.push(file)
  }
  await page.close()
  const recorded = JSON.parse(run('day', 'shift', phone, '0', ...files))
  run('gridwalk', 'sync', '--data', phone)
  return recorded
}

before(async () => {
  mkdirSync(PICTURES, { recursive: true })
  data = join(folder(), 'data')
  base = await startServer(data)
  browser = await chromium.launchPersistentContext(folder(), {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    colorScheme: 'light',
  })
  worked = await aMorning(data)
})

after(async () => {
  await browser?.close()
  if (server) {
    const ended = new Promise((done) => server.once('exit', done))
    process.kill(server.pid, 'SIGTERM')
    await ended
  }
  for (const path of folders) rmSync(path, { recursive: true, force: true })
})

/** A page whose complaints are kept: refusals by the content policy and errors that nobody caught. */
async function openPage() {
  const page = await browser.newPage()
  page.complaints = []
  page.on('pageerror', (error) => page.complaints.push(String(error)))
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) page.complaints.push(message.text())
  })
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(event.violatedDirective),
    )
  })
  return page
}

async function closePage(page) {
  assert.deepEqual(await page.evaluate(() => window.violations), [], 'the content policy was broken')
  assert.deepEqual(page.complaints, [])
  await page.close()
}

/** Fails with the rule and the element when axe finds something of WCAG A or AA. */
async function assertAccessible(page, name) {
  // By the debugger's door: the content policy rightly lets no foreign script in.
  await page.evaluate(AXE)
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })
    return result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`,
    )
  })
  assert.deepEqual(found, [], `axe on ${name}`)
}

/** A look for people, and for axe. */
async function look(page, name) {
  await page.screenshot({ path: join(PICTURES, `console-${name}.png`) })
  await assertAccessible(page, name)
}

async function logIn(page, role, path = '/') {
  const [login, password] = logins[role]
  await page.goto(`${base}/#/login${path === '/' ? '' : `?back=${encodeURIComponent(path)}`}`)
  await page.fill('#login-name', login)
  await page.fill('#login-password', password)
  await page.click('[data-testid=login]')
  await page.waitForSelector('[data-testid=console]')
}

async function logOut(page) {
  await page.click('[data-testid=person-menu]')
  await page.click('[data-testid=logout]')
  await page.waitForSelector('#login-name')
}

/** What the API says, with the cookie of the page. */
const read = (page, path) =>
  page.evaluate(async (where) => {
    const response = await fetch(where)
    if (!response.ok) throw new Error(`${where}: ${response.status}`)
    return response.json()
  }, path)

/** RFC 4180, enough for our own export. */
function rowsOf(csv) {
  const cells = [...csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)]
  const rows = [[]]
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  assert.deepEqual(rows.pop(), [], 'the file ends with a line end')
  return rows
}

const shanghai = (at) =>
  at ? new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ') : ''

test('a wrong password is said in a sentence, and the place that was asked for is kept', async () => {
  const page = await openPage()
  await page.goto(`${base}/#/patrols?from=${WEEK.from}&to=${WEEK.to}`)
  await page.waitForSelector('#login-name')
  await look(page, 'login')
  await page.fill('#login-name', logins.secretary[0])
  await page.fill('#login-password', 'not the password')
  await page.click('[data-testid=login]')
  await page.waitForSelector('[data-testid=login-problem]')
  assert.match(await page.textContent('[data-testid=login-problem]'), /名字或密码不对。\s*LOGIN_WRONG/)
  await look(page, 'login-wrong')
  await page.fill('#login-password', logins.secretary[1])
  await page.click('[data-testid=login]')
  await page.waitForSelector('[data-testid=patrols]')
  assert.match(page.url(), /#\/patrols\?from=2026-09-07&to=2026-09-13$/)
  await logOut(page)
  await closePage(page)
})

test('a secretary sees the patrol that the phone walked, with each of its checkpoints', async () => {
  const page = await openPage()
  await logIn(page, 'secretary', `/patrols?from=${TODAY}&to=${TODAY}`)
  const [patrol] = worked.patrols
  await page.click(`[data-patrol="${patrol}"]`)
  assert.equal(worked.checkpoint_hits.length, 3)
  for (const hit of worked.checkpoint_hits) await page.waitForSelector(`[data-hit="${hit}"]`)
  await page.waitForSelector('[data-testid=map][data-drawn]')
  await look(page, 'patrol-of-the-phone')
  await logOut(page)
  await closePage(page)
})

test('a secretary sees a week on the map, and the export holds every record', async () => {
  const page = await openPage()
  await logIn(page, 'secretary', `/patrols?from=${WEEK.from}&to=${WEEK.to}`)
  await page.waitForSelector('[data-patrol]')
  await page.waitForSelector('[data-testid=map][data-drawn]')
  await look(page, 'patrols')

  const query = `from=${WEEK.from}&to=${WEEK.to}`
  const lines = await read(page, `/api/registry/patrols?${query}`)
  assert.ok(lines.length > 0)
  const details = await Promise.all(lines.map(({ id }) => read(page, `/api/registry/patrols/${id}`)))
  const whole =
    details.find(({ view, shared_line }) => view.hits.length && shared_line) ??
    details.find(({ view }) => view.hits.length)
  await page.click(`[data-patrol="${whole.line.id}"]`)
  await page.waitForSelector(`[data-hit="${whole.view.hits[0].hit.id}"]`)
  for (const { hit } of whole.view.hits) assert.equal(await page.locator(`[data-hit="${hit.id}"]`).count(), 1)
  const known = whole.grid.checkpoints.filter(({ id }) => whole.view.created.checkpoints.includes(id))
  await page.waitForFunction(
    (least) => Number(document.querySelector('[data-testid=map]').dataset.drawn) >= least,
    known.length,
  )
  await look(page, 'patrol')

  await page.click('[data-testid=export]')
  const waiting = page.waitForEvent('download')
  await page.click('[data-testid=export-csv]')
  const download = await waiting
  assert.equal(download.suggestedFilename(), `patrols_${WEEK.from}_${WEEK.to}.csv`)
  const text = readFileSync(await download.path(), 'utf8')
  assert.ok(text.startsWith('\ufeff'))
  const [head, ...rows] = rowsOf(text.slice(1))
  const got = rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index], cell])))
  const names = Object.fromEntries(
    details.flatMap(({ grid }) => grid.checkpoints.map(({ id, name }) => [id, name])),
  )
  const wanted = details.flatMap(({ line, view }) => {
    const about = {
      patrol_id: line.id,
      grid: line.grid_name,
      kind: line.kind,
      plan: line.plan_name ?? '',
      leader: line.leader_name,
      started_at: shanghai(line.started_at),
      ended_at: shanghai(line.ended_at),
      distance_m: String(line.distance_m ?? ''),
      checkpoints_planned: String(line.checkpoints),
      checkpoints_reached: String(line.reached),
      findings: String(line.findings),
    }
    const none = {
      hit_id: '',
      checkpoint: '',
      hit_at: '',
      method: '',
      state: '',
      reason: '',
      lon: '',
      lat: '',
    }
    if (!view.hits.length) return [{ ...about, ...none }]
    return view.hits.map(({ hit }) => ({
      ...about,
      hit_id: hit.id,
      checkpoint: names[hit.checkpoint] ?? hit.checkpoint,
      hit_at: shanghai(hit.at),
      method: hit.method,
      state: hit.state,
      reason: hit.reason ?? '',
      lon: hit.position ? hit.position.lon.toFixed(6) : '',
      lat: hit.position ? hit.position.lat.toFixed(6) : '',
    }))
  })
  const ordered = (all) => all.toSorted((a, b) => (a.patrol_id + a.hit_id < b.patrol_id + b.hit_id ? -1 : 1))
  assert.deepEqual(ordered(got), ordered(wanted))
  console.log(`# ${rows.length} rows of the export equal the records of ${lines.length} patrols`)

  await page.click('[data-testid=rail-visits]')
  await page.waitForSelector('[data-testid=by-grid]')
  await look(page, 'visits-empty')
  await page.goto(`${base}/#/visits?${query}`)
  await page.waitForSelector('[data-testid=visits] .el-table__row')
  await look(page, 'visits')

  await page.click('[data-testid=rail-photos]')
  await page.getByText('照片都到齐了').waitFor()
  await look(page, 'photos-arrived')
  // nobody waits a day here: the server's own tests do, by its clock; this is how the page shows what they find
  const [shown] = await read(page, '/api/registry/incidents')
  await page.route('**/api/registry/awaited-photos', (route) =>
    route.fulfill({ json: { count: 231, photos: awaitedOf(shown.id, details[0]) } }),
  )
  await page.reload()
  await page.waitForSelector('[data-testid=awaited-photos] .el-table__row')
  assert.equal(await page.locator('[data-testid=awaited-photos] .el-table__row').count(), 4)
  await look(page, 'photos-awaited')
  await page.click('[data-testid=awaited-photos] a >> nth=0')
  await page.waitForSelector(`[data-testid=incident][data-id="${shown.id}"]`)
  await logOut(page)
  await closePage(page)
})

/** Four that have not come: a case's photo, its original, a photo of a checkpoint and a voice note of a visit. */
const awaitedOf = (incident, { line, grid }) =>
  ['incident', 'original', 'checkpoint', 'visit_voice'].map((shown_as, n) => ({
    hash: String(n).repeat(64),
    document: shown_as === 'checkpoint' ? line.id : incident,
    shown_as,
    grid: grid.id,
    taken_at: `${TODAY}T08:1${n}:00+08:00`,
    named_at: `2026-09-1${n}T09:00:00+08:00`,
  }))

test('the hazard that the phone reported walks to its close through the right people', async () => {
  const page = await openPage()
  await logIn(page, 'handler')
  const { person: handler } = await read(page, '/api/me')
  const offices = await read(page, '/api/registry/departments')
  const office = offices.find(({ id }) => id === handler.department).name
  await logOut(page)
  await logIn(page, 'checker')
  const { person: checker } = await read(page, '/api/me')
  await logOut(page)

  await logIn(page, 'dispatcher')
  await page.waitForSelector('[data-state=reported] >> nth=0')
  const id = await page.getAttribute('button[data-state=reported] >> nth=0', 'data-incident')
  await page.click(`[data-incident="${id}"]`)
  const stands = (state) =>
    page.waitForSelector(`[data-testid=incident][data-id="${id}"][data-state=${state}]`)
  await stands('reported')
  await look(page, 'desk')
  // No key acts while a field has focus.
  await page.keyboard.press('/')
  await page.keyboard.type('a')
  await stands('reported')
  await page.fill('input[aria-label="编号、地点、类别"]', '')
  await page.locator('input[aria-label="编号、地点、类别"]').blur()
  await page.keyboard.press('a')
  await stands('filed')

  await page.keyboard.press('d')
  await page.click('[data-testid=act-owner]')
  await page.locator('.el-select-dropdown__item:visible', { hasText: office }).first().click()
  await page.waitForFunction(() => !document.querySelector('.el-zoom-in-top-leave-active'))
  await look(page, 'dispatch')
  await page.click('[data-testid=act-send]')
  await stands('dispatched')
  await logOut(page)

  await logIn(page, 'handler', `/incidents/${id}`)
  await stands('dispatched')
  await page.click('[data-testid=act-feedback]')
  await page.click('[data-testid=act-send]')
  await page.waitForSelector('.el-dialog [role=alert]')
  await page.fill('#act-words', '充电线已收走，楼道已清空')
  await page.setInputFiles('[data-testid=act-photo]', {
    name: 'after.png',
    mimeType: 'image/png',
    buffer: await drawing(page, '#cbbfae'),
  })
  await look(page, 'feedback')
  await page.click('[data-testid=act-send]')
  await stands('feedback')
  await logOut(page)

  await logIn(page, 'dispatcher', `/incidents/${id}`)
  await stands('feedback')
  await page.click('[data-testid=act-send_check]')
  await page.click('[data-testid=act-checker]')
  await page.locator('.el-select-dropdown__item:visible', { hasText: checker.name }).first().click()
  await page.click('[data-testid=act-send]')
  await stands('checking')
  await logOut(page)

  await logIn(page, 'checker', `/incidents/${id}`)
  await stands('checking')
  await page.click('[data-testid=act-check_pass]')
  await page.setInputFiles('[data-testid=act-photo]', {
    name: 'check.png',
    mimeType: 'image/png',
    buffer: await drawing(page, '#a9b7a0'),
  })
  await page.click('[data-testid=act-send]')
  await stands('closed')
  const detail = await read(page, `/api/registry/incidents/${id}`)
  const done = detail.view.events
    .filter(({ applied }) => applied.type === 'yes')
    .map(({ event }) => event.action.type)
  const path = [
    'accept',
    'file',
    'dispatch',
    'add_photo',
    'feedback',
    'send_check',
    'add_photo',
    'check_pass',
  ]
  assert.deepEqual(done.slice(-path.length), path)
  const sizes = detail.view.photos
    .slice(-2)
    .map(({ width, height, bytes }) => [Math.max(width, height), bytes < 1024 * 1024])
  assert.deepEqual(sizes, [
    [1600, true],
    [1600, true],
  ])
  assert.deepEqual(
    detail.view.photos.slice(-2).map(({ stage }) => stage),
    ['after', 'check'],
  )
  await page.waitForFunction(() => {
    const photo = document.querySelector('[data-testid=photos] figure img')
    return photo?.complete && photo.naturalWidth > 0
  })
  await look(page, 'closed')
  await logOut(page)
  await closePage(page)
})

test('the console reads well in English, in the dark, with large text and on a smaller screen', async () => {
  const page = await openPage()
  await page.setViewportSize({ width: 1280, height: 900 })
  await logIn(page, 'dispatcher')
  await page.waitForSelector('[data-testid=incident]')
  await look(page, 'desk-1280')
  const wear = async (appearance, name) => {
    await page.evaluate(
      (kept) => localStorage.setItem('gridwalk.appearance', JSON.stringify(kept)),
      appearance,
    )
    await page.goto(`${base}/#/incidents`)
    await page.reload()
    await page.waitForSelector('[data-testid=incident]')
    await look(page, `desk-${name}`)
    await page.goto(`${base}/#/patrols?from=${WEEK.from}&to=${WEEK.to}`)
    await page.waitForSelector('[data-patrol]')
    await page.waitForSelector('[data-testid=map][data-drawn]')
    await look(page, `patrols-${name}`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
    assert.equal(wide, false, `${name} scrolls sideways`)
  }
  await wear({ language: 'en', scale: 1, theme: 'light' }, 'en')
  await wear({ language: 'zh-CN', scale: 1, theme: 'dark' }, 'dark')
  await wear({ language: 'zh-CN', scale: 1.5, theme: 'light' }, 'large')
  await page.evaluate(() => localStorage.clear())
  await closePage(page)
})

test('what a withdrawn phone still had is looked at, let in, or left out with a reason', async () => {
  const phone = join(folder(), 'withdrawn')
  const code = run('gridwalk-server', 'device', 'code', '--data', data, '--worker', 'lin-xiao')
  run('gridwalk', 'enrol', '--data', phone, '--server', base, '--code', code)
  run('gridwalk', 'sync', '--data', phone)
  const page = await openPage()
  const shots = folder()
  const files = []
  for (const colour of ['#a98eb9', '#9ea9b9', '#a9a98e', '#b99ea9', '#9eb9a9']) {
    const file = join(shots, `${files.length}.png`)
    writeFileSync(file, await drawing(page, colour))
    files.push(file)
  }
  const recorded = JSON.parse(run('day', 'shift', phone, '1', ...files))
  const listed = run('gridwalk-server', 'device', 'list', '--data', data).split('\n')
  run('gridwalk-server', 'device', 'revoke', '--data', data, '--device', listed.at(-1).split(/\s+/)[0])
  // It delivers what it has, and is turned away after that.
  assert.throws(() =>
    execFileSync(program('gridwalk'), ['sync', '--data', phone], { stdio: ['ignore', 'pipe', 'pipe'] }),
  )

  await logIn(page, 'secretary', '/quarantine')
  await page.waitForSelector('[data-item]')
  const waiting = await read(page, '/api/registry/quarantine')
  assert.ok(waiting.length > 1)
  assert.ok(waiting.every(({ code: why, may_release }) => why === 'DEVICE_REVOKED' && may_release))
  const visit = waiting.find(({ kind }) => kind === 'household')
  await look(page, 'quarantine')
  await page.click(`[data-item="${visit.id}"]`)
  await page.waitForSelector('[data-testid=quarantined]')
  assert.match(await page.textContent('[data-testid=quarantined]'), /走访：/)
  await page.click('[data-testid=quarantine-release]')
  await page.waitForSelector('[data-testid=quarantined] [role=alert]')
  await page.fill('#quarantine-reason', '手机丢在出租车上，这户是她去的')
  await look(page, 'quarantine-one')
  const before = (await read(page, `/api/registry/visits?from=${TODAY}&to=${TODAY}`)).length
  await page.click('[data-testid=quarantine-release]')
  await page.waitForSelector(`[data-item="${visit.id}"]`, { state: 'detached' })
  const visits = await read(page, `/api/registry/visits?from=${TODAY}&to=${TODAY}`)
  assert.ok(visits.length > before, 'what was let in is in the registry')
  assert.ok(visits.some(({ id }) => recorded.visits.includes(id)))

  const other = (await read(page, '/api/registry/quarantine'))[0]
  await page.click(`[data-item="${other.id}"]`)
  await page.waitForSelector('[data-testid=quarantined]')
  await page.fill('#quarantine-reason', '不是她写的')
  await page.click('[data-testid=quarantine-dismiss]')
  await page.waitForSelector(`[data-item="${other.id}"]`, { state: 'detached' })

  await page.evaluate(() =>
    localStorage.setItem('gridwalk.appearance', JSON.stringify({ language: 'en', scale: 1, theme: 'light' })),
  )
  await page.reload()
  await page.waitForSelector('[data-item]')
  await page.click('[data-item] >> nth=0')
  await page.waitForSelector('[data-testid=quarantined]')
  await look(page, 'quarantine-en')
  await page.evaluate(() => localStorage.clear())
  await closePage(page)
})

test('a resident scans a work card and reads who is at the door; what was signed leaves the address', async () => {
  const code = run('gridwalk-server', 'device', 'code', '--data', data, '--worker', 'lin-xiao')
  const shows = await carrier(base, code)
  const page = await openPage()
  await page.setViewportSize({ width: 360, height: 640 })
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  const standing = async (address, expected) => {
    await page.goto('about:blank')
    await page.goto(address)
    await page.waitForSelector(`main[data-standing=${expected}]`)
    assert.equal(page.url(), `${base}/verify`)
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth))
    await look(page, `work-card-${expected}`)
    return page.textContent('main')
  }
  const valid = await standing(shows(), 'valid')
  for (const words of ['工作证有效', '林晓', '梧桐-03', 'Grid worker'])
    assert.ok(valid.includes(words), words)
  assert.ok(!(await standing(shows(5), 'expired')).includes('林晓'))
  assert.ok(!(await standing(`${shows().slice(0, -8)}AAAAAAAA`, 'unknown')).includes('林晓'))
  assert.match(await standing(`${base}/verify`, 'scan'), /扫一扫/)
  assert.ok(
    asked.every((url) => url.startsWith(`${base}/verify`) || url === 'about:blank'),
    asked.join(),
  )
  await closePage(page)
})

test('what a worker proposes to put right is answered, and the row of the building changes with it', async () => {
  const page = await openPage()
  await logIn(page, 'secretary', '/proposals')
  await page.getByText('没有更正建议').waitFor()
  await look(page, 'proposals-none')
  const phone = join(folder(), 'phone')
  const code = run('gridwalk-server', 'device', 'code', '--data', data, '--worker', 'lin-xiao')
  run('gridwalk', 'enrol', '--data', phone, '--server', base, '--code', code)
  run('gridwalk', 'sync', '--data', phone)
  run('day', 'propose', phone)
  run('gridwalk', 'sync', '--data', phone)

  await page.reload()
  await page.waitForSelector('[data-testid=proposals] .el-table__row')
  assert.equal(await page.locator('[data-testid=proposals] .el-table__row').count(), 2)
  await page.click('[data-testid=proposals] .el-table__row:has-text("层数")')
  await page.waitForSelector('[data-testid=proposal-accept]')
  await look(page, 'proposal')
  await page.click('[data-testid=proposal-decline]')
  await page.waitForSelector('.problem[role=alert]')
  const waits = await read(page, '/api/registry/proposals')
  assert.ok(
    waits.every(({ answer }) => !answer),
    'nobody declines without a reason',
  )
  await page.click('[data-testid=proposal-accept]')
  await page.waitForSelector('[data-testid=proposal-answer]')
  await look(page, 'proposal-accepted')
  const storeys = (await read(page, '/api/registry/proposals')).find(({ field }) => field === 'storeys')
  assert.equal(storeys.answer.outcome, 'accepted')
  assert.equal(storeys.says_now, storeys.should, 'the row says it now')

  await page.click('[data-testid=proposals] .el-table__row:has-text("进门提示")')
  await page.fill('[data-testid=proposal-note]', '已经报修，本周开通')
  await page.click('[data-testid=proposal-decline]')
  await page.waitForSelector('[data-testid=proposal-answer]')
  await look(page, 'proposal-declined')
  await logOut(page)
  await closePage(page)
})

test('a recording that a browser made is heard at the desk, and an original is seen by whoever says what for', async () => {
  const page = await openPage()
  const shots = folder()
  const shot = join(shots, 'urgent.png')
  writeFileSync(shot, await drawing(page, '#8eb9b9'))
  // one of this browser's own, and two of another day
  const fresh = join(shots, 'fresh.webm')
  writeFileSync(fresh, await recording(page))
  const kept = ['chromium.webm', 'chromium.mp4'].map((name) => here(`../../fixtures/voice/${name}`))
  const recordings = [fresh, ...kept]
  const phone = join(folder(), 'phone')
  const code = run('gridwalk-server', 'device', 'code', '--data', data, '--worker', 'lin-xiao')
  run('gridwalk', 'enrol', '--data', phone, '--server', base, '--code', code)
  run('gridwalk', 'sync', '--data', phone)
  const id = JSON.parse(run('day', 'urgent', phone, shot, ...recordings))
  run('gridwalk', 'sync', '--data', phone)

  await logIn(page, 'dispatcher', `/incidents/${id}`)
  const player = page.locator('[data-testid=voices] audio')
  await player.first().waitFor()
  assert.equal(await player.count(), recordings.length)
  for (let n = 0; n < recordings.length; n += 1) {
    const heard = await player.nth(n).evaluate(async (audio) => {
      const once = (name) =>
        new Promise((done, failed) => {
          audio.addEventListener(name, done, { once: true })
          audio.addEventListener('error', () => failed(new Error(audio.error?.message)), { once: true })
        })
      audio.muted = true
      const ready = once('canplay')
      audio.load()
      await ready
      const ended = once('ended')
      await audio.play()
      await ended
      return { duration: audio.duration, at: audio.currentTime }
    })
    assert.ok(heard.duration > 1 && heard.at > 1, JSON.stringify(heard))
  }

  const { view } = await read(page, `/api/registry/incidents/${id}`)
  const [{ original }] = view.photos
  const status = () =>
    page.evaluate(async (path) => (await fetch(path)).status, `/api/registry/photos/${original.hash}`)
  assert.equal(await status(), 403)
  await page.click('[data-testid=photo-original]')
  await page.waitForSelector('[data-testid=original-ask]')
  await page.click('[data-testid=original-open]')
  await page.waitForSelector('[data-testid=original-ask] [role=alert]')
  await look(page, 'original-ask')
  await page.fill('[data-testid=original-reason]', '派遣前看清堆了什么')
  await page.click('[data-testid=original-open]')
  await page.waitForFunction(() => {
    const photo = document.querySelector('[data-testid=photos] figure.whole img')
    return photo?.complete && photo.naturalWidth === 2400
  })
  await page.waitForFunction(() => document.body.innerText.includes('派遣前看清堆了什么'))
  await look(page, 'original')
  assert.equal(await status(), 200)
  await page.click('[data-testid=photo-original]')
  await page.waitForSelector('[data-testid=photos] figure:not(.whole)')
  await page.click('[data-testid=photo-original]')
  await page.waitForSelector('[data-testid=photos] figure.whole')
  assert.equal(await page.locator('[data-testid=original-ask]').count(), 0, 'it is asked once')
  await logOut(page)
  await closePage(page)
})

/** A voice as a browser's recorder writes it: a tone that slides, two seconds of it. */
async function recording(page) {
  await page.goto(base)
  const bytes = await page.evaluate(async () => {
    const sound = new AudioContext()
    await sound.resume()
    const [tone, line] = [sound.createOscillator(), sound.createMediaStreamDestination()]
    tone.frequency.setValueAtTime(180, 0)
    tone.frequency.linearRampToValueAtTime(520, sound.currentTime + 2)
    tone.connect(line)
    tone.start()
    const recorder = new MediaRecorder(line.stream, { mimeType: 'audio/webm;codecs=opus' })
    const parts = []
    const whole = new Promise((done) => {
      recorder.onstop = done
      recorder.ondataavailable = ({ data }) => {
        parts.push(data)
        if (parts.length === 20) recorder.stop()
      }
    })
    recorder.start(100)
    await whole
    await sound.close()
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())]
  })
  return Buffer.from(bytes)
}

/** A picture larger than what is kept, drawn by the browser itself. */
async function drawing(page, ground) {
  const bytes = await page.evaluate(async (colour) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 2400, height: 1800 })
    const brush = canvas.getContext('2d')
    brush.fillStyle = colour
    brush.fillRect(0, 0, 2400, 1800)
    brush.fillStyle = '#3f7d86'
    for (let step = 0; step < 12; step += 1) brush.fillRect(step * 200, 300 + ((step * 173) % 900), 120, 400)
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'))
    return [...new Uint8Array(await blob.arrayBuffer())]
  }, ground)
  return Buffer.from(bytes)
}
