// Builds the field app with the fake phone, serves it on a loopback port and opens it in Chromium.
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from 'vite'

const ui = fileURLToPath(new URL('..', import.meta.url))
const KINDS = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
}

// The page lives under the same rules as in the real window: what the CSP or a frozen prototype breaks, breaks here.
const { security } = JSON.parse(readFileSync(join(ui, '../src-tauri/tauri.conf.json'), 'utf8')).app
const CSP = Object.entries(security.csp)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join('; ')

/** The fake field app at an address; `close` ends everything that was started here. */
export async function openFakeField() {
  const folder = mkdtempSync(join(tmpdir(), 'gridwalk-field-'))
  await build({
    root: ui,
    mode: 'fake',
    logLevel: 'warn',
    build: {
      outDir: join(folder, 'app'),
      emptyOutDir: true,
      rollupOptions: { input: { field: join(ui, 'index.html') } },
    },
  })
  const server = createServer((request, response) => {
    if (request.url === '/favicon.ico') return response.writeHead(204).end()
    const path = normalize(new URL(request.url, 'http://field').pathname)
    const file = join(folder, 'app', path === '/' ? 'index.html' : path)
    if (!existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, {
      'content-type': KINDS[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
    })
    createReadStream(file).pipe(response)
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // a microphone that beeps, and nobody who has to allow it
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  })
  const address = `http://127.0.0.1:${server.address().port}`

  /** A phone-sized page on a scene of the fake, dressed as asked. */
  async function page(
    path,
    { scene = '', width = 390, height = 844, scale = 1, dark = false, language = 'zh-CN' } = {},
  ) {
    const context = await browser.newContext({
      viewport: { width, height },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
    })
    const opened = await context.newPage()
    if (security.freezePrototype) await opened.addInitScript(() => Object.freeze(Object.prototype))
    const wrong = []
    opened.on('pageerror', (error) => wrong.push(String(error)))
    opened.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    await opened.goto(`${address}/?scene=${scene}&scale=${scale}&language=${language}#${path}`)
    await opened.waitForSelector('.screen')
    return { page: opened, wrong, done: () => context.close() }
  }

  return {
    page,
    browser,
    async close() {
      await browser.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
