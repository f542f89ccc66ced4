import type { Incident, SimulatedMeter } from '#simulators/meter'
import { absent, bcd, digits, join, secondStamp } from './dlt645-bytes.ts'
import { energyAt } from './dlt645-energy.ts'
import { operationData } from './dlt645-operations.ts'

const NOBODY = '00000000'
const WHOLE_RECORD = 0xff
const TOTAL = 0
/** Import, export and the four quadrants, by DI2 of class 00. */
const REGISTERS = [1, 2, 5, 6, 7, 8]
const TRIPS = '1D'
const CLOSINGS = '1E'
const POWER_FAILURES = '031100'
const OPERATIONS = '0330'
/** What never happens to a simulated meter. */
const never: readonly string[] = ['03300E00']
const COVER_OPENINGS = '03300D'
/** An event that goes on has no end yet. */
const NO_END = new Uint8Array(6)
/** The supply failed twice before the meter was hung, in the works: month, day and hour. */
const failures = [
  { month: 11, day: 28, hour: 16, minute: 20, second: 31 },
  { month: 10, day: 9, hour: 9, minute: 5, second: 2 },
]
const FAILURE_MINUTES = 12

/** What happened at a moment, and who did it; other protocols have codes of another kind. */
interface Switching {
  readonly ms: number
  readonly by: string
}

/** 03, 1D and 1E: how often something happened, and records of it; null: none such. */
export function eventData(meter: SimulatedMeter, dataId: string, nowMs: number): Uint8Array | null {
  const head = dataId.slice(0, 2)
  if (head === TRIPS || head === CLOSINGS) return switchingData(meter, dataId, nowMs)
  if (dataId.startsWith(POWER_FAILURES)) return powerFailureData(meter, nthOf(dataId))
  if (dataId.startsWith(COVER_OPENINGS)) return coverData(meter, nthOf(dataId), nowMs)
  if (never.includes(dataId)) return bcd(0, 3)
  return dataId.startsWith(OPERATIONS) ? operationData(meter, dataId) : null
}

/** 031100nn: how often the supply failed, or from when to when. */
function powerFailureData(meter: SimulatedMeter, nth: number): Uint8Array | null {
  const own = meter.book.incidents('power-failure')
  const known = meter.book.clearings.eventsMs === null ? failures : []
  if (nth === 0) return bcd(own.length + known.length, 3)
  const incident = own[nth - 1]
  if (incident) return join(spanOf(meter, incident))
  const failure = known[nth - own.length - 1]
  if (!failure) return null
  const start = { ...failure, year: meter.spec.firstYear - 1 }
  return join([start, { ...start, minute: start.minute + FAILURE_MINUTES }].map(secondStamp))
}

/** 03300Dnn: how often the cover was opened, or one of the times with the registers around it. */
function coverData(meter: SimulatedMeter, nth: number, nowMs: number): Uint8Array | null {
  const openings = meter.book.incidents('cover-open')
  if (nth === 0) return bcd(openings.length, 3)
  const opening = openings[nth - 1]
  if (!opening) return null
  const registersAt = (ms: number) =>
    REGISTERS.map((di2) => energyAt(meter, di2, TOTAL, ms) ?? absent(4))
  const after = registersAt(opening.toMs ?? nowMs)
  return join([...spanOf(meter, opening), ...registersAt(opening.fromMs), ...after])
}

function spanOf(meter: SimulatedMeter, { fromMs, toMs }: Incident): readonly Uint8Array[] {
  const start = secondStamp(meter.clock.wallAt(fromMs))
  return [start, toMs === null ? NO_END : secondStamp(meter.clock.wallAt(toMs))]
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

function nthOf(dataId: string): number {
  return Number.parseInt(dataId.slice(6), 16)
}
