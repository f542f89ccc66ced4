import { toHex } from '#protocols/bytes'
import {
  attributesOf,
  type Dlt698Data,
  moment,
  type RecordQuery,
  type RecordResult,
  timeOf,
} from '#protocols/dlt698'
import { DAYS_KEPT, type SimulatedMeter } from '#simulators/meter'
import { tsaOf } from './dlt698-archive.ts'
import { filled, refused } from './dlt698-rows.ts'
import { type Answered, answerOf, dars } from './dlt698-values.ts'

/** The freeze of a day that a task read of a meter. */
interface Collected {
  readonly meter: SimulatedMeter
  readonly ms: number
}

/** A task begins so long after midnight, and has a meter's answer so much later. */
const STARTED_MS = 300_000
const SUCCEEDED_MS = 302_000

/**
 * What the task of daily freezes collected of the meters (任务数据), under the midnight of the day,
 * meter by meter and the latest first; of freezes up to a moment.
 */
export function collected(
  meters: readonly SimulatedMeter[],
  query: RecordQuery,
  nowMs: number,
  untilMs: number,
): RecordResult {
  const rows = selected(meters, query, nowMs)?.filter(({ ms }) => ms <= untilMs) ?? null
  if (rows === null) return refused(query, dars.undefinedObject)
  const oads = attributesOf(query.columns)
  return filled(
    query,
    rows.map((row) => oads.map((oad) => cellOf(row, oad))),
  )
}

function cellOf({ meter, ms }: Collected, oad: string): Answered {
  const at = (afterMs: number) => moment(meter.clock.wallAt(ms + afterMs))
  switch (oad) {
    case '40010200':
    case '202A0200':
      return tsaOf(meter.spec.address)
    case '60400200':
      return at(STARTED_MS)
    case '60410200':
      return at(SUCCEEDED_MS)
    case '60420200':
    case '20210200':
      return at(0)
    default:
      return answerOf(meter, oad, ms)
  }
}

/** Null for what is not selected so. */
function selected(
  meters: readonly SimulatedMeter[],
  { rows }: RecordQuery,
  nowMs: number,
): readonly Collected[] | null {
  switch (rows.kind) {
    case 'lastOfMeters': {
      const { count } = rows.value
      return of(meters, rows.value.meters)?.flatMap((meter) => freezes(meter, count, nowMs)) ?? null
    }
    case 'storedAt': {
      const time = timeOf(moment(rows.value.time))
      const isThen = ({ meter, ms }: Collected) => time && meter.clock.momentOfWall(time) === ms
      return all(meters, rows.value.meters, nowMs)?.filter(isThen) ?? null
    }
    case 'storedBetween': {
      const [from, to] = [rows.value.from, rows.value.to].map((time) => timeOf(moment(time)))
      if (!from || !to) return null
      const isThen = ({ meter: { clock }, ms }: Collected) =>
        ms >= clock.momentOfWall(from) && ms < clock.momentOfWall(to)
      return all(meters, rows.value.meters, nowMs)?.filter(isThen) ?? null
    }
    default:
      return null
  }
}

type Rows = RecordQuery['rows']
type Meters = Extract<Rows, { readonly kind: 'lastOfMeters' }>['value']['meters']

function all(
  meters: readonly SimulatedMeter[],
  wanted: Meters,
  nowMs: number,
): readonly Collected[] | null {
  return of(meters, wanted)?.flatMap((meter) => freezes(meter, DAYS_KEPT, nowMs)) ?? null
}

function of(meters: readonly SimulatedMeter[], wanted: Meters): readonly SimulatedMeter[] | null {
  switch (wanted.kind) {
    case 'none':
      return []
    case 'all':
      return meters
    case 'addresses': {
      const asked = new Set(wanted.value.map((tsa) => toHex(tsa)))
      return meters.filter(({ spec }) => asked.has(toHex(tsaBytes(tsaOf(spec.address)))))
    }
    case 'numbers':
      return meters.filter((_, index) => wanted.value.includes(index + 1))
    default:
      return null
  }
}

function tsaBytes(tsa: Dlt698Data): Uint8Array {
  return 'bytes' in tsa ? tsa.bytes : new Uint8Array(0)
}

function freezes(meter: SimulatedMeter, count: number, nowMs: number): readonly Collected[] {
  return Array.from({ length: count }, (_, nth) => meter.dailyFreeze(nth + 1, nowMs)?.ms).flatMap(
    (ms) => (ms === undefined ? [] : [{ meter, ms }]),
  )
}
