import { type CivilDay, SLOT_MS } from './calendar.ts'
import {
  type CustomerClass,
  type CustomerProfile,
  customerProfiles,
  type LoadShape,
  shapeAt,
} from './customer-classes.ts'
import { noise, noiseBetween } from './noise.ts'
import type { Direction, MeterDay, MeterYear, Site } from './site.ts'
import { RATES, ratesOf } from './tariff-periods.ts'

const MILLIWH_PER_KWH = 1_000_000

/** Places in the noise that must not repeat each other. */
const SALT = { annual: 1, year: 2, day: 3, slot: 4, absence: 5, export: 64 }

export interface LoadSpec {
  readonly seed: number
  readonly customerClass: CustomerClass
  /** The first year the meter counted in: on its first of January every register is 0. */
  readonly firstYear: number
  /** Energy of an average year; drawn from the class's range where it is null. */
  readonly annualKwh: number | null
}

/** What flows through a meter, as a function of the moment alone; energies in mWh. */
export interface MeterLoad {
  readonly profile: CustomerProfile
  /** Counted by `ms` in each rate. */
  countedAt(direction: Direction, ms: number): readonly [number, number, number, number]
  /** Counted by the start of each slot of a day and by its end, all rates together. */
  slotTotals(direction: Direction, day: CivilDay): Float64Array
}

/**
 * What a customer takes from and gives to the grid, as energy counted since the first year: a
 * function of the moment alone. The years follow a formula; a year's energy is dealt out to its
 * days and a day's to its quarter hours by weights, always as whole mWh and never more or less
 * than there is. Floats only weigh; they are not energy.
 */
export class Load implements MeterLoad {
  readonly #site: Site
  readonly #spec: LoadSpec
  readonly profile: CustomerProfile
  /** What a site may remember under: two meters of one key are the same meter. */
  readonly #key: string

  constructor(site: Site, spec: LoadSpec) {
    this.#site = site
    this.#spec = spec
    this.profile = customerProfiles[spec.customerClass]
    this.#key = `${spec.seed}/${spec.customerClass}/${spec.firstYear}/${spec.annualKwh}`
  }

  /** Energy counted by `ms` in each rate, in mWh. */
  countedAt(direction: Direction, ms: number): readonly [number, number, number, number] {
    const shape = this.profile[direction]
    const day = this.#site.calendar.dayAt(ms)
    if (!shape || day.year < this.#spec.firstYear) return [0, 0, 0, 0]
    const slots = this.#meterDay(direction, shape, day)
    const slot = Math.floor((ms - day.startMs) / SLOT_MS)
    const passed = ((ms - day.startMs) % SLOT_MS) / SLOT_MS
    const rateNow = (rate: number) => {
      const before = slots[slot * RATES + rate] ?? 0
      const after = slots[(slot + 1) * RATES + rate] ?? 0
      return before + Math.floor((after - before) * passed)
    }
    return [rateNow(0), rateNow(1), rateNow(2), rateNow(3)]
  }

  /** Counted by the start of each slot of a day and by its end, all rates together, in mWh. */
  slotTotals(direction: Direction, day: CivilDay): Float64Array {
    const shape = this.profile[direction]
    const totals = new Float64Array(day.quarters.length + 1)
    if (!shape || day.year < this.#spec.firstYear) return totals
    const slots = this.#meterDay(direction, shape, day)
    return totals.map((_, slot) => {
      const at = slot * RATES
      return (slots[at] ?? 0) + (slots[at + 1] ?? 0) + (slots[at + 2] ?? 0) + (slots[at + 3] ?? 0)
    })
  }

  #meterDay(direction: Direction, shape: LoadShape, day: CivilDay): MeterDay {
    const { seed } = this.#spec
    return this.#site.meterDays.get(`${this.#key}/${direction}/${day.number}`, () => {
      const year = this.#meterYear(direction, shape, day.year)
      const start = countedBefore(year, day.number)
      const end = countedBefore(year, day.number + 1)
      const weights = new Float64Array((day.quarters.length + 1) * RATES)
      const salt = SALT.slot + saltOf(direction)
      const rates = ratesOf(this.profile.periods, day.month)
      const firstSlot = Math.round(day.startMs / SLOT_MS)
      day.quarters.forEach((quarter, slot) => {
        const scatter = 1 + shape.slotScatter * (2 * noise(seed, firstSlot + slot, salt) - 1)
        const weight = shapeAt(shape, day.weekday, quarter) * scatter
        const rate = rates[quarter >> 2] ?? 0
        for (let each = 0; each < RATES; each++) {
          const before = weights[slot * RATES + each] ?? 0
          weights[(slot + 1) * RATES + each] = before + (each === rate ? weight : 0)
        }
      })
      return deal(weights, start, end)
    })
  }

  #meterYear(direction: Direction, shape: LoadShape, year: number): MeterYear {
    const { customerClass, firstYear } = this.#spec
    return this.#site.meterYears.get(`${this.#key}/${direction}/${year}`, () => {
      const { weights } = this.#site.classYear(customerClass, direction, year)
      const days = weights.length / RATES
      const firstDay = this.#site.calendar.daysOf(year)[0]?.number ?? 0
      const before = new Float64Array((days + 1) * RATES)
      for (let day = 0; day < days; day++) {
        const scatter = this.#dayScatter(direction, shape, firstDay + day)
        for (let rate = 0; rate < RATES; rate++) {
          const index = day * RATES + rate
          before[index + RATES] = (before[index] ?? 0) + (weights[index] ?? 0) * scatter
        }
      }
      const annual = this.#annualByRate(direction, shape)
      const startMilliWh = annual.map((milliWh) => this.#byYearStart(milliWh, year - firstYear))
      const yearMilliWh = annual.map(
        (milliWh, rate) =>
          this.#byYearStart(milliWh, year - firstYear + 1) - (startMilliWh[rate] ?? 0),
      )
      return { firstDay, startMilliWh, yearMilliWh, before, days }
    })
  }

  /** Years differ by a few per cent, around a straight line that needs no adding up. */
  #byYearStart(annualMilliWh: number, years: number): number {
    const wobble = years === 0 ? 0 : noiseBetween(-0.03, 0.03, this.#spec.seed, years, SALT.year)
    return Math.round(annualMilliWh * (years + wobble))
  }

  #annualByRate(direction: Direction, shape: LoadShape): readonly number[] {
    const { seed, customerClass, firstYear, annualKwh } = this.#spec
    const salt = SALT.annual + saltOf(direction)
    const drawn = noiseBetween(shape.annualKwh[0], shape.annualKwh[1], seed, 0, salt)
    const kwh = direction === 'import' ? (annualKwh ?? drawn) : drawn
    const { rateShares } = this.#site.classYear(customerClass, direction, firstYear)
    return rateShares.map((share) => Math.round(kwh * MILLIWH_PER_KWH * share))
  }

  #dayScatter(direction: Direction, shape: LoadShape, day: number): number {
    const { seed, customerClass } = this.#spec
    const scatter = noise(seed, day, SALT.day + saltOf(direction))
    const away =
      customerClass === 'household' && noise(seed, Math.floor(day / 7), SALT.absence) < 0.03
    return (1 + shape.dayScatter * (2 * scatter - 1)) * (away ? 0.25 : 1)
  }
}

function saltOf(direction: Direction): number {
  return direction === 'export' ? SALT.export : 0
}

/** Counted since the first year by the start of a day, by rate. */
function countedBefore(year: MeterYear, dayNumber: number): readonly number[] {
  const day = dayNumber - year.firstDay
  return year.startMilliWh.map((start, rate) => {
    const all = year.before[year.days * RATES + rate] ?? 0
    const part = year.before[day * RATES + rate] ?? 0
    return start + (all === 0 ? 0 : Math.round((year.yearMilliWh[rate] ?? 0) * (part / all)))
  })
}

/** Turns summed weights into energies from `start` to `end`, in place; the end is met exactly. */
function deal(weights: Float64Array, start: readonly number[], end: readonly number[]): MeterDay {
  const last = weights.length - RATES
  for (let rate = 0; rate < RATES; rate++) {
    const all = weights[last + rate] ?? 0
    const from = start[rate] ?? 0
    const energy = (end[rate] ?? 0) - from
    for (let index = rate; index < weights.length; index += RATES) {
      const part = all === 0 ? 0 : (weights[index] ?? 0) / all
      weights[index] = from + Math.round(energy * part)
    }
  }
  return weights
}
