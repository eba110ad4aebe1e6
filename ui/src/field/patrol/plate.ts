// Reading a checkpoint's plate from a photo, where the WebView can. Where it cannot, the plate's text is typed.
type Detector = { detect(picture: ImageBitmapSource): Promise<{ rawValue: string }[]> }
type DetectorMaker = new (options: { formats: string[] }) => Detector

/** What the QR code in this picture says, or nothing: no code, or a WebView that cannot look for one. */
export async function plateIn(file: Blob): Promise<string | null> {
  const Maker = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector
  if (!Maker) return null
  try {
    const codes = await new Maker({ formats: ['qr_code'] }).detect(await createImageBitmap(file))
    return codes[0]?.rawValue ?? null
  } catch {
    return null
  }
}
