// Why a page may not use what the phone has.

/** Why a microphone or a camera is not there. */
export type Unavailable = 'unsupported' | 'denied' | 'missing' | 'taken'

const WHY: Record<string, Unavailable> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'taken',
  AbortError: 'taken',
}

/** What the browser threw, as one of four reasons. */
export const whyUnavailable = (thrown: unknown): Unavailable =>
  WHY[(thrown as { name?: string } | null)?.name ?? ''] ?? 'unsupported'

/** The phone's devices, where a page is told of them at all. */
export const devices = () => (navigator as { mediaDevices?: MediaDevices }).mediaDevices
