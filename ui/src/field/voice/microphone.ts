// The phone's microphone behind a port, so that a test can speak into one of its own.
import { devices, whyUnavailable, type Unavailable } from '../frame/device'

/** Nothing is recorded, and this is why. Typing goes on. */
export class Unheard extends Error {
  readonly why: Unavailable

  constructor(why: Unavailable) {
    super(why)
    this.why = why
  }
}

/** A recording under way. */
export interface Take {
  /** Ends it; the answer is what was recorded. The microphone is let go of. */
  stop(): Promise<Blob>
  /** Lets go of the microphone and of what was recorded. */
  drop(): void
}

export interface Microphone {
  /** Begins to record; thrown is an `Unheard`. `ended` is called when the system takes the microphone away. */
  listen(ended: () => void): Promise<Take>
}

/** What a WebView may record, the smallest first. Rust looks at the bytes; nobody believes the name. */
const KINDS = [
  'audio/webm;codecs=opus',
  'audio/mp4;codecs=opus',
  'audio/mp4;codecs=mp4a.40.2',
  'audio/mp4',
] as const
/** Speech is understood at this; a minute is 150 KB. */
const BITS_PER_SECOND = 20_000

/** The microphone of whatever shows this page. */
export const microphone: Microphone = {
  async listen(ended) {
    const heard = devices()
    const kind =
      typeof MediaRecorder === 'undefined'
        ? undefined
        : KINDS.find((kind) => MediaRecorder.isTypeSupported(kind))
    if (!heard || !kind) throw new Unheard('unsupported')
    const wish = { audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true } }
    const stream = await heard.getUserMedia(wish).catch((thrown: unknown) => {
      throw new Unheard(whyUnavailable(thrown))
    })
    const letGo = () => stream.getTracks().forEach((track) => track.stop())
    try {
      return record(stream, kind, letGo, ended)
    } catch {
      letGo()
      throw new Unheard('unsupported')
    }
  },
}

function record(stream: MediaStream, kind: string, letGo: () => void, ended: () => void): Take {
  const recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: BITS_PER_SECOND })
  const pieces: Blob[] = []
  recorder.ondataavailable = ({ data }) => pieces.push(data)
  const stopped = new Promise<Blob>((done) => {
    recorder.onstop = () => {
      letGo()
      done(new Blob(pieces, { type: recorder.mimeType }))
      ended()
    }
  })
  recorder.start()
  return {
    async stop() {
      if (recorder.state !== 'inactive') recorder.stop()
      return await stopped
    },
    drop() {
      if (recorder.state !== 'inactive') recorder.stop()
      else letGo()
    },
  }
}
