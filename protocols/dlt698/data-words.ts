import { byteAt, hexPair, toHex } from '#protocols/bytes'
import { valueText } from '#protocols/model'
import { Cursor } from './cursor.ts'
import { floatValue } from './floats.ts'
import { dateTime, dateTimeS, timeText } from './moments.ts'
import type { BytesType, Data } from './value.ts'

/** A value as people read it, type first. */
export function dataWords(value: Data): string {
  switch (value.type) {
    case 'null':
      return 'null'
    case 'array':
    case 'structure':
      return `${value.type} of ${value.items.length}`
    case 'bit-string':
      return `bit-string of ${value.length}, ${toHex(value.bytes)}`
    case 'bool':
    case 'double-long':
    case 'double-long-unsigned':
    case 'integer':
    case 'long':
    case 'unsigned':
    case 'long-unsigned':
    case 'enum':
    case 'long64':
    case 'long64-unsigned':
      return `${value.type} ${value.value}`
    default:
      return `${value.type} ${bytesWords(value.type, value.bytes)}`
  }
}

/** Text of a visible or UTF-8 string without the zeros and blanks it was filled up with. */
export function textOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '\0'
  const trimmed = text.replace(/[\0 ]+$/, '')
  return trimmed.includes('\0') ? toHex(bytes) : trimmed
}

function bytesWords(type: BytesType, bytes: Uint8Array): string {
  switch (type) {
    case 'visible-string':
    case 'utf8-string':
      return textOf(bytes)
    case 'float32':
    case 'float64':
      return valueText(floatValue(bytes, 0)) ?? `${toHex(bytes)}, no number`
    case 'date_time_s':
      return timeText(dateTimeS.read(new Cursor(bytes)))
    case 'date_time':
      return timeText(dateTime.read(new Cursor(bytes)))
    case 'time':
      return [...bytes].map((part) => String(part).padStart(2, '0')).join(':')
    case 'TI':
      return `${byteAt(bytes, 1) * 256 + byteAt(bytes, 2)} of unit ${byteAt(bytes, 0)}`
    case 'TSA':
      return `${toHex(bytes.subarray(1))}, feature ${hexPair(byteAt(bytes, 0))}`
    default:
      return bytes.length === 0 ? 'empty' : toHex(bytes)
  }
}
