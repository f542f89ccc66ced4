/**
 * What a theft of a meter would add to its area's loss, hour by hour, if it began on a day. Fitting
 * them to the loss tells who explains it: households differ from hour to hour, and no two alike.
 *
 * - share: a part passes by the meter, or it counts too little: a multiple of what is still metered;
 * - shift: its clock is wrong: what it meters stands at other hours;
 * - fall: the meter shows something else: what was usual less what is metered;
 * - hours: a part passes by at some hours of the day: what fell at them against what was usual.
 */
export type Manner = 'share' | 'shift' | 'fall' | 'hours'

export interface Template {
  readonly manner: Manner
  /** Hours that the meter's clock is off; 0 unless it is a shift. */
  readonly shiftHours: number
  /** First of the hours of the day, and how many; all of them unless it is hours. */
  readonly fromHour: number
  readonly lastsHours: number
  readonly sinceDay: number
}

export interface AreaHours {
  readonly days: number
  /** Civil days of the week, 0 Sunday. */
  readonly weekdays: readonly number[]
  /** kWh not accounted for, by hour; NaN where it is not known. */
  readonly loss: Float64Array
  /** By meter: kWh as metered, by hour; NaN where it is not known. */
  readonly usage: readonly Float64Array[]
}

export const HOURS = 24
/** Hours of two kinds of days: of work, and at weekends. */
export const SLOTS = 2 * HOURS
/** Days before a change that its usual profile needs, and after it. */
export const BEFORE_MIN = 7
export const AFTER_MIN = 5

/** The bounds of what a template's coefficient may be. */
export const bounds: Readonly<Record<Manner, readonly [number, number]>> = {
  // Of what is still metered: a twentieth, or twenty times as much, is missing.
  share: [0.06, 20],
  shift: [0.6, 1.4],
  fall: [0.35, 1.8],
  hours: [0.35, 1.8],
}

/** Windows of hours of the day. */
export const windows: readonly { readonly fromHour: number; readonly lastsHours: number }[] =
  Array.from({ length: HOURS }, (_, fromHour) => fromHour).flatMap((fromHour) =>
    [5, 8].map((lastsHours) => ({ fromHour, lastsHours })),
  )

/** Mean kWh by hour of the day, on either side of a day. */
export interface Sides {
  readonly before: Float64Array
  readonly after: Float64Array
}

export function sidesOf(area: AreaHours, meter: number, sinceDay: number): Sides {
  const own = area.usage[meter] ?? new Float64Array()
  const border = sinceDay * HOURS
  return { before: profile(area, own, 0, border), after: profile(area, own, border, own.length) }
}

function profile(area: AreaHours, own: Float64Array, from: number, to: number): Float64Array {
  const sums = new Float64Array(SLOTS)
  const counts = new Float64Array(SLOTS)
  for (let t = from; t < to; t += 1) {
    const kWh = own[t] ?? Number.NaN
    if (Number.isNaN(kWh)) continue
    const slot = slotAt(area, t)
    sums[slot] = (sums[slot] ?? 0) + kWh
    counts[slot] = (counts[slot] ?? 0) + 1
  }
  return sums.map((sum, slot) => sum / Math.max(1, counts[slot] ?? 0))
}

/** The template's hours; 0 before it began. `season`: how the neighbours changed meanwhile. */
export function hoursOf(
  area: AreaHours,
  meter: number,
  template: Template,
  { before, after }: Sides,
  season: number,
): Float64Array {
  const own = area.usage[meter] ?? new Float64Array()
  const hours = new Float64Array(own.length)
  const start = template.sinceDay * HOURS
  for (let t = start; t < own.length; t += 1) {
    hours[t] = hourOf(area, own, t, template, before, after, season)
  }
  return hours
}

function hourOf(
  area: AreaHours,
  own: Float64Array,
  t: number,
  { manner, shiftHours, fromHour, lastsHours }: Template,
  before: Float64Array,
  after: Float64Array,
  season: number,
): number {
  switch (manner) {
    case 'share':
      return value(own[t])
    case 'shift': {
      const there = t + shiftHours
      return there >= 0 && there < own.length ? value(own[there]) - value(own[t]) : 0
    }
    case 'fall':
      return season * (before[slotAt(area, t)] ?? 0) - value(own[t])
    case 'hours': {
      const slot = slotAt(area, t)
      if (((t % HOURS) - fromHour + HOURS) % HOURS >= lastsHours) return 0
      return Math.max(0, season * (before[slot] ?? 0) - (after[slot] ?? 0))
    }
  }
}

export function slotAt({ weekdays }: AreaHours, t: number): number {
  const weekday = weekdays[Math.floor(t / HOURS)] ?? 1
  return (weekday === 0 || weekday === 6 ? HOURS : 0) + (t % HOURS)
}

const value = (kWh: number | undefined) => (kWh === undefined || Number.isNaN(kWh) ? 0 : kWh)
