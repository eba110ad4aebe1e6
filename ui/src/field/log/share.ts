// Handing text to another app. A phone has a sheet for it; where there is none, the text is copied.

/** What became of it. */
export type Shared = 'shared' | 'copied' | 'not'

/** The port: what the WebView offers. Tests stand in for it. */
export type SharePort = {
  share?: (data: { title: string; text: string }) => Promise<void>
  copy: (text: string) => Promise<void>
}

export const webPort = (): SharePort => ({
  ...(typeof navigator.share === 'function' && {
    share: (data: { title: string; text: string }) => navigator.share(data),
  }),
  copy: copyText,
})

async function copyText(text: string) {
  // The clipboard wants a secure page; a selected field is the older way and works everywhere.
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  )
  if (copied) return
  const field = document.createElement('textarea')
  field.value = text
  field.setAttribute('readonly', '')
  field.style.position = 'fixed'
  field.style.opacity = '0'
  document.body.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  if (!done) throw new Error('not copied')
}

/** Shares, or copies where nothing shares. A person who closes the sheet has shared nothing, and nothing is copied. */
export async function shareText(title: string, text: string, port: SharePort = webPort()): Promise<Shared> {
  if (port.share) {
    try {
      await port.share({ title, text })
      return 'shared'
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'AbortError') return 'not'
    }
  }
  try {
    await port.copy(text)
    return 'copied'
  } catch {
    return 'not'
  }
}
