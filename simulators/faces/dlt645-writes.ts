import { fromHex, isRealTime, toHex } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'
import type { SimulatedMeter } from '#simulators/meter'

const OTHER_ERROR = 0x01
const NO_SUCH_DATA = 0x02
const TOO_MANY_RATES = 0x40
const DATE = '04000101'
const TIME = '04000102'
const DATE_AND_TIME = '0400010C'
const RATES_MAX = 63

/** Parameters that a simulated meter lets be written, and their bytes. */
const lengths: Readonly<Record<string, number>> = {
  '04000103': 1,
  '04000104': 1,
  '04000105': 2,
  '04000106': 5,
  '04000107': 5,
  '04000108': 5,
  '04000109': 5,
  '04000204': 1,
  '04000207': 1,
  '04000306': 3,
  '04000307': 3,
  '04000402': 6,
  '04000403': 32,
  '0400040E': 6,
  '04000601': 1,
  '04000602': 1,
  '04000603': 1,
  '04000703': 1,
  '04000801': 1,
  '04000802': 1,
  '04000901': 1,
  '04000902': 1,
  '04000A01': 4,
  '04000B01': 2,
  '04000B02': 2,
  '04000B03': 2,
  '04000F01': 4,
  '04000F02': 4,
  '04000F03': 4,
  '04000F04': 4,
  '04001001': 4,
  '04001002': 4,
  '04001003': 4,
  '04001004': 4,
  '04001005': 4,
  '04001401': 2,
  '04001402': 2,
}
/** Words of bits and text: all others are decimal. */
const anyBytes: ReadonlySet<string> = new Set([
  '04000403',
  '04000601',
  '04000602',
  '04000603',
  '04000703',
  '04000801',
  '04000901',
  '04000902',
])
/** Tables of entries: zones, periods, holidays, prices, tiers. */
const tables: readonly (readonly [pattern: RegExp, entryBytes: number, entriesMax: number])[] = [
  [/^040[12]000[0-8]$/, 3, 14],
  [/^040300(?!00|FF)..$/, 4, 1],
  [/^04050[12](?!00|FF)..$/, 4, 1],
  [/^04060[0-3](?!00|FF)..$/, 4, 1],
]

/** Writes a parameter (14H); the error byte where the meter refuses, null where it obeys. */
export function writeParameter(
  meter: SimulatedMeter,
  dataId: string,
  data: Uint8Array,
  operator: string,
  nowMs: number,
): number | null {
  if (dataId === DATE || dataId === TIME || dataId === DATE_AND_TIME) {
    const time = clockOf(dataId, data, meter.clock.wallAt(nowMs))
    if (!time) return OTHER_ERROR
    meter.book.note(dataId, operator, nowMs)
    meter.clock.set(time, nowMs, operator)
    return null
  }
  const length = lengths[dataId]
  if (length === undefined && !isTable(dataId, data.length)) return NO_SUCH_DATA
  if (length !== undefined && length !== data.length) return OTHER_ERROR
  if (!anyBytes.has(dataId) && !isDecimal(data)) return OTHER_ERROR
  if (dataId === '04000204' && pairAt(data, 0) > RATES_MAX) return TOO_MANY_RATES
  meter.book.write(dataId, toHex(data), operator, nowMs)
  return null
}

/** What was written under an identifier, as it is read again; null where nothing was. */
export function writtenData(meter: SimulatedMeter, dataId: string): Uint8Array | null {
  // Passwords are written and never read.
  const hex = dataId.startsWith('04000C') ? null : meter.book.written(dataId)
  return hex === null ? null : (fromHex(hex) ?? null)
}

function isTable(dataId: string, length: number): boolean {
  return tables.some(
    ([pattern, entryBytes, entriesMax]) =>
      pattern.test(dataId) && length % entryBytes === 0 && length <= entryBytes * entriesMax,
  )
}

/** The new time of a clock, of which a write may set only one half. */
function clockOf(dataId: string, data: Uint8Array, now: MeterTime): MeterTime | null {
  switch (dataId) {
    case DATE:
      return data.length === 4 ? realTime(dated(data, 0, now)) : null
    case TIME:
      return data.length === 3 ? realTime(timed(data, now)) : null
    default:
      return data.length === 7 ? realTime(dated(data, 3, timed(data, now))) : null
  }
}

/** ss mm hh */
function timed(data: Uint8Array, time: MeterTime): MeterTime {
  return { ...time, second: pairAt(data, 0), minute: pairAt(data, 1), hour: pairAt(data, 2) }
}

/** WW DD MM YY; the weekday follows from the date. */
function dated(data: Uint8Array, from: number, time: MeterTime): MeterTime {
  const [day, month, year] = [1, 2, 3].map((at) => pairAt(data, from + at))
  return { ...time, year: 2_000 + (year ?? 0), month: month ?? 0, day: day ?? 0 }
}

/** NaN where a byte is no BCD. */
function pairAt(data: Uint8Array, at: number): number {
  const byte = data[at] ?? 0xff
  return byte >> 4 > 9 || (byte & 15) > 9 ? Number.NaN : (byte >> 4) * 10 + (byte & 15)
}

function isDecimal(data: Uint8Array): boolean {
  return data.every((_, at) => !Number.isNaN(pairAt(data, at)))
}

/** Null for a time that no clock shows. */
function realTime(time: MeterTime): MeterTime | null {
  return isRealTime(time) ? time : null
}
