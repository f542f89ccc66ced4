import type { BusinessDate, CivilTime, Clock } from '#src/core'
import type { Database } from '#src/db'
import { settledChange } from '#src/metering'
import { calendarOf, historyOf } from './calendar.ts'
import { selectCalendar, selectTemperatures } from './calendar-queries.ts'
import {
  insertForecasts,
  makeSeries,
  noteChangedDays,
  type StoredForecast,
  scoreDay,
  selectDueDay,
  selectTargetsWithout,
  type TargetHistory,
} from './queries.ts'
import type { Thinker } from './thinker.ts'
import { type DayForecast, LEAD, SCORED_DAYS, type Target } from './types.ts'

/** Changes of one look, targets of one question. */
const CHANGES_MAX = 50_000
const TARGETS_MAX = 50
/** Two months of learning, the lags of the oldest day, and the weeks on which methods are tried. */
const HISTORY_DAYS = 140
/** Fewer scored days do not take a method out. */
const SCORED_MIN = 7

/** Keeps series and scores true to what is known, and makes tomorrow's forecasts. */
export interface ForecastFollower {
  /** Does everything that can be done now; resolves with how many forecasts it made. */
  follow(signal?: AbortSignal): Promise<number>
}

export function createForecastFollower(
  db: Database,
  { civil, clock, thinker }: { civil: CivilTime; clock: Clock; thinker: Thinker },
): ForecastFollower {
  /** True while there is more to do. */
  const seriesTurn = (today: BusinessDate) =>
    db.transaction(async (tx) => {
      const date = await selectDueDay(tx, today)
      if (date === null) return false
      const [start, end] = [civil.startOf(date), civil.startOf(civil.addDays(date, 1))]
      await makeSeries(tx, civil.zone, { date, start, end })
      await scoreDay(tx, date)
      return true
    })

  async function forecastTurn(
    today: BusinessDate,
    after: Target | null,
  ): Promise<{ made: number; last: Target | null }> {
    const date = civil.addDays(today, 1)
    const last = civil.addDays(date, -LEAD)
    const first = civil.addDays(last, -HISTORY_DAYS)
    const scoredFrom = civil.addDays(today, -SCORED_DAYS)
    const days = { date, last, first }
    const targets = await selectTargetsWithout(db, days, scoredFrom, after, TARGETS_MAX)
    if (targets.length === 0) return { made: 0, last: null }
    const calendar = calendarOf(
      civil,
      await selectCalendar(db, first, date),
      await selectTemperatures(db, first, date),
    )
    const answers = await thinker.forecast(
      targets.map(({ region_id, dates, watts }) => ({
        days: historyOf(civil, calendar, region_id, dates, watts),
        day: calendar.day(date, region_id),
      })),
    )
    const rows = targets.flatMap((target, index) => {
      const answer = answers[index]
      return answer ? [{ ...storedOf(target, answer), date, made_at: clock.now() }] : []
    })
    if (rows.length > 0) await insertForecasts(db, rows)
    return { made: rows.length, last: targets.at(-1) ?? null }
  }

  return {
    async follow(signal) {
      const today = civil.dateOf(clock.now())
      const goesOn = () => signal?.aborted !== true
      const to = await db.transaction((tx) => settledChange(tx, 'usage_change'))
      while (goesOn() && (await db.transaction((tx) => noteChangedDays(tx, to, CHANGES_MAX)))) {}
      while (goesOn() && (await seriesTurn(today))) {}
      let made = 0
      let after: Target | null = null
      while (goesOn()) {
        const turn: Awaited<ReturnType<typeof forecastTurn>> = await forecastTurn(today, after)
        made += turn.made
        after = turn.last
        if (after === null) break
      }
      return made
    },
  }
}

/** In W; the naive one in place of a method that lost to it over the last days. */
function storedOf(
  { kind, key, best_error, naive_error, scored }: TargetHistory,
  { method, hours, low, high, naive }: DayForecast,
): Omit<StoredForecast, 'date' | 'made_at'> {
  const hasLost = scored >= SCORED_MIN && (best_error ?? 0n) >= (naive_error ?? 0n)
  const shown = hasLost && method !== 'naive' ? 'naive' : method
  // The band keeps its width around whatever is shown.
  const [low_, high_] = [low, high].map((edge) =>
    edge.map((value, hour) =>
      shown === method ? value : value - at(hours, hour) + at(naive, hour),
    ),
  )
  return {
    ...{ kind, key, method: shown, best_method: method },
    hours: watts(shown === method ? hours : naive),
    low: watts(low_ ?? low),
    high: watts(high_ ?? high),
    best: watts(hours),
    naive: watts(naive),
  }
}

const at = (values: readonly number[], index: number) => values[index] ?? 0
const watts = (kilowatts: readonly number[]) =>
  kilowatts.map((value) => BigInt(Math.round(value * 1000)))
