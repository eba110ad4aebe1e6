// A code or a receipt as a person copies it from one screen to the other: in groups of four, or of three when it is short.
export function grouped(code: string): string {
  const size = code.length > 6 ? 4 : 3
  return code.match(new RegExp(`.{1,${size}}`, 'g'))?.join(' ') ?? ''
}

/** Letters and digits that were typed, whatever stands between them. */
export const letters = (typed: string) => typed.replace(/[^0-9a-z]/gi, '').length

export const CODE = 12
export const RECEIPT = 6
