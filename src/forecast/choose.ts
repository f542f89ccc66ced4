import { type Forecaster, forecasterFrom, type History, isStrange } from './methods.ts'
import {
  type ComingDay,
  type DayForecast,
  HOURS,
  LEAD,
  type LoadDay,
  type MethodName,
  type MethodScore,
  methodNames,
} from './types.ts'

/** Past days on which every method is tried as if they were still to come. */
const TRIED_DAYS = 28
/** What was learned serves so many days: as old as it would be if people looked once a week. */
const RELEARNED_DAYS = 7
/** Fewer tried days say nothing. */
const TRIED_MIN = 7
/** Share of past errors inside the band, each side. */
const BAND = 0.9

/**
 * The coming day by the method that would have been best on the last weeks, each tried with what
 * was known then. A method that does not beat the naive one is not taken. Undefined where not even
 * last week is known.
 */
export function forecastDay(days: readonly LoadDay[], day: ComingDay): DayForecast | undefined {
  const history = { days, count: days.length }
  const hasTemperature = day.temperature !== null
  const trials = tryOut(history, hasTemperature)
  const scores = trials.length < TRIED_MIN ? [] : scoresOf(trials)
  const ranked = [...scores.map(({ method }) => method), 'naive' as const]
  const all = forecasterFrom(history, hasTemperature)(history, day)
  const naive = all.get('naive')
  if (naive === undefined) return undefined
  const trusted = isStrange(history, day) ? ranked.filter((method) => !leaning.has(method)) : ranked
  const least = leastOf(days)
  const above = (values: readonly number[]) => values.map((value) => Math.max(least, value))
  for (const method of trusted) {
    const said = all.get(method)
    if (said === undefined) continue
    const hours = above(said)
    const { low, high } = bandOf(hours, trials, method)
    return { method, hours, naive, low: above(low), high: above(high), scores }
  }
  return undefined
}

/** Methods that lean on what the weekday was last week. */
const leaning: ReadonlySet<MethodName> = new Set(['regression', 'blend'])

/** A load that was never below nothing will not be. */
const leastOf = (days: readonly LoadDay[]): number =>
  days.some(({ hours }) => hours.some((value) => value !== null && value < 0)) ? -Infinity : 0

interface Trial {
  readonly day: LoadDay
  readonly by: ReadonlyMap<MethodName, readonly number[]>
}

function tryOut({ days, count }: History, hasTemperature: boolean): Trial[] {
  const trials: Trial[] = []
  const first = Math.max(LEAD, count - TRIED_DAYS)
  let forecaster: Forecaster | undefined
  for (let index = first; index < count; index += 1) {
    const day = days[index]
    if (day === undefined) continue
    const known = { days, count: index - LEAD + 1 }
    if (forecaster === undefined || (index - first) % RELEARNED_DAYS === 0) {
      forecaster = forecasterFrom(known, hasTemperature)
    }
    const by = forecaster(known, day)
    if (by.has('naive')) trials.push({ day, by })
  }
  return trials
}

/** Best first; only methods that could be tried on every day that the naive one could. */
function scoresOf(trials: readonly Trial[]): readonly MethodScore[] {
  const scores: MethodScore[] = []
  for (const method of methodNames) {
    if (!trials.every(({ by }) => by.has(method))) continue
    let [error, load, hours] = [0, 0, 0]
    for (const { day, by } of trials) {
      for (const [hour, value] of day.hours.entries()) {
        if (value === null) continue
        error += Math.abs(value - (by.get(method)?.[hour] ?? 0))
        load += Math.abs(value)
        hours += 1
      }
    }
    if (hours > 0) scores.push({ method, mae: error / hours, wape: load > 0 ? error / load : null })
  }
  // The naive one stands first among equals: what is not better is not taken.
  return scores.sort((a, b) => a.mae - b.mae)
}

function bandOf(
  hours: readonly number[],
  trials: readonly Trial[],
  method: MethodName,
): Pick<DayForecast, 'low' | 'high'> {
  const errors = Array.from({ length: HOURS }, (_, hour) =>
    // Neighbouring hours err alike, and a month has too few days for an hour alone.
    trials.flatMap(({ day, by }) =>
      [hour - 1, hour, hour + 1].flatMap((near) => {
        const [was, said] = [day.hours[near], by.get(method)?.[near]]
        return typeof was === 'number' && said !== undefined ? [was - said] : []
      }),
    ),
  )
  const shifted = (share: number) =>
    hours.map((value, hour) => value + quantile(errors[hour] ?? [], share))
  return { low: shifted(1 - BAND), high: shifted(BAND) }
}

function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
