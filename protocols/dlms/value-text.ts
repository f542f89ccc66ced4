import { fromHex } from '#protocols/bytes'
import { timeOf } from '#protocols/model'
import { Cursor } from './cursor.ts'
import { type Data, nullData, readData } from './data.ts'
import { octets } from './data-writer.ts'
import { writeTime } from './time.ts'

/** How people write a value; everything else is given as its bytes. */
export const dataForms = 'TYPE:VALUE, null, or hex with its tag'

/** Tags of the whole numbers, and their bits; negative for those with a sign. */
const numbers: Readonly<Record<string, readonly [tag: number, bits: number]>> = {
  'double-long': [5, -32],
  'double-long-unsigned': [6, 32],
  integer: [15, -8],
  long: [16, -16],
  unsigned: [17, 8],
  'long-unsigned': [18, 16],
  enum: [22, 8],
}

/** The value that `long-unsigned:5`, `octets:0102`, `clock:2026-11-21T10:15:00` or hex is. */
export function dataOf(text: string): Data | null {
  if (text === 'null') return nullData
  const [, type = '', value = ''] = /^([\w-]+):(.*)$/s.exec(text) ?? []
  if (type === '') return encoded(fromHex(text))
  const number = numbers[type]
  if (number) return numberData(number, value)
  switch (type) {
    case 'boolean':
      return value === '0' || value === '1' ? { kind: 'boolean', value: value === '1' } : null
    case 'long64':
      return wide(20, BigInt.asIntN, value)
    case 'long64-unsigned':
      return wide(21, BigInt.asUintN, value)
    case 'octets': {
      const bytes = value === '' ? new Uint8Array(0) : fromHex(value)
      return bytes ? octets(bytes) : null
    }
    case 'text':
      return /^[\x20-\x7e]*$/.test(value) ? { kind: 'text', tag: 10, text: value } : null
    case 'clock': {
      const time = timeOf(value)
      return time && octets(writeTime(time))
    }
    default:
      return null
  }
}

/** A value as it is sent, tag first; null where the bytes are none or more than one. */
export function encoded(bytes: Uint8Array | undefined): Data | null {
  if (!bytes || bytes.length === 0) return null
  const cursor = new Cursor(bytes)
  const value = readData(cursor)
  return cursor.isDone ? value : null
}

function numberData([tag, bits]: readonly [number, number], value: string): Data | null {
  const number = /^-?\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  const [least, most] = bits < 0 ? [-(2 ** (-bits - 1)), 2 ** (-bits - 1) - 1] : [0, 2 ** bits - 1]
  return number >= least && number <= most ? { kind: 'integer', tag, value: number } : null
}

function wide(
  tag: 20 | 21,
  cut: (bits: number, value: bigint) => bigint,
  text: string,
): Data | null {
  if (!/^-?\d{1,20}$/.test(text)) return null
  const value = BigInt(text)
  return cut(64, value) === value ? { kind: 'long64', tag, value } : null
}
