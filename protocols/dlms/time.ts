import { byteAt, isRealTime, Writer } from '#protocols/bytes'
import type { MeterTime, Stamp } from '#protocols/model'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const UNSPECIFIED_BYTE = 0xff
const UNSPECIFIED_DEVIATION = -0x8000
export const dateTimeBytes = 12

/** A date-time of twelve bytes (Blue Book, 4.1.6.1). */
export interface CosemTime {
  readonly wall: MeterTime
  /** Minutes to add to the wall clock to have UTC; null where it is not said. */
  readonly deviationMinutes: number | null
  /** Bit 0 invalid, 1 doubtful, 2 other base, 3 invalid status, 7 daylight saving; FF unknown. */
  readonly status: number
}

/** Null for anything that names no full moment: wildcards, wrong lengths, impossible fields. */
export function readTime(bytes: Uint8Array): CosemTime | null {
  if (bytes.length !== dateTimeBytes) return null
  const wall = {
    year: (byteAt(bytes, 0) << 8) | byteAt(bytes, 1),
    month: byteAt(bytes, 2),
    day: byteAt(bytes, 3),
    hour: byteAt(bytes, 5),
    minute: byteAt(bytes, 6),
    second: byteAt(bytes, 7) === UNSPECIFIED_BYTE ? 0 : byteAt(bytes, 7),
  }
  if (!isReal(wall)) return null
  const deviation = (((byteAt(bytes, 9) << 8) | byteAt(bytes, 10)) << 16) >> 16
  return {
    wall,
    deviationMinutes: Math.abs(deviation) <= 840 ? deviation : null,
    status: byteAt(bytes, 11),
  }
}

function isReal(wall: MeterTime): boolean {
  return wall.year >= 1970 && wall.year <= 9999 && isRealTime(wall)
}

/** Whether readings keep the wall clock, or become instants where the meter says its zone. */
export type ZoneRule = 'deviation' | 'wall-clock'

/** An instant where the meter says how far its clock is from UTC, its wall clock else. */
export function stampOf(time: CosemTime, rule: ZoneRule): Stamp {
  const { wall, deviationMinutes } = time
  if (deviationMinutes === null || rule === 'wall-clock') return { kind: 'wall', time: wall }
  return { kind: 'epoch', ms: wallMs(wall) + deviationMinutes * MINUTE_MS }
}

/** Milliseconds since 1970 of a wall clock taken as UTC. */
export function wallMs({ year, month, day, hour, minute, second }: MeterTime): number {
  return daysFromCivil(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000
}

/** The same wall clock `ms` later. */
export function wallPlus(time: MeterTime, ms: number): MeterTime {
  const total = wallMs(time) + ms
  const days = Math.floor(total / DAY_MS)
  const seconds = Math.floor((total - days * DAY_MS) / 1_000)
  return {
    ...civilFromDays(days),
    hour: Math.floor(seconds / 3_600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  }
}

/** Days since 1970-01-01; years begin in March, so that the leap day is the last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * 146_097 + yearOfEra * 365 + leaps + dayOfYear - 719_468
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  const dayOfYear = dayOfEra - (365 * yearOfEra + leaps)
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** 1 Monday to 7 Sunday. */
function dayOfWeek({ year, month, day }: MeterTime): number {
  return ((((daysFromCivil(year, month, day) + 3) % 7) + 7) % 7) + 1
}

/** A wall clock as twelve bytes; without a deviation and a status unless they are known. */
export function writeTime(
  wall: MeterTime,
  deviationMinutes: number = UNSPECIFIED_DEVIATION,
  status: number = UNSPECIFIED_BYTE,
): Uint8Array {
  const writer = new Writer().uint16(wall.year).uint8(wall.month).uint8(wall.day)
  writer.uint8(dayOfWeek(wall)).uint8(wall.hour).uint8(wall.minute).uint8(wall.second).uint8(0)
  return writer
    .uint16(deviationMinutes & 0xffff)
    .uint8(status)
    .done()
}
