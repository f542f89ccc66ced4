import { fromHex } from '#protocols/bytes'
import type { Cleared, SimulatedMeter } from '#simulators/meter'
import { absent, bcd, digits, join, secondStamp } from './dlt645-bytes.ts'
import { demandBetween, energyAt } from './dlt645-energy.ts'

const PROGRAMMED_ITEMS = 10
const CLOCK_SETTINGS_KEPT = 10
const TOTAL = 0
const ENERGY_BYTES = 4
const DEMAND_BYTES = 8
const ALL_EVENTS = 'FFFFFFFF'
/** Import, export and the four quadrants by DI2: of the whole meter, then of its phases. */
const REGISTERS = [
  [1, 2, 5, 6, 7, 8],
  [0x15, 0x16, 0x19, 0x1a, 0x1b, 0x1c],
  [0x29, 0x2a, 0x2d, 0x2e, 0x2f, 0x30],
  [0x3d, 0x3e, 0x41, 0x42, 0x43, 0x44],
].flat()

/** 0330 DI1 DI0: what people did to a meter, counted (00) or one record of it; null: none such. */
export function operationData(meter: SimulatedMeter, dataId: string): Uint8Array | null {
  const nth = Number.parseInt(dataId.slice(6), 16)
  const { book } = meter
  switch (dataId.slice(4, 6)) {
    case '00':
      return nth === 0 ? bcd(book.programmings().length, 3) : programmingRecord(meter, nth)
    case '01':
      return clearanceData(meter, book.clearances('meterMs'), nth)
    case '02':
      return clearanceData(meter, book.clearances('demandMs'), nth)
    case '03':
      return clearanceData(meter, book.clearances('eventsMs'), nth)
    case '04':
      return clockData(meter, nth)
    default:
      return null
  }
}

/** What the record of a meter clear keeps of the registers. */
export function energiesBefore(meter: SimulatedMeter, nowMs: number): Uint8Array {
  return join(REGISTERS.map((di2) => energyAt(meter, di2, TOTAL, nowMs) ?? absent(ENERGY_BYTES)))
}

/** What the record of a demand clear keeps of the month's highest demands. */
export function demandsBefore(meter: SimulatedMeter, nowMs: number): Uint8Array {
  const fromMs = meter.settlement(0, nowMs)?.ms ?? null
  return join(REGISTERS.map((di2) => demandOf(meter, di2, fromMs, nowMs) ?? absent(DEMAND_BYTES)))
}

/** Reactive demand (3) is kept of both quadrants together: no record has a place for it. */
function demandOf(meter: SimulatedMeter, di2: number, fromMs: number | null, nowMs: number) {
  return di2 <= 2 ? demandBetween(meter, di2, TOTAL, fromMs, nowMs) : null
}

export const eventsBefore = digits(ALL_EVENTS)

function clearanceData(
  meter: SimulatedMeter,
  clearances: readonly Cleared[],
  nth: number,
): Uint8Array | null {
  if (nth === 0) return bcd(clearances[0]?.count ?? 0, 3)
  const cleared = clearances[nth - 1]
  if (!cleared) return null
  const { ms, operator, before = '' } = cleared
  const lost = fromHex(before) ?? new Uint8Array(0)
  return join([secondStamp(meter.clock.wallAt(ms)), digits(operator), lost])
}

/** Time, operator and the first ten items (编程记录). */
function programmingRecord(meter: SimulatedMeter, nth: number): Uint8Array | null {
  const record = meter.book.programmings()[nth - 1]
  if (!record) return null
  const items = Array.from({ length: PROGRAMMED_ITEMS }, (_, index) => {
    const dataId = record.dataIds[index]
    return dataId === undefined ? absent(4) : digits(dataId)
  })
  return join([secondStamp(meter.clock.wallAt(record.ms)), digits(record.operator), ...items])
}

/** Operator and the time before and after (校时记录); what was broadcast does not count. */
function clockData(meter: SimulatedMeter, nth: number): Uint8Array | null {
  const sinceMs = meter.book.clearings.eventsMs ?? 0
  const set = meter.clock.settings.flatMap(({ fromMs, by }) =>
    by !== undefined && fromMs >= sinceMs ? [{ fromMs, by }] : [],
  )
  if (nth === 0) return bcd(set.length, 3)
  const record = set.slice(-CLOCK_SETTINGS_KEPT).at(-nth)
  if (!record) return null
  const shown = [record.fromMs - 1, record.fromMs].map((ms) => meter.clock.wallAt(ms))
  return join([digits(record.by), ...shown.map(secondStamp)])
}
