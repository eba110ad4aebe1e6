// Who sits here. The cookie is the server's business; the screen only remembers the person it belongs to.
import { shallowRef } from 'vue'
import { registry, type Person, type Role } from '../../api/registry'

export const me = shallowRef<Person>()

export async function enter(name: string, password: string) {
  me.value = await registry.login(name, password)
}

/** Whoever the browser's cookie belongs to, if it still does. */
export async function recall() {
  me.value = await registry.me().catch(() => undefined)
  return me.value
}

export function forget() {
  me.value = undefined
}

export async function leave() {
  await registry.logout().catch(() => undefined)
  forget()
}

/** What the rail offers to a role; the server decides again at every request. */
const ROOMS: Record<
  'incidents' | 'patrols' | 'visits' | 'photos' | 'proposals' | 'quarantine',
  readonly Role[]
> = {
  incidents: ['lead', 'guide', 'secretary', 'dispatcher', 'duty_chief', 'handler', 'checker', 'callback'],
  patrols: ['lead', 'guide', 'secretary', 'dispatcher', 'duty_chief', 'auditor'],
  visits: ['lead', 'secretary'],
  photos: ['lead', 'secretary', 'dispatcher', 'duty_chief'],
  proposals: ['lead', 'secretary', 'steward'],
  quarantine: ['lead', 'secretary', 'duty_chief', 'steward'],
}
export type Room = keyof typeof ROOMS
export const EXPORTERS: readonly Role[] = ['secretary', 'dispatcher', 'duty_chief']

export const roomsOf = (role: Role | undefined): Room[] =>
  (Object.keys(ROOMS) as Room[]).filter((room) => role && ROOMS[room].includes(role))

/** Where somebody begins. */
export const home = (role: Role | undefined) => `/${roomsOf(role)[0] ?? 'incidents'}`
