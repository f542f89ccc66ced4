import type { TariffPeriods } from './tariff-periods.ts'

export type CustomerClass =
  | 'household'
  | 'shop'
  | 'workshop'
  | 'factory'
  | 'street-light'
  | 'prosumer'

/** How one direction of energy behaves. All figures are relative but `annualKwh`. */
export interface LoadShape {
  /** Range of a year's energy as the meter counts it (behind its transformers). */
  readonly annualKwh: readonly [low: number, high: number]
  /** By hour on a working day and on a rest day, read off as straight lines between full hours. */
  readonly workday: readonly number[]
  readonly restday: readonly number[]
  /** A day's energy by weekday, Sunday first, and by month, January first. */
  readonly weekdays: readonly number[]
  readonly months: readonly number[]
  /** How far days and quarter hours scatter: 0.3 is ± 30 %. */
  readonly dayScatter: number
  readonly slotScatter: number
  /** How far the weather that all meters of a site share moves a day's energy. */
  readonly weather: number
}

/** What a kind of customer takes from the grid and gives to it. */
export interface CustomerProfile {
  readonly periods: TariffPeriods
  readonly import: LoadShape
  readonly export: LoadShape | null
  /** Reactive per 1,000 of active energy, by rate; negative is capacitive (quadrant IV). */
  readonly reactivePermille: readonly [number, number, number, number]
}

// biome-ignore format: one row an hour of the day reads best in lines of six.
const home = [
  0.45, 0.38, 0.35, 0.33, 0.33, 0.38,  0.60, 0.90, 0.85, 0.70, 0.70, 0.95,
  1.10, 0.85, 0.75, 0.75, 0.85, 1.20,  1.75, 2.00, 1.95, 1.70, 1.20, 0.70,
]
// biome-ignore format: as above.
const homeAtRest = [
  0.50, 0.42, 0.36, 0.34, 0.34, 0.36,  0.50, 0.80, 1.05, 1.10, 1.15, 1.40,
  1.50, 1.20, 1.10, 1.10, 1.15, 1.40,  1.80, 2.00, 1.95, 1.75, 1.30, 0.80,
]
// biome-ignore format: as above.
const shop = [
  0.25, 0.22, 0.22, 0.22, 0.22, 0.22,  0.30, 0.50, 0.90, 1.40, 1.60, 1.70,
  1.70, 1.65, 1.60, 1.60, 1.65, 1.75,  1.90, 1.95, 1.80, 1.30, 0.60, 0.30,
]
// biome-ignore format: as above.
const workshop = [
  0.12, 0.12, 0.12, 0.12, 0.12, 0.14,  0.25, 0.90, 2.00, 2.30, 2.30, 1.90,
  1.10, 1.90, 2.30, 2.30, 2.10, 1.50,  0.70, 0.40, 0.25, 0.18, 0.14, 0.12,
]
// biome-ignore format: as above.
const workshopAtRest = [
  0.12, 0.12, 0.12, 0.12, 0.12, 0.12,  0.12, 0.14, 0.18, 0.20, 0.20, 0.20,
  0.18, 0.20, 0.20, 0.20, 0.18, 0.14,  0.12, 0.12, 0.12, 0.12, 0.12, 0.12,
]
// biome-ignore format: as above.
const factory = [
  0.85, 0.85, 0.84, 0.84, 0.84, 0.85,  0.90, 1.05, 1.20, 1.22, 1.20, 1.05,
  1.00, 1.15, 1.20, 1.20, 1.18, 1.10,  1.00, 0.95, 0.92, 0.90, 0.88, 0.86,
]
// biome-ignore format: as above.
const lights = [
  1.00, 0.60, 0.60, 0.60, 0.60, 0.60,  0.20, 0.00, 0.00, 0.00, 0.00, 0.00,
  0.00, 0.00, 0.00, 0.00, 0.00, 0.10,  0.80, 1.00, 1.00, 1.00, 1.00, 1.00,
]
/** What a house still draws when its roof works: nothing while the sun is up. */
// biome-ignore format: as above.
const homeUnderRoof = [
  0.45, 0.38, 0.35, 0.33, 0.33, 0.38,  0.60, 0.60, 0.00, 0.00, 0.00, 0.00,
  0.00, 0.00, 0.00, 0.00, 0.00, 0.60,  1.75, 2.00, 1.95, 1.70, 1.20, 0.70,
]
// biome-ignore format: as above.
const roof = [
  0.00, 0.00, 0.00, 0.00, 0.00, 0.00,  0.00, 0.00, 0.00, 0.60, 1.20, 1.60,
  1.75, 1.65, 1.30, 0.75, 0.00, 0.00,  0.00, 0.00, 0.00, 0.00, 0.00, 0.00,
]

const evenWeek = [1, 1, 1, 1, 1, 1, 1]
const homeWeek = [1.12, 0.97, 0.96, 0.96, 0.97, 0.98, 1.1]
/** Two summits: heating in January, cooling in July and August. */
const homeYear = [1.2, 1.12, 0.9, 0.78, 0.78, 0.98, 1.4, 1.42, 1.02, 0.8, 0.82, 1.05]
const workYear = [0.95, 0.7, 1.02, 1, 1, 1.03, 1.1, 1.1, 1.03, 0.98, 1.02, 1.07]
const sunYear = [0.62, 0.72, 0.9, 1.1, 1.22, 1.15, 1.3, 1.28, 1.1, 0.98, 0.75, 0.62]
const nightYear = [1.18, 1.1, 1, 0.92, 0.84, 0.8, 0.82, 0.9, 0.98, 1.06, 1.15, 1.2]

const calm = { dayScatter: 0.02, slotScatter: 0.01, weather: 0 }

export const customerProfiles: Readonly<Record<CustomerClass, CustomerProfile>> = {
  household: {
    periods: 'residential',
    import: {
      annualKwh: [1_500, 4_800],
      workday: home,
      restday: homeAtRest,
      weekdays: homeWeek,
      months: homeYear,
      dayScatter: 0.22,
      slotScatter: 0.6,
      weather: 0.2,
    },
    export: null,
    reactivePermille: [210, 220, 240, 260],
  },
  shop: {
    periods: 'industrial',
    import: {
      annualKwh: [9_000, 26_000],
      workday: shop,
      restday: shop,
      weekdays: [1.1, 0.95, 0.95, 0.97, 1, 1.05, 1.12],
      months: homeYear,
      dayScatter: 0.08,
      slotScatter: 0.2,
      weather: 0.15,
    },
    export: null,
    reactivePermille: [330, 340, 350, 380],
  },
  workshop: {
    periods: 'industrial',
    import: {
      annualKwh: [28_000, 80_000],
      workday: workshop,
      restday: workshopAtRest,
      weekdays: [0.18, 1.12, 1.15, 1.15, 1.14, 1.1, 0.75],
      months: workYear,
      dayScatter: 0.1,
      slotScatter: 0.3,
      weather: 0.03,
    },
    export: null,
    reactivePermille: [520, 560, 540, 480],
  },
  factory: {
    periods: 'industrial',
    import: {
      annualKwh: [14_000, 24_000],
      workday: factory,
      restday: factory,
      weekdays: [0.82, 1.04, 1.05, 1.05, 1.05, 1.03, 0.96],
      months: workYear,
      dayScatter: 0.05,
      slotScatter: 0.1,
      weather: 0.04,
    },
    export: null,
    reactivePermille: [390, 400, 380, 330],
  },
  'street-light': {
    periods: 'single',
    import: {
      annualKwh: [5_000, 14_000],
      workday: lights,
      restday: lights,
      weekdays: evenWeek,
      months: nightYear,
      ...calm,
    },
    export: null,
    reactivePermille: [-160, -160, -160, -160],
  },
  prosumer: {
    periods: 'residential',
    import: {
      annualKwh: [1_600, 3_600],
      workday: homeUnderRoof,
      restday: homeUnderRoof,
      weekdays: homeWeek,
      months: homeYear,
      dayScatter: 0.22,
      slotScatter: 0.6,
      weather: 0.1,
    },
    export: {
      annualKwh: [3_500, 9_000],
      workday: roof,
      restday: roof,
      weekdays: evenWeek,
      months: sunYear,
      dayScatter: 0.04,
      slotScatter: 0.25,
      weather: -0.75,
    },
    reactivePermille: [210, 220, 240, 260],
  },
}

/** The shape's height at a quarter hour of the wall clock. */
export function shapeAt(shape: LoadShape, weekday: number, quarter: number): number {
  const hours = weekday === 0 || weekday === 6 ? shape.restday : shape.workday
  const from = hours[quarter >> 2] ?? 0
  const to = hours[((quarter >> 2) + 1) % 24] ?? 0
  // An hour at zero stays there: what is dark until nine does not dawn at half past eight.
  return from === 0 ? 0 : from + ((to - from) * (quarter & 3)) / 4
}
