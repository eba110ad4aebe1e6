// The one door between the screens and the phone. Two stand behind it: the real phone (Rust, through the window's
// bridge) and the fake one (the demo street in memory, for a plain browser).
import type { Code, commands, Photo, PhotoStage, Position, SyncState, VoiceNote } from '../generated/phone'

type Commands = typeof commands
type Answer<R> = R extends Promise<infer A> ? (A extends { status: 'ok'; data: infer D } ? D : never) : never

/** Every command of the phone. The promise is refused with a `Fault` and nothing else. */
export type Asked = {
  [K in keyof Commands]: (...args: Parameters<Commands[K]>) => Promise<Answer<ReturnType<Commands[K]>>>
}

/** Everything the screens may ask of the phone. */
export interface Phone extends Asked {
  /** Keeps a photo on this phone: decoded, shrunk, sealed. Its record says that it exists. */
  addPhoto(file: Blob, stage: PhotoStage, position: Position | null): Promise<Photo>
  /** Keeps a recording on this phone: only its sound, sealed. Its record says that it exists; `forgetPhoto` lets go of it. */
  addVoice(recorded: Blob): Promise<VoiceNote>
  /** A recording to be played: from this phone, or else from the centre. */
  voice(note: VoiceNote): Promise<Blob>
  /** The next piece of the file that `beginUnsent` began; an empty one when it is over. */
  unsentPiece(): Promise<ArrayBuffer>
  /** The phone's clock in milliseconds, corrected as its records are. */
  now(): number
  /** Where the photo or thumbnail with this hash can be shown from. */
  photoUrl(hash: string): string
  /** The same for an original of a case; shown while it is open ([看原图]). */
  originalUrl(incident: string, hash: string): string
  /** Calls back whenever the state of delivery changes; the answer stops it. */
  onSync(listener: (state: SyncState) => void): () => void
}

/** Why the phone refused. The code has a sentence in `locales`; the detail is for the operator, in English. */
export class Fault extends Error {
  readonly code: Code
  readonly detail: string

  constructor(code: Code, detail = '') {
    super(`${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
}

/** Whatever was thrown, as a fault: what we did not expect is `INTERNAL`, with its text for the operator. */
export function asFault(thrown: unknown): Fault {
  return thrown instanceof Fault ? thrown : new Fault('INTERNAL', String(thrown))
}
