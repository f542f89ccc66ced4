import type { Dlt698Data, RecordQuery, RecordResult } from '#protocols/dlt698'
import type { MeterClock, SimulatedMeter } from '#simulators/meter'
import { callMethod, setAttribute } from './dlt698-orders.ts'
import { recordOf } from './dlt698-rows.ts'
import { type Answered, answerOf } from './dlt698-values.ts'

/** What a device has of its own: objects to be read, set and called, and a clock. */
export interface Dlt698Own {
  readonly address: string
  readonly clock: Pick<MeterClock, 'wallAt' | 'momentOfWall'>
  get(oad: string, nowMs: number): Answered
  record(query: RecordQuery, nowMs: number): RecordResult
  /** The DAR, as that of a call. */
  set(oad: string, value: Dlt698Data, nowMs: number): number
  call(omd: string, value: Dlt698Data, nowMs: number): number
  /** The latest that it tells unasked, and when that was; null where there is nothing. */
  news(nowMs: number): News | null
}

export interface News {
  readonly ms: number
  record(): RecordResult
}

const TRIPS = '301F0200'
const TRIP_COLUMNS = ['20220200', '201E0200', '00102201']

/** The objects of a meter. */
export function meterObjects(meter: SimulatedMeter): Dlt698Own {
  return {
    address: meter.spec.address,
    clock: meter.clock,
    get: (oad, nowMs) => answerOf(meter, oad, nowMs),
    record: (query, nowMs) => recordOf(meter, query, nowMs),
    set: (oad, value, nowMs) => setAttribute(meter, oad, value, nowMs),
    call: (omd, value, nowMs) => callMethod(meter, omd, value, nowMs),
    news(nowMs) {
      const [latest] = meter.supply.since(0, nowMs)
      if (!latest) return null
      const columns = TRIP_COLUMNS.map((oad) => ({ oad, related: null }))
      const query = { object: TRIPS, rows: { kind: 'nthLast', value: 1 }, columns } as const
      return { ms: latest.fromMs, record: () => recordOf(meter, query, nowMs) }
    },
  }
}
