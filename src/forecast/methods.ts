import { ridge } from './ridge.ts'
import { type ComingDay, HOURS, LEAD, type LoadDay, type MethodName } from './types.ts'

/**
 * The first `count` of some days, oldest first and without a hole in the dates. A forecast for
 * tomorrow is made today, so it knows the days through yesterday: the day to come stands two places
 * behind the last one known.
 */
export interface History {
  readonly days: readonly LoadDay[]
  readonly count: number
}

const WEEK = 7
/** Days of a kind that a mean takes. */
const SAME_DAYS = 4
/** A day's weight falls to half at each older one of the kind. */
const FADING = 0.75
/** Days that a level rests on. */
const LEVEL_DAYS = 3
/** Days that a regression learns from: a season, so that last winter does not teach summer. */
const LEARNED_DAYS = 84
const LEARNED_MIN = 28
const PENALTY = 0.02
/** Heating below, cooling above, in °C (degree days). */
const HEATING = 16
const COOLING = 22

type Method = (history: History, day: ComingDay) => readonly number[] | undefined

/** How many days before the one to come a day of the history lies. */
const distance = ({ count }: History, index: number) => count - 1 - index + LEAD

const naive: Method = (history) => {
  return hourly((hour) => {
    for (let index = history.count - 1; index >= 0; index -= 1) {
      const value = history.days[index]?.hours[hour]
      if (distance(history, index) % WEEK === 0 && typeof value === 'number') return value
    }
    return undefined
  })
}

const weekday: Method = (history, day) => {
  const days = alike(history, day)
  return hourly((hour) => fadingMean(days.map(({ hours }) => hours[hour] ?? null)))
}

const shape: Method = (history, day) => {
  const usual = weekday(history, day)
  if (usual === undefined) return undefined
  const ratios: number[] = []
  for (let index = history.count - 1; index >= LEAD && ratios.length < LEVEL_DAYS; index -= 1) {
    const past = history.days[index]
    if (past === undefined) continue
    const expected = weekday({ days: history.days, count: index - LEAD + 1 }, past)
    const ratio = expected && ratioOf(past.hours, expected)
    if (ratio !== undefined) ratios.push(ratio)
  }
  if (ratios.length === 0) return undefined
  const level = ratios.reduce((total, ratio) => total + ratio, 0) / ratios.length
  // A single odd day should not double a forecast.
  return usual.map((value) => value * Math.min(1.5, Math.max(0.5, level)))
}

/** Fewer odd days of a kind teach nothing of the next one. */
const ODD_MIN = 3

/**
 * Whether a day is of another kind than that weekday was a week before, as a holiday is, or a day of
 * rest that is worked (调休), and too few like it are known: what leans on last week knows nothing
 * of it, however good it is on other days.
 */
export function isStrange(history: History, day: ComingDay): boolean {
  const isOdd = (kind: LoadDay['kind'], index: number) => {
    const before = history.days[index - WEEK]
    return before !== undefined && before.kind !== kind
  }
  if (!isOdd(day.kind, history.count - 1 + LEAD)) return false
  let known = 0
  for (
    let index = Math.max(WEEK, history.count - LEARNED_DAYS);
    index < history.count;
    index += 1
  ) {
    const past = history.days[index]
    if (past !== undefined && past.kind === day.kind && isOdd(past.kind, index)) known += 1
  }
  return known < ODD_MIN
}

/** What a regression has learned from a history; it may be asked of later days too. */
function regressionFrom({ days, count }: History, hasTemperature: boolean): Method {
  const first = Math.max(WEEK * 2, count - LEARNED_DAYS)
  const hours = Array.from({ length: HOURS }, (_, hour) => {
    const rows: number[][] = []
    const targets: number[] = []
    for (let index = first; index < count; index += 1) {
      const past = days[index]
      const value = past?.hours[hour]
      if (past === undefined || typeof value !== 'number') continue
      const row = featuresOf({ days, count: index - LEAD + 1 }, past, hour, hasTemperature)
      if (row === undefined) continue
      rows.push(row)
      targets.push(value)
    }
    const predict = rows.length < LEARNED_MIN ? undefined : ridge(rows, targets, PENALTY)
    const [least, most] = [Math.min(...targets), Math.max(...targets)]
    // Not beyond what the load has ever been by more than a quarter of its range.
    const room = (most - least) / 4
    return predict && { predict, least: least - room, most: most + room }
  })
  return (history, day) =>
    hourly((hour) => {
      const row = featuresOf(history, day, hour, hasTemperature)
      const model = hours[hour]
      if (row === undefined || model === undefined) return undefined
      return Math.min(model.most, Math.max(model.least, model.predict(row)))
    })
}

/** All methods' hours for a day, by what was learned from a history; absent where one cannot. */
export type Forecaster = (
  history: History,
  day: ComingDay,
) => ReadonlyMap<MethodName, readonly number[]>

export function forecasterFrom(history: History, hasTemperature: boolean): Forecaster {
  const single = { naive, weekday, shape, regression: regressionFrom(history, hasTemperature) }
  return (known, day) => {
    const all = new Map<MethodName, readonly number[]>()
    for (const name of ['naive', 'weekday', 'shape', 'regression'] as const) {
      // On a strange day the shape stands in for what it would mislead.
      const isMisled = name === 'regression' && isStrange(known, day)
      const hours = isMisled ? all.get('shape') : single[name](known, day)
      if (hours !== undefined) all.set(name, hours)
    }
    const parts = blended.flatMap((name) => all.get(name) ?? [])
    if (parts.length >= 2 * HOURS) {
      const count = parts.length / HOURS
      const sums = Array.from({ length: HOURS }, (_, hour) =>
        blended.reduce((sum, name) => sum + (all.get(name)?.[hour] ?? 0), 0),
      )
      all.set(
        'blend',
        sums.map((sum) => sum / count),
      )
    }
    return all
  }
}

const blended = ['weekday', 'shape', 'regression'] as const

/** The last days of the same weekday and kind; of a holiday, the last holidays and days of rest. */
function alike(history: History, day: ComingDay): readonly LoadDay[] {
  const found: LoadDay[] = []
  const take = (isAlike: (past: LoadDay, index: number) => boolean) => {
    for (let index = history.count - 1; index >= 0 && found.length < SAME_DAYS; index -= 1) {
      const past = history.days[index]
      if (past !== undefined && !found.includes(past) && isAlike(past, index)) found.push(past)
    }
  }
  if (day.kind === 'holiday') take(({ kind }) => kind === 'holiday')
  else {
    take(({ kind }, index) => kind === day.kind && distance(history, index) % WEEK === 0)
    take(({ kind }, index) => kind === day.kind && distance(history, index) <= SAME_DAYS * WEEK)
  }
  if (day.kind !== 'work') take(({ kind }) => kind !== 'work')
  return found
}

function featuresOf(
  { days, count }: History,
  { kind, temperature }: ComingDay,
  hour: number,
  hasTemperature: boolean,
): number[] | undefined {
  const at = (back: number) => days[count - 1 - (back - LEAD)]?.hours[hour] ?? undefined
  const [latest, week, fortnight] = [at(LEAD), at(WEEK), at(2 * WEEK)]
  if (latest === undefined || week === undefined || fortnight === undefined) return undefined
  const recent = [LEAD, LEAD + 1, LEAD + 2, LEAD + 3, LEAD + 4, LEAD + 5, LEAD + 6]
    .map(at)
    .filter((value) => value !== undefined)
  const mean = recent.reduce((sum, value) => sum + value, 0) / recent.length
  const last = days[count - 1]
  const level = levelOf(last)
  if (level === undefined) return undefined
  const lags = [1, latest, week, fortnight, mean, level]
  const kinds = [kind === 'rest' ? 1 : 0, kind === 'holiday' ? 1 : 0]
  if (!hasTemperature) return [...lags, ...kinds]
  if (temperature === null) return undefined
  const before = last?.temperature ?? temperature
  return [
    ...lags,
    ...kinds,
    Math.max(0, HEATING - temperature),
    Math.max(0, temperature - COOLING),
    temperature - before,
  ]
}

function levelOf(day: LoadDay | undefined): number | undefined {
  const known = day?.hours.filter((value) => value !== null) ?? []
  if (known.length < HOURS / 2) return undefined
  return known.reduce((sum, value) => sum + value, 0) / known.length
}

function ratioOf(
  hours: readonly (number | null)[],
  expected: readonly number[],
): number | undefined {
  let [was, usual] = [0, 0]
  for (const [hour, value] of hours.entries()) {
    if (value === null) continue
    was += value
    usual += expected[hour] ?? 0
  }
  return usual > 0 && was >= 0 ? was / usual : undefined
}

/** Newest first. */
function fadingMean(values: readonly (number | null)[]): number | undefined {
  let [sum, weights, weight] = [0, 0, 1]
  for (const value of values) {
    if (value !== null) {
      sum += value * weight
      weights += weight
    }
    weight *= FADING
  }
  return weights > 0 ? sum / weights : undefined
}

/** A value for every hour, or nothing. */
function hourly(of: (hour: number) => number | undefined): readonly number[] | undefined {
  const hours: number[] = []
  for (let hour = 0; hour < HOURS; hour += 1) {
    const value = of(hour)
    if (value === undefined) return undefined
    hours.push(value)
  }
  return hours
}
