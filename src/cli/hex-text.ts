import { fromHex } from '#protocols/bytes'

const clockTime =
  /(?<![0-9a-f:])\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,6})?(?:Z|[+-]\d{2}:?\d{2})?(?![0-9a-f:])/gi
const calendarDate = /(?<![0-9a-f])\d{4}[-/.]\d{2}[-/.]\d{2}(?:T(?=\d)|(?![0-9a-f]))/gi
const dumpOffset = /^\s*(?:0x)?[0-9a-f]{4,8}(?::\s+|\s{2,})(?=[0-9a-f]{2})/i
const dumpText = /\s{2,}\|.*\|?\s*$|\s{2,}[^\s0-9a-f].*$/i
/** `\x68` of a programming language and `68H` of the standard are the byte alone. */
const escapedByte = /\\x(?=[0-9a-f]{2})/gi
const byteWithH = /(?<![0-9a-z])([0-9a-f]{2})h(?![0-9a-z])/gi
/** `[01][03]` and `<01><03>`, as libmodbus prints what it sends and gets. */
const inBrackets = /(?:\[[0-9a-f]{2}\]){2,}|(?:<[0-9a-f]{2}>){2,}/gi
/** `Tx:000123-`: a counter that stands before the bytes with nothing between. */
const counter = /\b[tr]x:\d{4,8}-(?=[0-9a-f]{2}\b)/gi
/** `[1]: 250`: the value of a register that a tool prints behind the frames. */
const registerValue = /^\s*\[\d+\]:\s+\S+(?:\s+\(.*\))?\s*$/
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
    .replaceAll(counter, ' ')
    .replaceAll(inBrackets, (run) => run.replaceAll(/[^0-9a-f]+/gi, ' '))
    .replaceAll(escapedByte, ' ')
    .replaceAll(byteWithH, '$1 ')
  let longest = ''
  for (const [run] of bare.matchAll(hexRun)) if (run.length > longest.length) longest = run
  return hexArgument(longest)
}

/** True for a line that says nothing: empty, a rule, a remark, or the heading of a next line. */
export function isSilentLine(line: string): boolean {
  if (/^\s*(?:#.*|\/\/.*)?$/.test(line) || !/[\p{L}\p{N}]/u.test(line)) return true
  return registerValue.test(line) || isHeading(line)
}

/** A line of a log without the date and the time that it begins with. */
export function withoutStamp(line: string): string {
  return line.replace(leadingStamp, '')
}

const leadingStamp =
  /^[\s[(]*\d{4}[-/.]\d{2}[-/.]\d{2}[T\s]+\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,6})?[\])\s]*/

/** How many words of people a line has. */
export function wordsAround(line: string): number {
  const words = line.match(/(?<![\p{L}\p{N}])\p{L}{2,}(?![\p{L}\p{N}])/gu) ?? []
  return words.filter((word) => !/^(?:[0-9a-f]{2})+$/i.test(word)).length
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
