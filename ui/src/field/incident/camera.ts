// The phone's camera behind a port, for a picture that is taken while an older one lies over it.
import { devices, whyUnavailable, type Unavailable } from '../frame/device'

/** Nothing can be seen, and this is why. A file can still be chosen. */
export class Unseen extends Error {
  readonly why: Unavailable

  constructor(why: Unavailable) {
    super(why)
    this.why = why
  }
}

/** What the camera sees, until it is let go of. */
export interface Sight {
  /** For a `video` element. */
  readonly stream: MediaStream
  /** Lets go of the camera. */
  end(): void
}

export interface Eye {
  /** Whether this page has a camera to ask for at all. */
  readonly there: boolean
  /** Opens the camera on the back; thrown is an `Unseen`. `ended` is called when the system takes it away. */
  open(ended: () => void): Promise<Sight>
  /** What is in the frame now, as a JPEG. */
  shoot(video: HTMLVideoElement): Promise<File>
}

/** More than the phone keeps, so that nothing is made larger. */
const WISH = { video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1440 } } }
const QUALITY = 0.92

/** The camera of whatever shows this page. */
export const camera: Eye = {
  get there() {
    return typeof devices()?.getUserMedia === 'function'
  },
  async open(ended) {
    const seen = devices()
    if (!seen) throw new Unseen('unsupported')
    const stream = await seen.getUserMedia(WISH).catch((thrown: unknown) => {
      throw new Unseen(whyUnavailable(thrown))
    })
    stream.getTracks().forEach((track) => track.addEventListener('ended', ended))
    return { stream, end: () => stream.getTracks().forEach((track) => track.stop()) }
  },
  async shoot(video) {
    const canvas = document.createElement('canvas')
    canvas.width = video.videoWidth
    canvas.height = video.videoHeight
    canvas.getContext('2d')?.drawImage(video, 0, 0)
    const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))
    if (!jpeg || !video.videoWidth) throw new Unseen('missing')
    return new File([jpeg], 'camera.jpg', { type: jpeg.type })
  },
}
