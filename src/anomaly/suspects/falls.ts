import { median } from './regression.ts'
import {
  AFTER_MIN,
  type AreaHours,
  BEFORE_MIN,
  HOURS,
  type Sides,
  sidesOf,
  type Template,
  windows,
} from './templates.ts'

/** How each meter's use changed at a day, against its neighbours'. */
interface DayFalls {
  readonly sides: readonly Sides[]
  /** How the middle of the neighbours changed: the season. */
  readonly season: number
  /** Share by which each fell, more than the season's. */
  readonly all: readonly number[]
  readonly spread: number
  /** The same within each window of hours. */
  readonly inWindow: readonly {
    readonly all: readonly number[]
    readonly spread: number
    /** By how much more than at the other hours. */
    readonly alone: readonly number[]
  }[]
}

export interface Falls {
  at(day: number): DayFalls
  /** How much likelier a change of use is if the template is true, as a chi-square. */
  support(meter: number, template: Template, coefficient: number): number
  /** The share by which a meter's use fell since, and in robust deviations of its neighbours. */
  of(meter: number, template: Template): { readonly fell: number; readonly z: number }
}

/** Households change by themselves: no spread is taken to be smaller. */
const SPREAD_MIN = 0.12
const WINDOW_SPREAD_MIN = 0.15
/** Below this mean, in kWh an hour, a share of it tells nothing. */
const LEAST_MEAN = 0.005
const SUPPORT_MAX = 60

export function fallsOf(area: AreaHours): Falls {
  const first = BEFORE_MIN
  const last = area.days - AFTER_MIN
  const known = new Map<number, DayFalls>()
  const at = (day: number): DayFalls => {
    const when = Math.min(last, Math.max(first, day))
    const kept = known.get(when)
    if (kept !== undefined) return kept
    const made = dayFalls(area, when)
    known.set(when, made)
    return made
  }
  const fallOf = (meter: number, template: Template) => {
    const day = at(template.sinceDay)
    const index =
      template.manner === 'hours'
        ? windows.findIndex(
            (one) => one.fromHour === template.fromHour && one.lastsHours === template.lastsHours,
          )
        : -1
    const window = day.inWindow[index]
    const { all, spread } = window ?? day
    return { fell: all[meter] ?? 0, spread, alone: (window?.alone ?? all)[meter] ?? 0 }
  }
  return {
    at,
    of(meter, template) {
      const { fell, spread } = fallOf(meter, template)
      return { fell, z: fell / spread }
    },
    support(meter, template, coefficient) {
      // What began before the first days is no change, and a clock moves no energy.
      if (template.manner === 'shift' || template.sinceDay < first) return 0
      // What fell at all hours did not fall because of some of them.
      const { alone: fell, spread } = fallOf(meter, template)
      const expected =
        template.manner === 'share' ? coefficient / (1 + coefficient) : Math.max(0, fell)
      const twice = (expected * (2 * fell - expected)) / (spread * spread)
      return confirmed(coefficient, template) * Math.min(SUPPORT_MAX, Math.max(-SUPPORT_MAX, twice))
    },
  }
}

/**
 * Who moved out shows the same fall as a thief, and a little of it is in the loss by chance: a fall
 * counts as far as the loss holds it.
 */
function confirmed(coefficient: number, { manner }: Template): number {
  return manner === 'fall' ? Math.min(1, Math.max(0, coefficient)) : 1
}

function dayFalls(area: AreaHours, day: number): DayFalls {
  const sides = area.usage.map((_, meter) => sidesOf(area, meter, day))
  const totals = sides.map(({ before, after }) => change(before, after, 0, HOURS))
  const season = median(totals) || 1
  const all = totals.map((one) => 1 - one / season)
  const inWindow = windows.map(({ fromHour, lastsHours }) => {
    const falls = sides.map(
      ({ before, after }) => 1 - change(before, after, fromHour, lastsHours) / season,
    )
    const alone = sides.map(({ before, after }, meter) => {
      const rest = change(before, after, fromHour + lastsHours, HOURS - lastsHours)
      return (falls[meter] ?? 0) - Math.max(0, 1 - rest / season)
    })
    return { all: falls, alone, spread: Math.max(WINDOW_SPREAD_MIN, spreadOf(falls)) }
  })
  return { sides, season, all, spread: Math.max(SPREAD_MIN, spreadOf(all)), inWindow }
}

const spreadOf = (falls: readonly number[]) => 1.4826 * median(falls.map((fell) => Math.abs(fell)))

/** Working days count five times: after by before, of some hours. */
function change(
  before: Float64Array,
  after: Float64Array,
  fromHour: number,
  lastsHours: number,
): number {
  let [old, young] = [0, 0]
  for (let nth = 0; nth < lastsHours; nth += 1) {
    const hour = (fromHour + nth) % HOURS
    old += 5 * (before[hour] ?? 0) + 2 * (before[hour + HOURS] ?? 0)
    young += 5 * (after[hour] ?? 0) + 2 * (after[hour + HOURS] ?? 0)
  }
  return old < 7 * lastsHours * LEAST_MEAN ? 1 : young / old
}
