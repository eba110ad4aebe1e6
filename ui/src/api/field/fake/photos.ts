// Photos of the demo street. Drawn scenes, marked 合成样例; what the tester adds stays in memory.
import { stamp } from '../../../shared/moment'
import type { Photo, PhotoStage, PhotoWishes } from '../../generated/phone'

const added = new Map<string, string>()
const stages = new Map<string, PhotoStage>()

const CORRIDOR = `<rect width="320" height="240" fill="#cfc9bb"/><path d="M0 0h320L220 60H100Z" fill="#e4dfd2"/>
<path d="M0 240h320l-100-90H100Z" fill="#8f877a"/><path d="M0 0v240l100-90V60Z" fill="#bcb5a5"/>
<path d="M38 40v150l30-28V58Z" fill="#7c5a41"/><rect x="125" y="66" width="70" height="62" fill="#f2efe6" stroke="#8f877a" stroke-width="5"/>
<path d="M200 128h52v78h-52Z" fill="#b98a55"/><path d="M210 92h40v36h-40Z" fill="#c99a63"/>
<circle cx="128" cy="196" r="16" fill="none" stroke="#444b52" stroke-width="6"/><circle cx="170" cy="196" r="16" fill="none" stroke="#444b52" stroke-width="6"/>
<path d="M116 150h64l-14 34h-40Z" fill="#5a7f94"/>`
const DRAIN = `<rect width="320" height="240" fill="#8d9194"/><rect width="320" height="60" fill="#c9c4b8"/>
<ellipse cx="150" cy="150" rx="92" ry="56" fill="#4a4e52"/><ellipse cx="150" cy="150" rx="80" ry="46" fill="#5d6267"/>
<path d="M84 136h132M84 152h132M84 168h132M110 112v76M150 104v92M190 112v76" stroke="#44484c" stroke-width="4"/>
<path d="M206 116l36 10-12 26Z" fill="#1f2224"/><path d="M276 150l16-88 18 88Z" fill="#e2632a"/><path d="M283 112h20l4 18h-28Z" fill="#fff"/>`
const FLOOR = `<rect width="320" height="240" fill="#cfc9bb"/><path d="M0 0h320L220 60H100Z" fill="#e4dfd2"/>
<path d="M0 240h320l-100-90H100Z" fill="#8f877a"/><path d="M0 0v240l100-90V60Z" fill="#bcb5a5"/>
<path d="M38 40v150l30-28V58Z" fill="#7c5a41"/><rect x="125" y="66" width="70" height="62" fill="#f2efe6" stroke="#8f877a" stroke-width="5"/>`

const SCENES: Record<string, string> = { corridor: CORRIDOR, drain: DRAIN, floor: FLOOR }

const drawn = (scene: string) =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240">${scene}<text x="8" y="20" font-size="14" fill="#333">合成样例</text></svg>`,
  )}`

export const photoUrl = (hash: string) => added.get(hash) ?? drawn(SCENES[hash] ?? CORRIDOR)

/** A photo that the street begins with. */
export function scene(name: keyof typeof SCENES & string, stage: PhotoStage, taken: string): Photo {
  return { hash: name, thumbnail: name, stage, taken_at: taken, width: 1600, height: 1200, bytes: 318_000 }
}

/** Keeps a photo that the tester picked. A file that no browser can draw is refused like a damaged one. */
export async function keep(file: Blob, stage: PhotoStage, taken: string): Promise<Photo | null> {
  const url = URL.createObjectURL(file)
  const picture = new Image()
  picture.src = url
  try {
    await picture.decode()
  } catch {
    URL.revokeObjectURL(url)
    return null
  }
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer())
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  added.set(hash, url)
  stages.set(hash, stage)
  const [width, height] = [picture.naturalWidth, picture.naturalHeight]
  return { hash, thumbnail: hash, stage, taken_at: taken, width, height, bytes: file.size }
}

/** The same picture with its regions covered and its corner printed. */
export async function mark(
  hash: string,
  wishes: PhotoWishes,
  taken: string,
  grid: string,
): Promise<Photo | null> {
  const picture = new Image()
  picture.src = photoUrl(hash)
  await picture.decode()
  const canvas = document.createElement('canvas')
  const [width, height] = [picture.naturalWidth, picture.naturalHeight]
  Object.assign(canvas, { width, height })
  const pen = canvas.getContext('2d')
  if (!pen) return null
  pen.drawImage(picture, 0, 0)
  pen.fillStyle = '#7d7a72'
  for (const { x, y, width: across, height: down } of wishes.veils ?? [])
    pen.fillRect((x ?? 0) * width, (y ?? 0) * height, (across ?? 0) * width, (down ?? 0) * height)
  if (wishes.stamp) {
    const size = Math.max(width, height) / 44
    pen.fillStyle = 'rgb(20 24 22 / 0.6)'
    pen.fillRect(0, height - size * 1.6, width * 0.7, size * 1.6)
    pen.fillStyle = '#fff'
    pen.font = `${size}px sans-serif`
    const line = [stamp(taken), grid, wishes.stamp.number].filter(Boolean)
    pen.fillText(line.join(' · '), size / 2, height - size * 0.5)
  }
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.8))
  return blob && keep(blob, stages.get(hash) ?? 'before', taken)
}
