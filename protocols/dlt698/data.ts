import { toHex, type Writer } from '#protocols/bytes'
import { type Codec, writeLength } from './codec-parts.ts'
import type { Cursor } from './cursor.ts'
import { dataWords } from './data-words.ts'
import { csd, makeSelectors, rcsd, road, sid, sidMac } from './descriptors.ts'
import type { BytesType, Data, NumberType } from './value.ts'
import { meaningOf } from './values.ts'

const none: Data = { type: 'null' }

type Shape =
  | { readonly kind: 'number'; readonly bytes: 1 | 2 | 4; readonly signed: boolean }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'sized' }
  | { readonly kind: 'composite'; readonly skip: (from: Cursor) => unknown }

/** Tags of the types that are a number or bytes (§6.4.1, table 5). */
const rows: readonly (readonly [number, NumberType | BytesType, Shape])[] = [
  [0x05, 'double-long', { kind: 'number', bytes: 4, signed: true }],
  [0x06, 'double-long-unsigned', { kind: 'number', bytes: 4, signed: false }],
  [0x09, 'octet-string', { kind: 'sized' }],
  [0x0a, 'visible-string', { kind: 'sized' }],
  [0x0c, 'utf8-string', { kind: 'sized' }],
  [0x0f, 'integer', { kind: 'number', bytes: 1, signed: true }],
  [0x10, 'long', { kind: 'number', bytes: 2, signed: true }],
  [0x11, 'unsigned', { kind: 'number', bytes: 1, signed: false }],
  [0x12, 'long-unsigned', { kind: 'number', bytes: 2, signed: false }],
  [0x16, 'enum', { kind: 'number', bytes: 1, signed: false }],
  [0x17, 'float32', { kind: 'bytes', bytes: 4 }],
  [0x18, 'float64', { kind: 'bytes', bytes: 8 }],
  [0x19, 'date_time', { kind: 'bytes', bytes: 10 }],
  [0x1a, 'date', { kind: 'bytes', bytes: 5 }],
  [0x1b, 'time', { kind: 'bytes', bytes: 3 }],
  [0x1c, 'date_time_s', { kind: 'bytes', bytes: 7 }],
  [0x50, 'OI', { kind: 'bytes', bytes: 2 }],
  [0x51, 'OAD', { kind: 'bytes', bytes: 4 }],
  [0x52, 'ROAD', { kind: 'composite', skip: (from) => road.read(from) }],
  [0x53, 'OMD', { kind: 'bytes', bytes: 4 }],
  [0x54, 'TI', { kind: 'bytes', bytes: 3 }],
  [0x55, 'TSA', { kind: 'sized' }],
  [0x56, 'MAC', { kind: 'sized' }],
  [0x57, 'RN', { kind: 'sized' }],
  [0x58, 'Region', { kind: 'composite', skip: (from) => selectors.region.read(from) }],
  [0x59, 'Scaler_Unit', { kind: 'bytes', bytes: 2 }],
  [0x5a, 'RSD', { kind: 'composite', skip: (from) => selectors.rsd.read(from) }],
  [0x5b, 'CSD', { kind: 'composite', skip: (from) => csd.read(from) }],
  [0x5c, 'MS', { kind: 'composite', skip: (from) => selectors.ms.read(from) }],
  [0x5d, 'SID', { kind: 'composite', skip: (from) => sid.read(from) }],
  [0x5e, 'SID_MAC', { kind: 'composite', skip: (from) => sidMac.read(from) }],
  [0x5f, 'COMDCB', { kind: 'bytes', bytes: 5 }],
  [0x60, 'RCSD', { kind: 'composite', skip: (from) => rcsd.read(from) }],
]

const byTag = new Map(rows.map(([tag, type, shape]) => [tag, { type, shape }]))
const byType = new Map(rows.map(([tag, type, shape]) => [type, { tag, shape }]))

export const data: Codec<Data> = {
  read(from) {
    if (!from.trace) return readData(from)
    return readTraced(from)
  },
  write: writeData,
}

const selectors = makeSelectors(data)
export const { ms, rsd } = selectors
export type Rsd = ReturnType<typeof rsd.read>

/**
 * Array elements and structure fields get a line each, everything else one. `index` is the place in
 * the attribute and `member` that in the innermost list, for the words about it.
 */
function readTraced(from: Cursor, level = 0, index = 1, member = 1): Data {
  const at = from.offset
  const tag = from.bytes[at]
  if (tag === 1 || tag === 2) {
    from.uint8()
    const count = from.count()
    const type = tag === 1 ? 'array' : 'structure'
    from.note(at, `${type} of ${count}`)
    const items: Data[] = []
    for (let item = 0; item < count && !from.failed; item++) {
      from.enter(`[${item + 1}]`)
      items.push(readTraced(from, level + 1, level === 0 ? item + 1 : index, item + 1))
      from.leave()
    }
    return { type, items }
  }
  const value = readData(from)
  if (!from.failed) from.note(at, dataWords(value) + meaningOf(from.subject, index, member, value))
  return value
}

function readData(from: Cursor): Data {
  const tag = from.uint8()
  switch (tag) {
    case 0x00:
      return none
    case 0x01:
      return { type: 'array', items: readItems(from, from.count()) }
    case 0x02:
      return { type: 'structure', items: readItems(from, from.count()) }
    case 0x03:
      return { type: 'bool', value: from.uint8() !== 0 }
    case 0x04: {
      const length = from.length()
      return { type: 'bit-string', length, bytes: from.take((length + 7) >> 3) }
    }
    case 0x14:
      return { type: 'long64', value: BigInt.asIntN(64, readUint64(from)) }
    case 0x15:
      return { type: 'long64-unsigned', value: readUint64(from) }
    default:
      return readShaped(from, tag)
  }
}

function readItems(from: Cursor, count: number): readonly Data[] {
  const items: Data[] = []
  from.enter('')
  for (let index = 0; index < count && !from.failed; index++) items.push(readData(from))
  from.leave()
  return items
}

function readShaped(from: Cursor, tag: number): Data {
  const found = byTag.get(tag)
  if (!found) {
    from.fail()
    return none
  }
  const { type, shape } = found
  switch (shape.kind) {
    case 'number':
      return { type: numberType(type), value: readNumber(from, shape.bytes, shape.signed) }
    case 'bytes':
      return { type: bytesType(type), bytes: from.take(shape.bytes) }
    case 'sized':
      return { type: bytesType(type), bytes: from.take(from.length()) }
    case 'composite': {
      const at = from.offset
      from.enter('')
      const quiet = from.trace
      from.trace = null
      shape.skip(from)
      from.trace = quiet
      from.leave()
      return { type: bytesType(type), bytes: from.bytes.subarray(at, from.offset) }
    }
  }
}

function readNumber(from: Cursor, bytes: 1 | 2 | 4, signed: boolean): number {
  const value = bytes === 4 ? from.uint32() : bytes === 2 ? from.uint16() : from.uint8()
  const limit = 2 ** (8 * bytes - 1)
  return signed && value >= limit ? value - 2 * limit : value
}

function readUint64(from: Cursor): bigint {
  const high = from.uint32()
  return (BigInt(high) << 32n) | BigInt(from.uint32())
}

function writeData(to: Writer, value: Data): void {
  switch (value.type) {
    case 'null':
      to.uint8(0)
      break
    case 'array':
    case 'structure':
      to.uint8(value.type === 'array' ? 1 : 2)
      writeLength(to, value.items.length)
      for (const item of value.items) writeData(to, item)
      break
    case 'bool':
      to.uint8(3).uint8(value.value ? 1 : 0)
      break
    case 'bit-string':
      to.uint8(4)
      writeLength(to, value.length)
      to.put(value.bytes)
      break
    case 'long64':
    case 'long64-unsigned': {
      const bits = BigInt.asUintN(64, value.value)
      to.uint8(value.type === 'long64' ? 0x14 : 0x15)
      for (const shift of [48n, 32n, 16n, 0n]) to.uint16(Number((bits >> shift) & 0xffffn))
      break
    }
    default:
      writeShaped(to, value)
  }
}

type Shaped = Extract<Data, { readonly type: NumberType | BytesType }>

function writeShaped(to: Writer, value: Shaped): void {
  const found = byType.get(value.type)
  if (!found) throw new Error(`invariant broken: no type ${value.type}`)
  const { tag, shape } = found
  to.uint8(tag)
  if ('value' in value) {
    if (shape.kind === 'number') writeNumber(to, value.value, shape.bytes)
    return
  }
  if (shape.kind === 'bytes' && value.bytes.length !== shape.bytes) {
    throw new Error(`invariant broken: ${toHex(value.bytes)} as ${value.type}`)
  }
  if (shape.kind === 'sized') writeLength(to, value.bytes.length)
  to.put(value.bytes)
}

function writeNumber(to: Writer, value: number, bytes: 1 | 2 | 4): void {
  const bits = value < 0 ? value + 2 ** (8 * bytes) : value
  if (!(bits >= 0 && bits < 2 ** (8 * bytes))) {
    throw new Error(`invariant broken: ${value} in ${bytes} bytes`)
  }
  if (bytes === 4) to.uint16(Math.trunc(bits / 0x1_0000)).uint16(bits % 0x1_0000)
  else if (bytes === 2) to.uint16(bits)
  else to.uint8(bits)
}

function numberType(type: NumberType | BytesType): NumberType {
  return type as NumberType
}

function bytesType(type: NumberType | BytesType): BytesType {
  return type as BytesType
}
