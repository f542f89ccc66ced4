import type { Suspect, VoltageCurve } from '#src/grid/proposals'
import { type Feeder, loadFeeder, loadHouseholds, solve } from './low-voltage-feeder.ts'

export const SLOTS_PER_DAY = 96
const AREAS = 3
/** Phase to neutral at the transformer, as its tap is set. */
const TAP_V = 242

export interface SimulatedMeter {
  readonly id: number
  readonly area: number
  readonly phase: number
  /** As the meter says it: rounded to 0.1 V, NaN where nothing came. */
  readonly volts: Float32Array
}

export interface SimulationSettings {
  readonly seed: number
  readonly days: number
  /** Standard deviation of what a meter adds to each value, in V. */
  readonly noiseV: number
  /** Of what the households really used. */
  readonly loadShare: number
  /** How much the medium voltage moves in a quarter, for all areas, one area, one phase, in V. */
  readonly shakes: { readonly all: number; readonly area: number; readonly phase: number }
}

export const usualSettings = {
  noiseV: 0.05,
  loadShare: 1,
  shakes: { all: 0.8, area: 0.25, phase: 0.1 },
} as const

/** A generator of numbers in [0, 1) that a seed makes again (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const normal = (next: () => number) =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

/** In place, the same for the same generator. */
export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const drawn = [...items]
  for (let last = drawn.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1))
    const [one, two] = [drawn[last], drawn[other]]
    if (one === undefined || two === undefined) continue
    drawn[last] = two
    drawn[other] = one
  }
  return drawn
}

/** A voltage that wanders and comes back, so that it neither stands nor runs away. */
function wandering(next: () => number, step: number): () => number {
  let value = 0
  return () => {
    value = 0.97 * value + step * normal(next)
    return value
  }
}

/** Three transformer areas on one medium-voltage line, each with its own real households. */
export function simulateAreas(settings: SimulationSettings): SimulatedMeter[] {
  const { seed, days, noiseV, loadShare, shakes } = settings
  const next = seeded(seed)
  const feeder = loadFeeder()
  const households = shuffled(loadHouseholds(), next)
  const slots = days * SLOTS_PER_DAY
  const ofAll = wandering(next, shakes.all)
  const ofAreas = Array.from({ length: AREAS }, () => wandering(next, shakes.area))
  const ofPhases = Array.from({ length: AREAS * 3 }, () => wandering(next, shakes.phase))
  const meters = Array.from({ length: AREAS }, (_, area) => metersOf(feeder, area, slots)).flat()
  for (let slot = 0; slot < slots; slot++) {
    const shared = ofAll()
    for (let area = 0; area < AREAS; area++) {
      const base = TAP_V + area + shared + (ofAreas[area]?.() ?? 0)
      const source = [0, 1, 2].map((phase) => base + (ofPhases[area * 3 + phase]?.() ?? 0))
      const [a = 0, b = 0, c = 0] = source
      const first = area * feeder.customers.length
      const kw = feeder.customers.map(
        (_, index) => 4 * loadShare * (households[first + index]?.[slot] ?? 0),
      )
      const { volts } = solve(feeder, [a, b, c], kw)
      for (const [index, value] of volts.entries()) {
        const meter = meters[first + index]
        if (meter !== undefined) {
          meter.volts[slot] = Math.round((value + noiseV * normal(next)) * 10) / 10
        }
      }
    }
  }
  for (const meter of meters) makeGaps(meter.volts, next)
  return meters
}

function metersOf(feeder: Feeder, area: number, slots: number): SimulatedMeter[] {
  return feeder.customers.map(({ phase }, index) => ({
    id: area * feeder.customers.length + index + 1,
    area,
    phase,
    volts: new Float32Array(slots),
  }))
}

/** 3 % of the values are missing here and there; one meter in ten was away for up to three days. */
function makeGaps(volts: Float32Array, next: () => number): void {
  for (const [slot] of volts.entries()) if (next() < 0.03) volts[slot] = Number.NaN
  if (next() < 0.1) {
    const from = Math.floor(next() * volts.length)
    volts.fill(Number.NaN, from, from + Math.floor(next() * 3 * SLOTS_PER_DAY))
  }
}

export interface Archive {
  readonly suspects: readonly Suspect[]
  /** Ids of meters whose area, or phase, the archive has wrong. */
  readonly wrongArea: ReadonlySet<number>
  readonly wrongPhase: ReadonlySet<number>
}

const wires = ['A', 'B', 'C'] as const

/** An archive with so many mistakes in it. */
export function archiveOf(
  meters: readonly SimulatedMeter[],
  mistakes: { readonly area: number; readonly phase: number; readonly seed: number },
): Archive {
  const next = seeded(mistakes.seed)
  const draw = (share: number) =>
    new Set(
      shuffled(meters, next)
        .slice(0, Math.round(share * meters.length))
        .map(({ id }) => id),
    )
  const [wrongArea, wrongPhase] = [draw(mistakes.area), draw(mistakes.phase)]
  const suspects = meters.map(({ id, area, phase, volts }): Suspect => {
    const off = (count: number) => 1 + Math.floor(next() * (count - 1))
    const shown = wrongPhase.has(id) ? (phase + off(3)) % 3 : phase
    const curve: VoltageCurve = { wire: wires[shown] ?? null, volts }
    return { id, area: wrongArea.has(id) ? (area + off(AREAS)) % AREAS : area, curves: [curve] }
  })
  return { suspects, wrongArea, wrongPhase }
}
