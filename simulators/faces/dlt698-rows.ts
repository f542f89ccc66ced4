import {
  attributesOf,
  type Dlt698Data,
  moment,
  type RecordQuery,
  type RecordResult,
  type Row,
  timeOf,
} from '#protocols/dlt698'
import { DAYS_KEPT, type SimulatedMeter } from '#simulators/meter'
import { answerOf, dars } from './dlt698-values.ts'

/** A row that a table has: when it is of, and what it counts from the latest. */
interface Kept {
  readonly ms: number
  readonly endMs: number | null
  readonly number: number
}

const SLOT_MS = 900_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const ROWS_MAX = 200
const MONTHS_KEPT = 12
const none: Dlt698Data = { type: 'null' }

/** The rows of a freeze or an event table that a query selects, or why there are none. */
export function recordOf(meter: SimulatedMeter, query: RecordQuery, nowMs: number): RecordResult {
  const { object, columns } = query
  const kept = selected(meter, query, nowMs)
  if (kept === null)
    return { object, columns, result: { kind: 'dar', value: dars.undefinedObject } }
  const rows: Row[] = []
  for (const one of kept.slice(0, ROWS_MAX)) {
    const row = attributesOf(columns).map((oad) => cellOf(meter, oad, one))
    const refused = row.find((cell) => typeof cell === 'number')
    if (typeof refused === 'number')
      return { object, columns, result: { kind: 'dar', value: refused } }
    rows.push(row.filter((cell) => typeof cell !== 'number'))
  }
  return { object, columns, result: { kind: 'rows', value: rows } }
}

function cellOf(meter: SimulatedMeter, oad: string, { ms, endMs, number }: Kept) {
  switch (oad) {
    case '20210200':
    case '201E0200':
      return moment(meter.clock.wallAt(ms))
    case '20200200':
      return endMs === null ? none : moment(meter.clock.wallAt(endMs))
    case '20220200':
    case '20230200':
      return { type: 'double-long-unsigned', value: number } as const
    case '20240200':
    case '33000200':
      return none
    default:
      return answerOf(meter, oad, ms)
  }
}

/** Null where the device has no such table, or does not select rows so. */
function selected(
  meter: SimulatedMeter,
  query: RecordQuery,
  nowMs: number,
): readonly Kept[] | null {
  const all = tableOf(meter, query.object.slice(0, 4), nowMs)
  const { rows } = query
  if (!all || query.object.slice(4, 6) !== '02') return null
  switch (rows.kind) {
    case 'all':
      return all().toReversed()
    case 'nthLast': {
      const found = all()[rows.value - 1]
      return found ? [found] : []
    }
    case 'equal': {
      const at = momentIn(meter, rows.value.value)
      return all().filter(({ ms }) => at !== null && Math.abs(ms - at) < 1_000)
    }
    case 'between': {
      const { from, to } = rows.value
      const first = momentIn(meter, from)
      const end = momentIn(meter, to)
      if (first === null || end === null) return null
      // Walls have whole seconds: a row may be a fraction of one before the moment asked for.
      const inside = ({ ms }: Kept) => ms >= first - 999 && ms < end - 999
      return all().filter(inside).toReversed()
    }
    default:
      return null
  }
}

function momentIn(meter: SimulatedMeter, value: Dlt698Data): number | null {
  const time = timeOf(value)
  return time ? meter.clock.momentOfWall(time) : null
}

/** What a table keeps, the latest first. */
function tableOf(
  meter: SimulatedMeter,
  object: string,
  nowMs: number,
): (() => readonly Kept[]) | null {
  switch (object) {
    case '5002':
      return () => slots(meter, nowMs, SLOT_MS)
    case '5003':
      return () => slots(meter, nowMs, HOUR_MS)
    case '5004':
      return () => counted(DAYS_KEPT, (nth) => meter.dailyFreeze(nth, nowMs)?.ms)
    case '5005':
    case '5006':
      return () => counted(MONTHS_KEPT, (nth) => meter.settlement(nth - 1, nowMs)?.ms)
    case '301F':
      return () =>
        numbered(meter.supply.since(0, nowMs).map(({ fromMs }) => ({ ms: fromMs, endMs: null })))
    case '3020':
      return () =>
        numbered(
          meter.supply
            .since(0, nowMs)
            .flatMap(({ toMs }) => (toMs === null ? [] : [{ ms: toMs, endMs: null }])),
        )
    case '3012':
      return () => numbered(meter.book.programmings().map(({ ms }) => ({ ms, endMs: null })))
    case '3016':
      return () =>
        numbered(
          meter.clock.settings.map(({ fromMs }) => ({ ms: fromMs, endMs: null })).toReversed(),
        )
    default:
      return null
  }
}

function slots(meter: SimulatedMeter, nowMs: number, everyMs: number): readonly Kept[] {
  const kept = meter.profileAfter(nowMs - DAYS_KEPT * DAY_MS, nowMs, DAYS_KEPT * 96)
  const whole = kept.filter(({ shownMs }) => shownMs % everyMs === 0)
  return numbered(whole.map(({ ms }) => ({ ms, endMs: null })).toReversed())
}

function counted(most: number, at: (nth: number) => number | undefined): readonly Kept[] {
  const moments = Array.from({ length: most }, (_, index) => at(index + 1))
  return numbered(moments.flatMap((ms) => (ms === undefined ? [] : [{ ms, endMs: null }])))
}

function numbered(moments: readonly Omit<Kept, 'number'>[]): readonly Kept[] {
  return moments.map((one, index) => ({ ...one, number: moments.length - index }))
}
