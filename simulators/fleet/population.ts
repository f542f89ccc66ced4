import { type CustomerClass, type MeterSpec, noise, noiseBetween } from '#simulators/meter'
import {
  areaName,
  classOfArchive,
  currentRatio,
  customerOf,
  type FieldRatio,
  type FieldRow,
} from './archive.ts'
import type { Scenario } from './scenario.ts'

/** 2026-01-01T00:00Z: when the clocks of the field were last looked at. */
const CLOCKS_CHECKED_MS = 1_767_225_600_000
const AREA_METERS = 40
const FEEDER_AREAS = 4

/** Of a hundred customers, as they hang on low-voltage lines. */
const mix: readonly (readonly [share: number, CustomerClass])[] = [
  [0.62, 'household'],
  [0.08, 'prosumer'],
  [0.14, 'shop'],
  [0.08, 'workshop'],
  [0.04, 'factory'],
  [0.04, 'street-light'],
]

/** What a device wants of the customer behind it. */
export interface Need {
  /** Three phases, as the device has them; null takes whoever comes. */
  readonly phases: 3 | null
  readonly address: (nth: number) => string
  /** Number of the transformer area; null: by the meter's number. */
  readonly area: number | null
}

export interface Resident {
  readonly spec: MeterSpec
  /** What of the archive does not depend on how the meter is reached. */
  readonly archive: Pick<
    FieldRow,
    | 'line'
    | 'meterAddress'
    | 'usagePoint'
    | 'account'
    | 'customer'
    | 'customerClass'
    | 'transformer'
    | 'feeder'
    | 'ct'
    | 'pt'
    | 'validFrom'
    | 'role'
  >
}

const one: FieldRatio = { numerator: 1n, denominator: 1n }

/** The nth customer of a scenario with their meter: the same for the same seed and number. */
export function residentOf(
  scenario: Pick<Scenario, 'seed' | 'firstYear'>,
  nth: number,
  need: Need,
): Resident {
  const { seed, firstYear } = scenario
  const meterSeed = Math.floor(noise(seed, nth, 1) * 0x1_0000_0000)
  const customerClass = classOf(noise(seed, nth, 2), need.phases)
  const address = need.address(nth)
  const area = need.area ?? Math.floor((nth - 1) / AREA_METERS) + 1
  const number = String(nth).padStart(7, '0')
  const isHome = customerClass === 'household'
  const startYear = firstYear + Math.floor(noise(seed, nth, 3) * 4)
  return {
    spec: {
      address,
      seed: meterSeed,
      customerClass,
      phases: isHome && need.phases === null ? 1 : 3,
      firstYear: startYear,
      annualKwh: null,
      nominalDeciV: 2_200,
      clock: clockOf(seed, nth),
    },
    archive: {
      line: nth,
      meterAddress: address,
      usagePoint: `P${number}`,
      account: `330${number}`,
      customer: customerOf(customerClass, meterSeed),
      customerClass: classOfArchive[customerClass],
      transformer: areaName(area - 1),
      feeder: `10kV ${Math.floor((area - 1) / FEEDER_AREAS) + 1} 号线`,
      ct: currentRatio(customerClass, meterSeed),
      pt: one,
      validFrom: yearStart(startYear),
    },
  }
}

/** Most clocks are right within seconds, one in twenty is minutes off. */
function clockOf(seed: number, nth: number): MeterSpec['clock'] {
  const reachMs = noise(seed, nth, 4) < 0.05 ? 240_000 : 8_000
  return {
    offsetMs: Math.round(noiseBetween(-reachMs, reachMs, seed, nth, 5)),
    ppm: Math.round(noiseBetween(-4, 4, seed, nth, 6) * 100) / 100,
    anchorMs: CLOCKS_CHECKED_MS,
  }
}

function classOf(draw: number, phases: 3 | null): CustomerClass {
  const fitting = mix.filter(([, each]) => phases === null || each !== 'household')
  const all = fitting.reduce((sum, [share]) => sum + share, 0)
  let left = draw * all
  for (const [share, customerClass] of fitting) {
    left -= share
    if (left < 0) return customerClass
  }
  return 'household'
}

/** New Year in UTC; in no zone more than half a day from the civil one. */
function yearStart(year: number): number {
  const leapDays = (before: number) =>
    Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  const days = (year - 1970) * 365 + leapDays(year - 1) - leapDays(1969)
  return days * 86_400_000
}
