// What the list of a thousand households asks of the main thread while a thumb throws it, on a processor four times slower:
// figures for people, never a verdict.   node e2e/field-scroll.mjs
import { openFakeField } from './fake-field.mjs'

const SLOWER = 4
const THROWS = 12
const PX = 4_000
const PX_PER_SECOND = 6_000
/** A frame at 60 Hz. */
const FRAME_MS = 16

const field = await openFakeField()
const { page, done } = await field.page('/households', { scene: 'many' })
const list = page.locator('[data-testid=household-list]')
await list.waitFor()
const rows = Number(await list.getAttribute('data-rows'))
const devtools = await page.context().newCDPSession(page)
await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
await field.browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
for (let n = 0; n < THROWS; n++)
  await devtools.send('Input.synthesizeScrollGesture', {
    x: 195,
    y: 500,
    yDistance: n < THROWS / 2 ? -PX : PX,
    speed: PX_PER_SECOND,
    gestureSourceType: 'touch',
  })
const { traceEvents } = JSON.parse(await field.browser.stopTracing())
await done()
await field.close()

const work = perFrame(traceEvents)
const at = (part) => work[Math.min(work.length - 1, Math.floor(work.length * part))].toFixed(1)
const over = work.filter((ms) => ms > FRAME_MS).length
console.log(
  `scrolling ${rows} households at ${SLOWER}× slower: ${work.length} frames, main thread ${at(0.5)} ms median, ` +
    `${at(0.99)} ms at 99 %, ${at(1)} ms at most; ${over} above ${FRAME_MS} ms`,
)

/** Milliseconds that the main thread computed between one frame's beginning and the next, the least first. */
function perFrame(events) {
  const begun = events.filter(({ name, ph }) => name === 'AnimationFrame' && ph === 'b')
  // the page's own thread is the one that begins most frames
  const counts = new Map()
  for (const { pid, tid } of begun) counts.set(`${pid}/${tid}`, (counts.get(`${pid}/${tid}`) ?? 0) + 1)
  const own = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
  const onIt = ({ pid, tid }) => `${pid}/${tid}` === own
  const starts = begun
    .filter(onIt)
    .map(({ ts }) => ts)
    .sort((a, b) => a - b)
  const tasks = events
    .filter((event) => event.name.endsWith('RunTask') && event.dur !== undefined && onIt(event))
    .sort((a, b) => a.ts - b.ts)
  if (starts.length < 2 || tasks.length === 0) throw new Error('the trace has no frames')
  const sums = starts.map(() => 0)
  let frame = 0
  let end = 0
  for (const { ts, dur, tdur } of tasks) {
    if (ts < starts[0] || ts < end) continue // before the first frame, or inside a task that is counted
    end = ts + dur
    // the task that begins a frame contains that beginning
    while (frame + 1 < starts.length && starts[frame + 1] < end) frame += 1
    sums[frame] += (tdur ?? dur) / 1_000
  }
  return sums.sort((a, b) => a - b)
}
