import type { SimulatedMeter } from '#simulators/meter'
import { absent, bcd, digits, join, secondStamp } from './dlt645-bytes.ts'
import { energyAt } from './dlt645-energy.ts'

const NOBODY = '00000000'
const PROGRAMMED_ITEMS = 10
const WHOLE_RECORD = 0xff
const TOTAL = 0
/** Import, export and the four quadrants, by DI2 of class 00. */
const REGISTERS = [1, 2, 5, 6, 7, 8]
const TRIPS = '1D'
const CLOSINGS = '1E'
const PROGRAMMING = '033000'

/** What never happens to a simulated meter, and a supply that failed twice before it was hung. */
const counts: Readonly<Record<string, number>> = {
  '03110000': 2,
  '03300100': 0,
  '03300200': 0,
  '03300300': 0,
  '03300D00': 0,
  '03300E00': 0,
}

/** What happened at a moment, and who did it; other protocols have codes of another kind. */
interface Switching {
  readonly ms: number
  readonly by: string
}

/** 03, 1D and 1E: how often something happened, and records of it; null: none such. */
export function eventData(meter: SimulatedMeter, dataId: string, nowMs: number): Uint8Array | null {
  const head = dataId.slice(0, 2)
  if (head === TRIPS || head === CLOSINGS) return switchingData(meter, dataId, nowMs)
  if (dataId === `${PROGRAMMING}00`) return bcd(meter.book.programmings().length, 3)
  if (dataId.startsWith(PROGRAMMING)) return programmingRecord(meter, nthOf(dataId))
  if (dataId === '03300400') return bcd(clockSettings(meter), 3)
  const { clearings } = meter.book
  const cleared: Readonly<Record<string, number | null>> = {
    '03300100': clearings.meterMs,
    '03300200': clearings.demandMs,
    '03300300': clearings.eventsMs,
  }
  const count = counts[dataId]
  return count === undefined ? null : bcd(cleared[dataId] ? 1 : count, 3)
}

/** 1D and 1E: trips and closings, counted, or one of them whole or field by field. */
function switchingData(meter: SimulatedMeter, dataId: string, nowMs: number): Uint8Array | null {
  const happened = switchings(meter, dataId.slice(0, 2), nowMs)
  if (dataId.slice(2) === '000001') return bcd(happened.length, 3)
  const switching = happened[nthOf(dataId) - 1]
  if (!switching || dataId.slice(2, 4) !== '00') return null
  const fields = [
    secondStamp(meter.clock.wallAt(switching.ms)),
    digits(/^[\dA-F]{8}$/.test(switching.by) ? switching.by : NOBODY),
    ...REGISTERS.map((di2) => energyAt(meter, di2, TOTAL, switching.ms) ?? absent(4)),
  ]
  const field = Number.parseInt(dataId.slice(4, 6), 16)
  return field === WHOLE_RECORD ? join(fields) : (fields[field - 1] ?? null)
}

function switchings(meter: SimulatedMeter, kind: string, nowMs: number): readonly Switching[] {
  const periods = meter.supply.since(meter.book.clearings.eventsMs ?? 0, nowMs)
  if (kind === TRIPS) {
    return periods.map(({ fromMs, openedBy = NOBODY }) => ({ ms: fromMs, by: openedBy }))
  }
  return periods.flatMap(({ toMs, closedBy = NOBODY }) =>
    toMs === null ? [] : [{ ms: toMs, by: closedBy }],
  )
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

function clockSettings(meter: SimulatedMeter): number {
  const sinceMs = meter.book.clearings.eventsMs ?? 0
  return meter.clock.settings.filter(({ fromMs }) => fromMs >= sinceMs).length
}

function nthOf(dataId: string): number {
  return Number.parseInt(dataId.slice(6), 16)
}
