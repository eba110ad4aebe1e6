// The one way to the centre. Every error that comes back is a Fault with the server's stable code.

/** What went wrong, by its code; the sentence for people is looked up by it. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly status: number,
  ) {
    super(detail)
    this.name = 'Fault'
  }
}

export const asFault = (thrown: unknown): Fault =>
  thrown instanceof Fault ? thrown : new Fault('INTERNAL', String(thrown), 0)

let sessionEnded: () => void = () => {}

/** Says what to do when the centre no longer knows who is asking. */
export function onSessionEnd(act: () => void) {
  sessionEnded = act
}

async function refusal(response: Response): Promise<Fault> {
  // A proxy's error page is not JSON; then the status is all there is.
  const body = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
  const code = body.code ?? (response.status >= 500 ? 'SERVER_ERROR' : 'INTERNAL')
  return new Fault(code, body.detail ?? response.statusText, response.status)
}

/** Asks, and answers with the JSON; throws nothing but a Fault. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const own: HeadersInit = init.method && init.method !== 'GET' ? { 'x-gridwalk': '1' } : {}
  const request = { ...init, headers: { ...own, ...init.headers }, credentials: 'same-origin' } as const
  const response = await fetch(path, request).catch((error: unknown) => {
    throw new Fault('SERVER_UNREACHABLE', String(error), 0)
  })
  if (!response.ok) {
    const fault = await refusal(response)
    if (fault.code === 'SESSION_EXPIRED') sessionEnded()
    throw fault
  }
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

/** Sends JSON. */
export const tell = <T>(path: string, body?: unknown) =>
  ask<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
