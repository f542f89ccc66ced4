import { fromHex, Writer } from '#protocols/bytes'
import { timeOf } from '#protocols/model'
import { Cursor } from './cursor.ts'
import { data } from './data.ts'
import { dateTimeS } from './moments.ts'
import type { BytesType, Data, NumberType } from './value.ts'

/** How people write a value; everything else is given as its bytes. */
export const dataForms = 'TYPE:VALUE, null, or hex with its tag'

/** Bits of the types that are a number; negative for those with a sign. */
const numberBits: Readonly<Record<NumberType, number>> = {
  'double-long': -32,
  'double-long-unsigned': 32,
  integer: -8,
  long: -16,
  unsigned: 8,
  'long-unsigned': 16,
  enum: 8,
}
/** Bytes of the types that people give as hex, null for any number of them. */
const hexBytes: Readonly<Partial<Record<BytesType, number | null>>> = {
  'octet-string': null,
  float32: 4,
  float64: 8,
  date_time: 10,
  date: 5,
  time: 3,
  OI: 2,
  OAD: 4,
  OMD: 4,
  TI: 3,
  TSA: null,
  MAC: null,
  RN: null,
  Scaler_Unit: 2,
  COMDCB: 5,
}

/** The value that `long-unsigned:5`, `date_time_s:2026-11-21T10:15:00`, `null` or hex is. */
export function dataOf(text: string): Data | null {
  if (text === 'null') return { type: 'null' }
  const [, type = '', value = ''] = /^([\w-]+):(.*)$/s.exec(text) ?? []
  if (type === '') return encoded(fromHex(text))
  if (isNumberType(type)) return numberData(type, value)
  switch (type) {
    case 'bool':
      return value === '0' || value === '1' ? { type, value: value === '1' } : null
    case 'long64':
    case 'long64-unsigned':
      return wide(type, value)
    case 'visible-string':
    case 'utf8-string':
      return { type, bytes: new TextEncoder().encode(value) }
    case 'date_time_s': {
      const time = timeOf(value)
      return time && { type, bytes: written(time) }
    }
    default:
      return hexData(type, value)
  }
}

/** A value as it is sent, tag first; null where the bytes are none or more than one. */
export function encoded(bytes: Uint8Array | undefined): Data | null {
  if (!bytes || bytes.length === 0) return null
  const from = new Cursor(bytes)
  const value = data.read(from)
  return from.failed || from.remaining > 0 ? null : value
}

function isNumberType(type: string): type is NumberType {
  return Object.hasOwn(numberBits, type)
}

function numberData(type: NumberType, value: string): Data | null {
  const bits = numberBits[type]
  const number = /^-?\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  const [least, most] = bits < 0 ? [-(2 ** (-bits - 1)), 2 ** (-bits - 1) - 1] : [0, 2 ** bits - 1]
  return number >= least && number <= most ? { type, value: number } : null
}

function wide(type: 'long64' | 'long64-unsigned', value: string): Data | null {
  if (!/^-?\d{1,20}$/.test(value)) return null
  const number = BigInt(value)
  const kept = type === 'long64' ? BigInt.asIntN(64, number) : BigInt.asUintN(64, number)
  return kept === number ? { type, value: number } : null
}

function hexData(type: string, value: string): Data | null {
  const found = Object.entries(hexBytes).find(([name]) => name === type)
  const bytes = value === '' ? new Uint8Array(0) : fromHex(value)
  if (!found || !bytes) return null
  const [name, length] = found
  return length === null || bytes.length === length ? { type: name as BytesType, bytes } : null
}

function written(time: Parameters<typeof dateTimeS.write>[1]): Uint8Array {
  const to = new Writer()
  dateTimeS.write(to, time)
  return to.done()
}
