// Handing text or a file to another app. A phone has a sheet for it; where there is none, the text is copied.

/** What became of it. */
export type Shared = 'shared' | 'copied' | 'saved' | 'not'

/** The port: what the WebView offers. Tests stand in for it. */
export type SharePort = {
  share?: (data: { title: string; text: string }) => Promise<void>
  copy: (text: string) => Promise<void>
  /** A sheet that takes files. */
  shareFile?: (file: File) => Promise<void>
  /** Saves where the phone keeps downloads. */
  save?: (file: File) => void
}

export const webPort = (): SharePort => ({
  ...(typeof navigator.share === 'function' && {
    share: (data: { title: string; text: string }) => navigator.share(data),
  }),
  copy: copyText,
  ...(typeof navigator.canShare === 'function' && {
    shareFile: (file: File) =>
      navigator.canShare({ files: [file] })
        ? navigator.share({ files: [file], title: file.name })
        : Promise.reject(new Error('no sheet for files')),
  }),
  save: saveFile,
})

function saveFile(file: File) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = file.name
  document.body.append(link)
  link.click()
  link.remove()
  // the download has begun; the name of the bytes is not needed any longer
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

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
export async function shareText(
  title: string,
  text: string,
  port: SharePort = webPort(),
): Promise<Exclude<Shared, 'saved'>> {
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

/** A file of text. */
export const textFile = (name: string, text: string) => new File([text], name, { type: 'text/plain' })

/** Shares a file, or saves it where no sheet takes files. */
export async function shareFile(file: File, port: SharePort = webPort()): Promise<Exclude<Shared, 'copied'>> {
  if (port.shareFile) {
    try {
      await port.shareFile(file)
      return 'shared'
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'AbortError') return 'not'
    }
  }
  if (!port.save) return 'not'
  port.save(file)
  return 'saved'
}
