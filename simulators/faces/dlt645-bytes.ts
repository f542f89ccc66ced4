import { numberToBcd, toHex, Writer } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'

/**
 * The field formats of DL/T 645-2007 as a meter writes them, least significant byte first. Kept
 * apart from the codec's own shapes: a mistake there is not repeated here.
 */
export function bcd(value: number, bytes: number): Uint8Array {
  // A full register starts again at zero (计度器满度).
  return numberToBcd(value % 100 ** bytes, bytes)
}

/** The top bit of the most significant byte is the sign. */
export function signedBcd(value: number, bytes: number): Uint8Array {
  const written = bcd(Math.abs(value), bytes)
  const top = written[bytes - 1] ?? 0
  written[bytes - 1] = value < 0 ? top | 0x80 : top
  return written
}

export function absent(bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(0xff)
}

/** mm hh DD MM YY */
export function minuteStamp(wall: MeterTime): Uint8Array {
  return join([wall.minute, wall.hour, wall.day, wall.month, wall.year % 100].map(pair))
}

/** ss mm hh DD MM YY */
export function secondStamp(wall: MeterTime): Uint8Array {
  return join([pair(wall.second), minuteStamp(wall)])
}

/** ss mm hh */
export function timeOfDay(wall: MeterTime): Uint8Array {
  return join([wall.second, wall.minute, wall.hour].map(pair))
}

/** WW DD MM YY, Sunday is 0. */
export function dateAndWeekday(wall: MeterTime): Uint8Array {
  return join([weekday(wall), wall.day, wall.month, wall.year % 100].map(pair))
}

/** Text is stored back to front and padded with spaces. */
export function ascii(text: string, bytes: number): Uint8Array {
  const padded = text.padEnd(bytes, ' ').slice(0, bytes)
  return Uint8Array.from(padded, (letter) => letter.charCodeAt(0)).reverse()
}

/** Digits that name something, in display order. */
export function digits(text: string): Uint8Array {
  const pairs = text.match(/../g) ?? []
  return Uint8Array.from(pairs, (each) => Number.parseInt(each, 16)).reverse()
}

/** 16 bits, low byte first. */
export function word(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8)
}

/** The data identifier (数据标识) at the head of a data field, in display order. */
export function dataIdOf(data: Uint8Array): string {
  return toHex(data.slice(0, 4).reverse())
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer()
  for (const part of parts) writer.put(part)
  return writer.done()
}

function pair(value: number): Uint8Array {
  return bcd(value, 1)
}

/** By Zeller's congruence, shifted so that Sunday is 0. */
function weekday({ year, month, day }: MeterTime): number {
  const shifted = month < 3 ? { year: year - 1, month: month + 12 } : { year, month }
  const leaps =
    Math.floor(shifted.year / 4) - Math.floor(shifted.year / 100) + Math.floor(shifted.year / 400)
  const sum = day + Math.floor((13 * (shifted.month + 1)) / 5) + shifted.year + leaps
  return (sum + 6) % 7
}
