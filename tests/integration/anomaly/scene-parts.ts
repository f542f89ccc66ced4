import type { Pen, PlaceOf, Said } from './world.ts'

/** The day on which scenes begin; there is as much history before it as any rule looks back. */
export const BEGIN = 90
/** The days of a scene, and those after it in which all is well again. */
export const DAYS = 7
export const AFTER = 31
export const HISTORY = 28

export const good: Said = { u: [220, 220, 220], i: [2, 2, 2], p: 1.3, pf: 0.985 }
export const times = (count: number, sample: Said): Said[] =>
  Array.from({ length: count }, () => sample)
/** Never the same twice, and never far from it. */
export const steady = (days: number, kWh = 10): number[] =>
  Array.from({ length: days }, (_, nth) => kWh + ((nth * 7) % 5) / 10)

export type Play = (pen: Pen) => void

export interface Scene {
  readonly of?: PlaceOf
  /** What its meter tells until the scene's days end. */
  readonly fires: Play
  /** The same, close by. */
  readonly spares: Play
  /** After it, from day BEGIN + DAYS on. */
  readonly clears?: Play
  /** Whether energy is at stake. */
  readonly stake?: true
  /** What the evidence names, as a path of keys. */
  readonly evidence: readonly string[]
}

export const usual: Play = (pen) => pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS))
export const wellAgain: Play = (pen) => pen.used(BEGIN + DAYS, steady(AFTER))

/** Something in the samples of the last days of the scene. */
export function samples(
  sample: Said,
  near: Said,
  count: number,
  {
    days = 1,
    of,
    stake,
    nearCount = count,
    back = good,
  }: {
    readonly days?: number
    readonly of?: PlaceOf
    readonly stake?: true
    readonly nearCount?: number
    readonly back?: Said
  } = {},
): Scene {
  const play =
    (one: Said, often: number): Play =>
    (pen) => {
      usual(pen)
      for (let nth = DAYS - days; nth < DAYS; nth += 1) pen.said(BEGIN + nth, 1, times(often, one))
    }
  return {
    ...(of === undefined ? {} : { of }),
    ...(stake === undefined ? {} : { stake }),
    fires: play(sample, count),
    spares: play(near, nearCount),
    clears: (pen) => {
      wellAgain(pen)
      for (let nth = 0; nth < 3; nth += 1) pen.said(BEGIN + DAYS + nth, 1, times(count, back))
    },
    evidence: ['date', 'units', 'parts.0.from', 'parts.0.to', 'parts.0.at', 'parts.0.read'],
  }
}

/** Energies of the scene's days after a steady month. */
export function energies(
  kWh: readonly number[],
  near: readonly number[],
  more: Partial<Scene> = {},
): Scene {
  const play =
    (some: readonly number[]): Play =>
    (pen) => {
      pen.used(BEGIN - HISTORY, steady(HISTORY))
      pen.used(BEGIN, some)
    }
  return {
    fires: play(kWh),
    spares: play(near),
    evidence: ['date', 'units.energy', 'energy', 'usual'],
    ...more,
  }
}

/** What a device tells, and something else that it tells. */
export function told(
  fires: Play,
  spares: Play,
  evidence: readonly string[] = ['date', 'events.0.at'],
): Scene {
  return {
    fires: (pen) => {
      usual(pen)
      fires(pen)
    },
    spares: (pen) => {
      usual(pen)
      spares(pen)
    },
    evidence,
  }
}
export const LAST = BEGIN + DAYS - 1
export const event = (code: Parameters<Pen['event']>[1]): Scene =>
  told(
    (pen) => pen.event(LAST, code),
    (pen) => pen.event(LAST, 'programming'),
  )
export const clock = (off: number, near: number): Scene => ({
  ...told(
    (pen) => pen.clock(off),
    (pen) => pen.clock(near),
    ['date', 'offsetMs', 'uncertaintyMs', 'at'],
  ),
  clears: (pen) => {
    wellAgain(pen)
    pen.clock(0)
  },
})

/** A quarter of an hour with so much energy on each of some days. */
export function peaks(pen: Pen, from: number, days: number, kWh: number): void {
  for (let nth = from; nth < from + days; nth += 1) {
    pen.said(nth, 12, [{ step: 5 }, { step: kWh }])
    pen.used(nth, [10 + (nth % 5) / 10])
  }
}
export function peak(kWh: number, near: number, of: PlaceOf, unit: string): Scene {
  const play =
    (one: number): Play =>
    (pen) => {
      pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 1))
      peaks(pen, LAST, 1, one)
    }
  return {
    of,
    fires: play(kWh),
    spares: play(near),
    clears: (pen) => peaks(pen, BEGIN + DAYS, AFTER, near - 0.2),
    evidence: ['date', unit, `units.${unit}`],
  }
}

export const single: PlaceOf = { wiring: '1p2w', area: 'singles' }
export const one: Said = { u: [220], i: [2], p: 0.44, pf: 1 }

/** Registers every quarter of an hour: `count` steps of so many kWh, at so many amperes. */
export const steps = (amperes: number, some: readonly number[]): Said[] =>
  some.map((step) => ({ u: [220], i: [amperes], p: amperes * 0.22, pf: 1, step }))

export function registers(fires: readonly Said[], spares: readonly Said[], dayKWh: number): Scene {
  const play =
    (some: readonly Said[]): Play =>
    (pen) => {
      pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 1))
      pen.said(LAST, 1, some)
      pen.used(LAST, [dayKWh])
    }
  return {
    of: single,
    fires: play(fires),
    spares: play(spares),
    clears: (pen) => {
      for (let nth = 0; nth < 3; nth += 1) {
        pen.said(BEGIN + DAYS + nth, 1, steps(2, [0, 0.11, 0.11, 0.11]))
        pen.used(BEGIN + DAYS + nth, [10.3 + nth / 10])
      }
      pen.used(BEGIN + DAYS + 3, steady(AFTER - 3))
    },
    evidence: ['date', 'parts.0.from', 'parts.0.at', 'parts.0.read.energyImport', 'units.advance'],
  }
}
