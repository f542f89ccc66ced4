import { type Calendar, type CivilDay, calendarOf } from './calendar.ts'
import {
  type CustomerClass,
  customerProfiles,
  type LoadShape,
  shapeAt,
} from './customer-classes.ts'
import { noise } from './noise.ts'
import { Recent } from './recent.ts'
import { RATES, ratesOf, type TariffPeriods } from './tariff-periods.ts'

export type Direction = 'import' | 'export'

/** A class's relative energy in a year: by day and rate (`day * RATES + rate`), and by rate. */
export interface ClassYear {
  readonly weights: Float64Array
  readonly rateShares: readonly number[]
}

/** A meter's energy of one direction up to each day of a year, by rate, relative to the year. */
export interface MeterYear {
  readonly firstDay: number
  readonly startMilliWh: readonly number[]
  readonly yearMilliWh: readonly number[]
  readonly before: Float64Array
  readonly days: number
}

/** Counted by the end of each slot of one day: index `slot * RATES + rate`, in mWh. */
export type MeterDay = Float64Array

const CLASS_YEARS_MAX = 256
const METER_YEARS_MAX = 2_048
const METER_DAYS_MAX = 2_048

/**
 * What the meters of a place share: civil time, weather, and the memory of what was computed
 * last. Forgetting costs microseconds, so 100,000 meters need no more memory than 2,000.
 */
export class Site {
  readonly calendar: Calendar
  readonly seed: number
  readonly meterYears = new Recent<MeterYear>(METER_YEARS_MAX)
  readonly meterDays = new Recent<MeterDay>(METER_DAYS_MAX)
  readonly #classYears = new Recent<ClassYear>(CLASS_YEARS_MAX)

  constructor(zone: string, seed: number) {
    this.calendar = calendarOf(zone)
    this.seed = seed
  }

  classYear(customerClass: CustomerClass, direction: Direction, year: number): ClassYear {
    return this.#classYears.get(`${customerClass}/${direction}/${year}`, () => {
      const { periods, [direction]: shape } = customerProfiles[customerClass]
      const days = this.calendar.daysOf(year)
      const weights = new Float64Array(days.length * RATES)
      const sums = new Float64Array(RATES)
      const shares = new Recent<Float64Array>(CLASS_YEARS_MAX)
      days.forEach((day, index) => {
        if (!shape) return
        // Days of one month and weekday differ only where the clock changes.
        const key = `${day.month}/${day.weekday}/${day.quarters.length}`
        const share = shares.get(key, () => rateShare(periods, shape, day))
        const height = this.#dayHeight(shape, day)
        for (let rate = 0; rate < RATES; rate++) {
          const weight = (share[rate] ?? 0) * height
          weights[index * RATES + rate] = weight
          sums[rate] = (sums[rate] ?? 0) + weight
        }
      })
      const all = sums.reduce((sum, each) => sum + each, 0)
      return { weights, rateShares: Array.from(sums, (each) => (all === 0 ? 0 : each / all)) }
    })
  }

  #dayHeight(shape: LoadShape, day: CivilDay): number {
    const season = day.month - 1 + (day.day - 15) / 31
    const from = shape.months[Math.floor(season + 12) % 12] ?? 1
    const to = shape.months[Math.floor(season + 13) % 12] ?? 1
    const inSeason = from + (to - from) * (season - Math.floor(season))
    const weather = 1 + shape.weather * (2 * noise(this.seed, day.number) - 1)
    return inSeason * weather * (shape.weekdays[day.weekday] ?? 1)
  }
}

function rateShare(periods: TariffPeriods, shape: LoadShape, day: CivilDay): Float64Array {
  const share = new Float64Array(RATES)
  const rates = ratesOf(periods, day.month)
  for (const quarter of day.quarters) {
    const rate = rates[quarter >> 2] ?? 0
    share[rate] = (share[rate] ?? 0) + shapeAt(shape, day.weekday, quarter)
  }
  return share
}
