import { fromHex } from '#protocols/bytes'

const clockTime =
  /(?<![0-9a-f:])\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,6})?(?:Z|[+-]\d{2}:?\d{2})?(?![0-9a-f:])/gi
const calendarDate = /(?<![0-9a-f])\d{4}[-/.]\d{2}[-/.]\d{2}(?:T(?=\d)|(?![0-9a-f]))/gi
const dumpOffset = /^\s*(?:0x)?[0-9a-f]{4,8}(?::\s+|\s{2,})(?=[0-9a-f]{2})/i
const dumpText = /\s{2,}\|.*\|?\s*$|\s{2,}[^\s0-9a-f].*$/i
/** `\x68` of a programming language and `68H` of the standard are the byte alone. */
const escapedByte = /\\x(?=[0-9a-f]{2})/gi
const byteWithH = /(?<![0-9a-z])([0-9a-f]{2})h(?![0-9a-z])/gi
/** What a log writes over the bytes that follow on the next line. */
const heading = /(?:\b(?:tx|rx|send|sent|recv|received?|read|write|hex)\b|[发收])[^0-9a-f]*$/i
const hexRun = /(?<![0-9a-z])(?:0x)?[0-9a-f]{2}(?:[\s:,;-]*(?:0x)?[0-9a-f]{2})*(?![0-9a-z])/gi

/** Bytes of what a person typed; undefined when it is anything but hex. */
export function hexArgument(text: string): Uint8Array | undefined {
  const bytes = fromHex(text)
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}

/**
 * Bytes of one line of a log or a dump: a plain frame, or one with a time stamp, a direction mark
 * (`TX:`, `RX <-`), an offset or a remark around it. Undefined when no hex is in it.
 */
export function hexOfLine(line: string): Uint8Array | undefined {
  const plain = hexArgument(line)
  if (plain !== undefined) return plain
  const bare = line
    .replace(/#.*$/, '')
    .replace(dumpOffset, ' ')
    .replace(dumpText, ' ')
    .replaceAll(calendarDate, ' | ')
    .replaceAll(clockTime, ' | ')
    .replaceAll(escapedByte, ' ')
    .replaceAll(byteWithH, '$1 ')
  let longest = ''
  for (const [run] of bare.matchAll(hexRun)) if (run.length > longest.length) longest = run
  return hexArgument(longest)
}

/** True for a line that says nothing: empty, a remark, or the heading of a log's next line. */
export function isSilentLine(line: string): boolean {
  return /^\s*(?:#.*|\/\/.*)?$/.test(line) || isHeading(line)
}

function isHeading(line: string): boolean {
  if (line.search(clockTime) < 0) return false
  const text = line.replaceAll(calendarDate, ' ').replaceAll(clockTime, ' ')
  return heading.test(text) && hexOfLine(line) === undefined
}

/** True when bytes can be lines of text rather than a capture of a line. */
export function looksLikeText(chunk: Uint8Array): boolean {
  return (
    chunk.every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) &&
    new TextDecoder('utf-8').decode(chunk, { stream: true }).includes('\ufffd') === false
  )
}
