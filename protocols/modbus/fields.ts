import { toHex } from '#protocols/bytes'
import type { FramePart } from '#protocols/model'
import { word } from './word.ts'

/** Bytes of a PDU that mean one thing: how many, as far as the message tells, and what. */
export interface Field {
  readonly size: (message: Uint8Array, at: number) => number
  readonly words: (bytes: Uint8Array, message: Uint8Array) => string
}

/** What stands behind the function code, one field after the other. */
export interface Fields {
  readonly once: readonly Field[]
  /** Behind these, as often as there are bytes. */
  readonly each?: readonly Field[]
}

/** The fields of each function (V1.1b3 §6); where both ways are alike, only requests have a row. */
interface Row {
  readonly request: Fields
  readonly reply?: Fields
}

const rest: Field['size'] = (message, at) => message.length - at

function field(size: number | Field['size'], words: Field['words']): Field {
  return { size: typeof size === 'number' ? () => size : size, words }
}

function once(...fields: readonly Field[]): Fields {
  return { once: fields }
}

/** A number of so many bytes, in words. */
function number(bytes: 1 | 2, words: (value: number) => string): Field {
  return field(bytes, (part) => words(bytes === 1 ? (part[0] ?? 0) : word(part, 0)))
}

function hexWord(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(4, '0')}`
}

const place = (name: string) => number(2, (value) => `${name} ${hexWord(value)}`)
const quantity = (of: string) => number(2, (value) => `${value} ${of}`)
const follow = number(1, (value) => `${value} bytes follow`)
const address = place('address')
const registers = field(rest, (bytes) => `registers ${hexWords(bytes)}`)
const asTheyAre = (name: string) => field(rest, (bytes) => `${name} ${toHex(bytes)}`)

/** Bits as 0 and 1 in the order of their addresses: the lowest of each byte comes first. */
const bits = (name: string) =>
  field(rest, (bytes) => {
    const groups = Array.from(bytes, (byte) => {
      return Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1).join('')
    })
    return `${name} from the first on: ${groups.join(' ')}`
  })

function hexWords(data: Uint8Array): string {
  return (toHex(data).match(/.{1,4}/g) ?? []).join(' ')
}

const coilValues: Readonly<Record<number, string>> = { 0: 'off', 65280: 'on' }
const coil = number(2, (value) => `coil ${coilValues[value] ?? `${hexWord(value)}, no such state`}`)
const readBits = (name: string): Row => ({
  request: once(address, quantity(name)),
  reply: once(follow, bits(name)),
})
const readWords: Row = {
  request: once(address, quantity('registers')),
  reply: once(follow, registers),
}

/** A list of parts of a file (§6.14, §6.15). */
const reference = number(1, (value) => `reference type ${value}${value === 6 ? '' : ', not 6'}`)
const filePlace = [
  reference,
  number(2, (value) => `file ${value}`),
  number(2, (value) => `record ${value}`),
]
const fileWords = (lengthAt: number, bytesPer: 1 | 2, less: number) =>
  field(
    (message, at) => {
      const first = message[at - lengthAt] ?? 0
      return bytesPer === 1 ? first - less : 2 * word(message, at - lengthAt)
    },
    (bytes) => `registers ${hexWords(bytes)}`,
  )
const fileWrite: Fields = {
  once: [follow],
  each: [...filePlace, quantity('registers'), fileWords(2, 2, 0)],
}

/** Sub-functions of diagnostics (§6.8). */
const diagnostics: Readonly<Record<number, string>> = {
  0: 'return query data',
  1: 'restart communications',
  2: 'return diagnostic register',
  3: 'change ASCII delimiter',
  4: 'force listen only',
  10: 'clear counters',
  11: 'bus message count',
  12: 'bus communication error count',
  13: 'bus exception count',
  14: 'server message count',
  15: 'server no response count',
  16: 'server NAK count',
  17: 'server busy count',
  18: 'bus character overrun count',
  20: 'clear overrun counter',
}
const busy: Readonly<Record<number, string>> = { 0: 'ready', 65535: 'busy' }
const status = number(2, (value) => `status ${busy[value] ?? hexWord(value)}`)
const events = number(2, (value) => `${value} events`)
const registerBytes = number(1, (value) => `${value} bytes of values`)

const rows: Readonly<Record<number, Row>> = {
  1: readBits('coils'),
  2: readBits('inputs'),
  3: readWords,
  4: readWords,
  5: { request: once(address, coil) },
  6: {
    request: once(
      address,
      number(2, (value) => `value ${value} (${hexWord(value)})`),
    ),
  },
  7: { request: once(), reply: once(bits('exception status')) },
  8: {
    request: once(
      number(2, (value) => `sub-function ${value}: ${diagnostics[value] ?? 'reserved'}`),
      asTheyAre('data'),
    ),
  },
  11: { request: once(), reply: once(status, events) },
  12: {
    request: once(),
    reply: once(follow, status, events, quantity('messages'), asTheyAre('events, latest first:')),
  },
  15: {
    request: once(address, quantity('coils'), registerBytes, bits('coils')),
    reply: once(address, quantity('coils')),
  },
  16: {
    request: once(address, quantity('registers'), registerBytes, registers),
    reply: once(address, quantity('registers')),
  },
  17: { request: once(), reply: once(follow, asTheyAre("the device's own id and run state")) },
  20: {
    request: { once: [follow], each: [...filePlace, quantity('registers')] },
    reply: {
      once: [follow],
      each: [number(1, (value) => `${value} bytes of a part`), reference, fileWords(2, 1, 1)],
    },
  },
  21: { request: fileWrite },
  22: { request: once(address, place('AND mask'), place('OR mask')) },
  23: {
    request: once(
      place('read from address'),
      quantity('registers'),
      place('write to address'),
      quantity('registers'),
      registerBytes,
      registers,
    ),
    reply: once(follow, registers),
  },
}

/** What the bytes behind the function code are; a field of which only a part is there is cut off. */
export function fieldParts(message: Uint8Array, role: 'request' | 'reply'): readonly FramePart[] {
  const row = rows[message[1] ?? 0]
  const fields = (role === 'reply' ? row?.reply : null) ?? row?.request
  if (!fields) return unexplained(message, 2)
  const parts: FramePart[] = []
  let at = take(message, fields.once, 2, parts)
  while (fields.each && at < message.length) at = take(message, fields.each, at, parts)
  return [...parts, ...unexplained(message, at)]
}

function take(
  message: Uint8Array,
  fields: readonly Field[],
  from: number,
  parts: FramePart[],
): number {
  let at = from
  for (const { size, words } of fields) {
    const wanted = size(message, at)
    if (wanted <= 0) continue
    const to = Math.min(at + wanted, message.length)
    if (to === at) break
    const bytes = message.subarray(at, to)
    const text = to - at < wanted ? `${toHex(bytes)}, cut off` : words(bytes, message)
    parts.push({ from: at, to, text })
    at = to
  }
  return at
}

function unexplained(message: Uint8Array, at: number): readonly FramePart[] {
  if (at >= message.length) return []
  return [{ from: at, to: message.length, text: toHex(message.subarray(at)) }]
}
