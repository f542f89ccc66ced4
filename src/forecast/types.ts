import type { BusinessDate } from '#src/core'

/** Hours of a civil day by the wall clock; the hour that a clock change skips is missing. */
export const HOURS = 24

/** Days between the last one known and the one to come: tomorrow's is made from yesterday. */
export const LEAD = 2

/** Errors are told, and methods judged, over so many past days. */
export const SCORED_DAYS = 28

/** What sets a day's shape: a day of work, a day of rest, or a holiday (节假日). */
export type DayKind = 'work' | 'rest' | 'holiday'

/** One civil day of a load: mean kW by hour, missing where not every interval is known. */
export interface LoadDay {
  readonly date: BusinessDate
  readonly kind: DayKind
  readonly hours: readonly (number | null)[]
  /** Mean of the day's temperature in °C, measured or, for a day to come, forecast. */
  readonly temperature: number | null
}

/** The day to forecast: everything that is known of it before it begins. */
export type ComingDay = Omit<LoadDay, 'hours'>

export const targetKinds = ['all', 'region', 'feeder', 'area', 'group'] as const
export type TargetKind = (typeof targetKinds)[number]

/** Whose load is forecast: `key` is the id of a node or of an own group, or `all`. */
export interface Target {
  readonly kind: TargetKind
  readonly key: string
}

export const methodNames = ['naive', 'weekday', 'shape', 'regression', 'blend'] as const
/**
 * `naive`: the same hour a week before (seasonal naive); `weekday`: mean of the last days of the
 * kind; `shape`: their shape at the level of the last days; `regression`: on lags, kind of day and
 * temperature; `blend`: the mean of the last three.
 */
export type MethodName = (typeof methodNames)[number]

export interface MethodScore {
  readonly method: MethodName
  /** Mean absolute error in kW over the hours of the days tried. */
  readonly mae: number
  /** Sum of the absolute errors over the sum of the load; null where there was no load. */
  readonly wape: number | null
}

export interface DayForecast {
  readonly method: MethodName
  readonly hours: readonly number[]
  /** What the naive method says, to compare with. */
  readonly naive: readonly number[]
  /** What nine of ten past errors would not have passed, downwards and upwards. */
  readonly low: readonly number[]
  readonly high: readonly number[]
  /** Every method that could be tried on the same past days, the best first. */
  readonly scores: readonly MethodScore[]
}
