// 看原图: how long it is open, and how the file that lies on its side is turned upright.
import type { IncidentDetail, Photo } from '../../api/field'
import { say } from '../../shared/words'

/** The usual reasons. */
export const reasons = () => ({
  detail: say('incident.original.detail'),
  evidence: say('incident.original.evidence'),
  handover: say('incident.original.handover'),
})

/** Until when the original of a photo is open to this worker, in milliseconds; nothing when it is not, or not any more. */
export function openUntil(detail: IncidentDetail, photo: Photo, now: number): number | null {
  const until = photo.original && detail.open_originals[photo.original.hash]
  return until && Date.parse(until) > now ? Date.parse(until) : null
}

const TURNS = [
  '',
  'scaleX(-1)',
  'rotate(180deg)',
  'scaleY(-1)',
  'rotate(90deg) scaleY(-1)',
  'rotate(90deg)',
  'rotate(270deg) scaleY(-1)',
  'rotate(270deg)',
]

/**
 * The style of a picture that lies as the camera held it, inside a box of the upright shape. From 5 on, as EXIF counts, its width
 * is the height of the box.
 */
export function upright(turn: number) {
  const [width, height] = turn > 4 ? ['100cqh', '100cqw'] : ['100cqw', '100cqh']
  return { width, height, transform: `translate(-50%, -50%) ${TURNS[turn - 1] ?? ''}`.trim() }
}
