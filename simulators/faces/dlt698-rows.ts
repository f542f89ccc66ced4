import {
  attributesOf,
  type Dlt698Data,
  moment,
  type RecordQuery,
  type RecordResult,
  type Row,
  timeOf,
} from '#protocols/dlt698'
import {
  DAYS_KEPT,
  type IncidentKind,
  type MeterClock,
  type SimulatedMeter,
} from '#simulators/meter'
import { type Answered, answerOf, dars } from './dlt698-values.ts'

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
  const table = tableOf(meter, query.object.slice(0, 4), nowMs)
  if (!table || query.object.slice(4, 6) !== '02') return refused(query, dars.undefinedObject)
  return tableRows(meter.clock, table, query, (oad, row) => {
    return cellOf(meter.clock, oad, row) ?? answerOf(meter, oad, row.ms)
  })
}

/** Rows of a table of events, of which a device keeps only when they were. */
export function eventRows(
  clock: Clock,
  events: readonly Omit<Kept, 'number'>[],
  query: RecordQuery,
): RecordResult {
  const table = () => numbered(events)
  return tableRows(clock, table, query, (oad, row) => {
    return cellOf(clock, oad, row) ?? dars.undefinedObject
  })
}

export function refused({ object, columns }: RecordQuery, dar: number): RecordResult {
  return { object, columns, result: { kind: 'dar', value: dar } }
}

type Clock = Pick<MeterClock, 'wallAt' | 'momentOfWall'>

function tableRows(
  clock: Clock,
  table: () => readonly Kept[],
  query: RecordQuery,
  cell: (oad: string, row: Kept) => Answered,
): RecordResult {
  const kept = selected(clock, table, query)
  if (kept === null) return refused(query, dars.undefinedObject)
  const oads = attributesOf(query.columns)
  return filled(
    query,
    kept.slice(0, ROWS_MAX).map((row) => oads.map((oad) => cell(oad, row))),
  )
}

/** Rows of which every cell is there; else the word for the first that is not. */
export function filled(query: RecordQuery, rows: readonly (readonly Answered[])[]): RecordResult {
  const full: Row[] = []
  for (const row of rows) {
    const missing = row.find((cell) => typeof cell === 'number')
    if (typeof missing === 'number') return refused(query, missing)
    full.push(row.filter((cell) => typeof cell !== 'number'))
  }
  const { object, columns } = query
  return { object, columns, result: { kind: 'rows', value: full } }
}

/** What a row itself tells; undefined for what was kept with it. */
function cellOf(clock: Clock, oad: string, { ms, endMs, number }: Kept): Dlt698Data | undefined {
  switch (oad) {
    case '20210200':
    case '201E0200':
      return moment(clock.wallAt(ms))
    case '20200200':
      return endMs === null ? none : moment(clock.wallAt(endMs))
    case '20220200':
    case '20230200':
      return { type: 'double-long-unsigned', value: number }
    case '20240200':
    case '33000200':
      return none
    default:
      return undefined
  }
}

/** Null where the device does not select rows so. */
function selected(
  clock: Clock,
  all: () => readonly Kept[],
  { rows }: RecordQuery,
): readonly Kept[] | null {
  switch (rows.kind) {
    case 'all':
      return all().toReversed()
    case 'nthLast': {
      const found = all()[rows.value - 1]
      return found ? [found] : []
    }
    case 'equal': {
      const at = momentIn(clock, rows.value.value)
      return all().filter(({ ms }) => at !== null && Math.abs(ms - at) < 1_000)
    }
    case 'between': {
      const { from, to } = rows.value
      const first = momentIn(clock, from)
      const end = momentIn(clock, to)
      if (first === null || end === null) return null
      // Walls have whole seconds: a row may be a fraction of one before the moment asked for.
      const inside = ({ ms }: Kept) => ms >= first - 999 && ms < end - 999
      return all().filter(inside).toReversed()
    }
    default:
      return null
  }
}

function momentIn(clock: Clock, value: Dlt698Data): number | null {
  const time = timeOf(value)
  return time ? clock.momentOfWall(time) : null
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
    case '3011':
      return () => numbered(incidents(meter, 'power-failure'))
    case '301B':
      return () => numbered(incidents(meter, 'cover-open'))
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

function incidents(meter: SimulatedMeter, kind: IncidentKind) {
  return meter.book.incidents(kind).map(({ fromMs, toMs }) => ({ ms: fromMs, endMs: toMs }))
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
