/** The centre's address as typed by a thumb: spaces gone, `https://` in front unless a scheme is there already. */
export function addressOf(typed: string): string {
  const address = typed.trim().replace(/\s/g, '').replace(/\/+$/, '')
  return /^[a-z]+:\/\//i.test(address) ? address : `https://${address}`
}
