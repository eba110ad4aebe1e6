// A check photo from a desk: drawn anew, which leaves its metadata behind, and small enough for everybody.
import { bareJpeg } from './bare-jpeg'
import { registry, type Photo, type PhotoStage } from '../../api/registry'

const LONGEST = 1600
const MOST_BYTES = 900_000
const THUMBNAIL = 320
const THUMBNAIL_BYTES = 12_000

/** The size that fits into a square, never larger than it is. */
export function fitted(width: number, height: number, longest: number) {
  const factor = Math.min(1, longest / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
}

async function jpeg(picture: ImageBitmap, longest: number, most: number) {
  for (let side = longest; side > 16; side = Math.round(side * 0.8)) {
    const size = fitted(picture.width, picture.height, side)
    const canvas = Object.assign(document.createElement('canvas'), size)
    canvas.getContext('2d')?.drawImage(picture, 0, 0, size.width, size.height)
    for (const quality of [0.82, 0.7, 0.55]) {
      const drawn = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality))
      if (!drawn) continue
      const blob = new Blob([bareJpeg(new Uint8Array(await drawn.arrayBuffer()))], { type: 'image/jpeg' })
      if (blob.size <= most) return { blob, ...size }
    }
  }
  throw new DOMException('this picture cannot be drawn', 'EncodingError')
}

/** Re-encodes, sends picture and thumbnail, and answers with what a record may refer to. */
export async function keepPicture(file: File, stage: PhotoStage): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const whole = await jpeg(picture, LONGEST, MOST_BYTES)
  const small = await jpeg(picture, THUMBNAIL, THUMBNAIL_BYTES)
  picture.close()
  const [hash, thumbnail] = await Promise.all([
    registry.keepPhoto(whole.blob),
    registry.keepPhoto(small.blob),
  ])
  const taken_at = new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString()
  return {
    hash,
    thumbnail,
    stage,
    taken_at,
    width: whole.width,
    height: whole.height,
    bytes: whole.blob.size,
  }
}
