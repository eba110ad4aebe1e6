// The real phone: the generated commands of the Tauri window, with refusals turned into faults.
import { convertFileSrc, invoke } from '@tauri-apps/api/core'
import { commands, events, type Failure, type Photo, type VoiceNote } from '../generated/phone'
import { asFault, Fault, type Asked, type Phone } from './door'

type Answered = { status: 'ok'; data: unknown } | { status: 'error'; error: Failure }

async function unwrapped(answer: Promise<Answered>) {
  const answered = await answer.catch((thrown: unknown) => {
    throw asFault(thrown)
  })
  if (answered.status === 'error') throw new Fault(answered.error.code, answered.error.detail)
  return answered.data
}

const asked = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [
    name,
    (...args: never[]) => unwrapped((command as (...args: never[]) => Promise<Answered>)(...args)),
  ]),
) as Asked

/** The answer of a command whose bytes are raw. */
const raw = <T>(answer: Promise<T>) =>
  answer.catch((thrown: unknown): never => {
    const failure = thrown as Partial<Failure>
    throw failure.code ? new Fault(failure.code, failure.detail) : asFault(thrown)
  })

/** The phone behind this window. */
export function windowPhone(): Phone {
  // The phone corrects its clock by the measured offset; the screen counts with the same clock.
  let ahead = 0
  return {
    ...asked,
    async status() {
      const status = await asked.status()
      ahead = Date.parse(status.now) - Date.now()
      return status
    },
    async addPhoto(file, stage, position) {
      const headers: Record<string, string> = {
        'x-stage': stage,
        'x-taken-at': new Date(this.now()).toISOString(),
      }
      if (position) headers['x-position'] = JSON.stringify(position)
      return await raw(invoke<Photo>('add_photo', await file.arrayBuffer(), { headers }))
    },
    async addVoice(recorded) {
      const headers = { 'x-recorded-at': new Date(this.now()).toISOString() }
      return await raw(invoke<VoiceNote>('add_voice', await recorded.arrayBuffer(), { headers }))
    },
    async voice({ hash, media }) {
      const sound = await raw(invoke<ArrayBuffer>('voice_bytes', { hash }))
      return new Blob([sound], { type: `audio/${media}` })
    },
    unsentPiece: () => raw(invoke<ArrayBuffer>('unsent_piece')),
    now: () => Date.now() + ahead,
    photoUrl: (hash) => convertFileSrc(hash, 'gwphoto'),
    originalUrl: (incident, hash) => convertFileSrc(`${incident}.${hash}`, 'gwphoto'),
    onSync(listener) {
      const listening = events.syncState.listen((event) => listener(event.payload))
      return () => void listening.then((stop) => stop())
    },
  }
}
