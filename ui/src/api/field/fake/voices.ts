// Voice notes of the demo street: what the tester says stays in memory.
import type { VoiceNote } from '../../generated/phone'

const said = new Map<string, Blob>()

/** Keeps what was recorded. What no browser can play is refused like a damaged one. */
export async function keep(recorded: Blob, at: string): Promise<VoiceNote | null> {
  const bytes = await recorded.arrayBuffer()
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const ears = new OfflineAudioContext(1, 1, 48_000)
  const heard = await ears.decodeAudioData(bytes.slice(0)).catch(() => null)
  if (!heard) return null
  said.set(hash, recorded)
  const media = recorded.type.includes('mp4') ? 'mp4' : 'webm'
  const duration_ms = Math.round(heard.duration * 1000)
  return { hash, media, recorded_at: at, duration_ms, bytes: recorded.size }
}

export const recording = (hash: string): Blob | undefined => said.get(hash)
