import { fromHex } from '#protocols/bytes'
import {
  type FormArgument,
  type FormedFrames,
  type FormTarget,
  type GivenArguments,
  hexArgument,
  numberArgument,
  numberOf,
  patternArgument,
  type RequestForm,
  type RequestForms,
  scaledOf,
  usually,
  type WrittenValue,
  wordArgument,
} from '#protocols/model'
import { shapeByHand, unitOf } from './codec.ts'
import { identificationCodes } from './identification.ts'
import { wordOrders, writeShape } from './shape.ts'
import { buildWrite, WRITES_MAX } from './writes.ts'

const ADDRESSES = 0x1_0000
const COILS_MAX = 1968
const BYTES_MAX = 253
const noBytes = new Uint8Array(0)

const register = (name: string) => numberArgument(name, '0 to 65535, from 0', 0, 0xffff)
const quantity = (most: number) => numberArgument('count', `1 to ${most}`, 1, most)
const words = hexArgument('words', 'registers, 4 hex digits each', null)
const bits: FormArgument = {
  name: 'bits',
  says: 'a 0 or 1 for each, the first coil first',
  takes: (text) => /^[01]+$/.test(text) && text.length <= COILS_MAX,
}

type Body = (given: GivenArguments) => readonly number[] | string

/** A function by its code; what follows the code is the body (V1.1b3 §6). */
function row(
  code: number,
  name: string,
  says: string,
  args: readonly FormArgument[],
  body: Body,
): RequestForm {
  return {
    name,
    says: `function ${code}: ${says}`,
    arguments: args,
    build(given, { meter }) {
      const unit = unitOf(meter.address)
      const bytes = body(given)
      if (typeof bytes === 'string') return bytes
      if (unit === undefined) return '--unit: allowed: a unit from 1 to 247'
      if (bytes.length + 1 > BYTES_MAX)
        return `${bytes.length + 1} bytes are more than a frame takes`
      return [Uint8Array.of(unit, code, ...bytes)]
    },
  }
}

const pair = (value: number) => [value >> 8, value & 0xff]
const spanOf = (given: GivenArguments) => [
  ...pair(numberOf(given.one('start'))),
  ...pair(numberOf(given.one('count'))),
]
const span = (most: number) => [register('start'), quantity(most)]
const single = [register('address'), numberArgument('value', '0 to 65535', 0, 0xffff)]

// biome-ignore format: a table, one row a line
const requests: readonly RequestForm[] = [
  row(1, 'read-coils', 'read coils', span(2000), spanOf),
  row(2, 'read-discrete-inputs', 'read discrete inputs', span(2000), spanOf),
  row(3, 'read-holding-registers', 'read holding registers', span(125), spanOf),
  row(4, 'read-input-registers', 'read input registers', span(125), spanOf),
  row(5, 'write-coil', 'write a coil', [register('address'), wordArgument('value', ['on', 'off'])], (given) => [...pair(numberOf(given.one('address'))), given.one('value') === 'on' ? 0xff : 0, 0]),
  row(6, 'write-register', 'write a register', single, (given) => [...pair(numberOf(given.one('address'))), ...pair(numberOf(given.one('value')))]),
  row(7, 'exception-status', 'read the exception status', [], () => []),
  row(8, 'diagnostics', 'diagnostics', [numberArgument('sub', 'subfunction', 0, 0xffff), usually(hexArgument('data', 'one word', 2), '0000')], (given) => [...pair(numberOf(given.one('sub'))), ...hex(given, 'data')]),
  row(11, 'event-counter', 'get the event counter', [], () => []),
  row(12, 'event-log', 'get the event log', [], () => []),
  row(15, 'write-coils', 'write coils', [register('start'), bits], (given) => coils(numberOf(given.one('start')), given.one('bits'))),
  row(16, 'write-registers', 'write registers', [register('start'), words], (given) => registers(numberOf(given.one('start')), hex(given, 'words'))),
  row(17, 'server-id', 'report the server id', [], () => []),
  row(20, 'read-file', 'read a file record', [numberArgument('file', '1 to 65535', 1, 0xffff), numberArgument('record', '0 to 9999', 0, 9999), quantity(124)], (given) => [7, 6, ...pair(numberOf(given.one('file'))), ...pair(numberOf(given.one('record'))), ...pair(numberOf(given.one('count')))]),
  row(21, 'write-file', 'write a file record', [numberArgument('file', '1 to 65535', 1, 0xffff), numberArgument('record', '0 to 9999', 0, 9999), words], (given) => fileWrite(given, hex(given, 'words'))),
  row(22, 'mask-write', 'write bits of a register', [register('address'), hexArgument('and', 'AND mask', 2), hexArgument('or', 'OR mask', 2)], (given) => [...pair(numberOf(given.one('address'))), ...hex(given, 'and'), ...hex(given, 'or')]),
  row(23, 'read-write-registers', 'write registers, then read', [register('start'), quantity(125), register('write-start'), words], (given) => {
    const write = registers(numberOf(given.one('write-start')), hex(given, 'words'))
    return typeof write === 'string' ? write : [...spanOf(given), ...write]
  }),
  row(24, 'read-fifo', 'read a queue', [register('address')], (given) => pair(numberOf(given.one('address')))),
  row(43, 'identify', 'read the device identification', [wordArgument('category', [...Object.keys(identificationCodes), 'one']), usually(numberArgument('object', '0 to 255', 0, 255), '0')], (given) => [0x0e, Object.entries(identificationCodes).find(([name]) => name === given.one('category'))?.[1] ?? 4, numberOf(given.one('object'))]),
  {
    name: 'function',
    says: 'any function by its code',
    arguments: [numberArgument('code', '1 to 127', 1, 127), usually(patternArgument('data', 'bytes', /^(?:[\dA-F]{2})*$/i), '')],
    build: (given, target) => row(numberOf(given.one('code')), '', '', [], () => [...hex(given, 'data')]).build(given, target),
  },
]

/** Modbus by the functions of the standard, as unit + PDU: the line's framing is another's. */
export const modbusForms: RequestForms = {
  requests,
  writes: '6:0x0010:u16=5, 16:0x0010:f32:CDAB=1.5, 16:0x0010:=HEX',
  write,
}

const byHand = /^(6|16):(0x[\da-f]{1,4}|\d{1,5})(?::([uif]\d\d)(?::([a-d]{4}))?)?$/i

/** `6:0x0010:u16` and `16:0x0010:f32:CDAB`: function, register, type and word order. */
function write(item: string, value: WrittenValue, { meter }: FormTarget): FormedFrames {
  const [, code, place, type = '', written = 'ABCD'] = byHand.exec(item) ?? []
  const unit = unitOf(meter.address)
  if (code === undefined || unit === undefined) {
    return 'what is written is named by function, register and type: 6:0x0010:u16, 16:40:f32:CDAB'
  }
  const address = Number(place)
  const found =
    value.kind === 'bytes'
      ? wordsOf(value.bytes)
      : wordsFor(type, written.toUpperCase(), value.text)
  if (!found) return 'allowed: a number that fits the type, or words behind :='
  const functionCode = code === '6' ? 6 : 16
  const isTooLong = found.length > (functionCode === 6 ? 1 : WRITES_MAX)
  if (found.length === 0 || isTooLong || address + found.length > ADDRESSES) {
    return `function ${functionCode} takes no ${found.length} registers at ${address}`
  }
  return [buildWrite({ unit, functionCode, address, words: found })]
}

function wordsFor(type: string, written: string, text: string): readonly number[] | null {
  const shape = shapeByHand(type.toLowerCase())
  const order = wordOrders.find((known) => known === written)
  const scale = text.split('.')[1]?.length ?? 0
  const digits = scaledOf(text, scale)
  if (!shape || !order || Number.isNaN(digits)) return null
  return writeShape(shape, { digits, scale }, order, 0)
}

function wordsOf(bytes: Uint8Array): readonly number[] | null {
  if (bytes.length % 2 === 1) return null
  return Array.from({ length: bytes.length / 2 }, (_, at) => {
    return ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)
  })
}

function registers(start: number, bytes: Uint8Array): readonly number[] | string {
  const found = wordsOf(bytes)
  if (!found || found.length > WRITES_MAX) return `words: allowed: 1 to ${WRITES_MAX} registers`
  return [...pair(start), ...pair(found.length), bytes.length, ...bytes]
}

/** Coils fill bytes from the lowest bit on. */
function coils(start: number, written: string): readonly number[] {
  const bytes = new Uint8Array(Math.ceil(written.length / 8))
  for (let at = 0; at < written.length; at++) {
    if (written[at] === '1') bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
  }
  return [...pair(start), ...pair(written.length), bytes.length, ...bytes]
}

function fileWrite(given: GivenArguments, bytes: Uint8Array): readonly number[] | string {
  const found = wordsOf(bytes)
  if (!found || bytes.length > 244) return 'words: allowed: 1 to 122 registers'
  const place = [...pair(numberOf(given.one('file'))), ...pair(numberOf(given.one('record')))]
  return [7 + bytes.length, 6, ...place, ...pair(found.length), ...bytes]
}

function hex(given: GivenArguments, name: string): Uint8Array {
  const text = given.one(name)
  return text === '' ? noBytes : (fromHex(text) ?? noBytes)
}
