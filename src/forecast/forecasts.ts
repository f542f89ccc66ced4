import type { BusinessDate, CivilTime, Clock, Instant } from '#src/core'
import { hours, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import {
  type CalendarDay,
  selectCalendar,
  type Temperature,
  upsertCalendar,
  upsertTemperatures,
} from './calendar-queries.ts'
import { selectForecast, selectKey, selectScores } from './queries.ts'
import { HOURS, SCORED_DAYS, type TargetKind } from './types.ts'

export interface ForecastHour {
  readonly start: Instant
  readonly end: Instant
  /** Mean power in W; what nine of ten past errors would not have passed, down and up. */
  readonly watts: bigint
  readonly low: bigint
  readonly high: bigint
  readonly naive: bigint
  /** What came; null while it is not known. */
  readonly actual: bigint | null
}

/** How far off forecasts were over the last days, beside the same hour a week before. */
export interface ForecastError {
  readonly days: number
  /** Sum of the absolute errors over the sum of the load, in ten-thousandths; null without load. */
  readonly share: number | null
  readonly naiveShare: number | null
}

export interface ForecastOfDay {
  readonly kind: TargetKind
  readonly name: string
  readonly date: BusinessDate
  readonly madeAt: Instant
  readonly method: string
  /** The method that would have been shown, had it not lost to the naive one of late. */
  readonly bestMethod: string
  readonly error: ForecastError
  readonly hours: readonly ForecastHour[]
}

export interface TargetScore {
  readonly kind: TargetKind
  readonly key: string
  readonly name: string
  readonly method: string | null
  readonly error: ForecastError
}

/** Forecasts of load (负荷预测) as they are read, and what people enter for them. */
export interface Forecasts {
  /** Undefined where there is no such target, null where there is no forecast of it. */
  day(kind: TargetKind, name: string, date: BusinessDate): Promise<ForecastOfDay | null | undefined>
  scores(
    kind: TargetKind | null,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly items: readonly TargetScore[]; readonly next: number | null }>
  calendar(from: BusinessDate, to: BusinessDate): Promise<readonly CalendarDay[]>
  setCalendar(days: readonly CalendarDay[], also: (tx: Db) => Promise<void>): Promise<void>
  /** Codes of regions that are unknown; with one of them nothing is written. */
  setTemperatures(
    rows: readonly Temperature[],
    also: (tx: Db) => Promise<void>,
  ): Promise<readonly string[]>
}

export function createForecasts(db: Database, civil: CivilTime, clock: Clock): Forecasts {
  const scoredFrom = () => civil.addDays(civil.dateOf(clock.now()), -SCORED_DAYS)
  return {
    async day(kind, name, date) {
      const key = await selectKey(db, kind, name)
      if (key === undefined) return undefined
      const found = await selectForecast(db, { kind, key }, date)
      if (found === undefined) return null
      const page = { offset: 0, limit: 1 }
      const [score] = await selectScores(db, scoredFrom(), { kind, key }, page)
      const hoursOfDay = hoursOf(civil, date).map(({ start, end, hour }) => ({
        ...{ start, end },
        watts: found.hours[hour] ?? 0n,
        low: found.low[hour] ?? 0n,
        high: found.high[hour] ?? 0n,
        naive: found.naive[hour] ?? 0n,
        actual: found.actual?.[hour] ?? null,
      }))
      const { made_at: madeAt, method, best_method: bestMethod } = found
      const error = errorOf(score)
      return { kind, name, date, madeAt, method, bestMethod, error, hours: hoursOfDay }
    },
    async scores(kind, { offset, limit }) {
      const page = { offset, limit: limit + 1 }
      const rows = await selectScores(db, scoredFrom(), { kind, key: null }, page)
      return {
        items: rows.slice(0, limit).map((row) => {
          return {
            kind: row.kind,
            key: row.key,
            name: row.name,
            method: row.method,
            error: errorOf(row),
          }
        }),
        next: rows.length > limit ? offset + limit : null,
      }
    },
    calendar: (from, to) => selectCalendar(db, from, to),
    async setCalendar(days, also) {
      await db.transaction(async (tx) => {
        await upsertCalendar(tx, days)
        await also(tx)
      })
    },
    setTemperatures: (rows, also) =>
      db.transaction(async (tx) => {
        const unknown = await upsertTemperatures(tx, rows)
        if (unknown.length === 0) await also(tx)
        return unknown
      }),
  }
}

/** The hours of a civil day, 23 to 25 of them, each with its hour by the wall clock. */
function hoursOf(civil: CivilTime, date: BusinessDate) {
  const [start, end] = [civil.startOf(date), civil.startOf(civil.addDays(date, 1))]
  const found: { start: Instant; end: Instant; hour: number }[] = []
  for (let at = start; at < end; ) {
    const next = instant(Math.min(at + hours(1), end))
    found.push({ start: at, end: next, hour: Math.min(civil.toWall(at).hour, HOURS - 1) })
    at = next
  }
  return found
}

function errorOf(
  score:
    | {
        readonly days: number
        readonly load: bigint
        readonly error: bigint
        readonly naive_error: bigint
      }
    | undefined,
): ForecastError {
  if (score === undefined) return { days: 0, share: null, naiveShare: null }
  const { days, load, error, naive_error } = score
  const share = (part: bigint) => (load === 0n ? null : Number((part * 10_000n) / load))
  return { days, share: share(error), naiveShare: share(naive_error) }
}
