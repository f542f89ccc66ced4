/** What a character that could not be read becomes. */
export const UNREADABLE = '\ufffd'

/** Of GBK that is read as UTF-8 nine in ten are broken, of UTF-8 that was damaged few. */
const BROKEN_SHARE = 0.5

/** The text of a file that a spreadsheet or a device saved: UTF-8, UTF-16 with its mark, or GB 18030. */
export function fileText(file: Uint8Array): string {
  const [first, second] = file
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(file)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(file)
  const text = new TextDecoder('utf-8').decode(file)
  if (!text.includes(UNREADABLE)) return text
  // Chinese programs save CSV in GBK; what is hardly UTF-8 is read as its superset.
  const foreign = text.match(/[^\0-\x7f]/gu)?.length ?? 0
  const broken = text.split(UNREADABLE).length - 1
  const isMarked = first === 0xef && second === 0xbb
  return isMarked || broken < foreign * BROKEN_SHARE
    ? text
    : new TextDecoder('gb18030').decode(file)
}
