import { commonOf, correlations } from './correlate.ts'
import { MEMBERS_MIN, type Reference, referenceOf } from './reference.ts'
import { medianOf } from './wiggles.ts'

export const wires = ['A', 'B', 'C'] as const
export type Wire = (typeof wires)[number]

/** A voltage curve of a usage point: of its one phase, or one of three. */
export interface VoltageCurve {
  /** What the archive says; null where it says nothing. */
  readonly wire: Wire | null
  /** One value a slot, in any unit; NaN where there is none. */
  readonly volts: ArrayLike<number>
}

export interface Suspect {
  readonly id: number
  /** What the archive says. */
  readonly area: number
  /** One of a single-phase point; those of a three-phase point are known to be A, B and C. */
  readonly curves: readonly VoltageCurve[]
}

export interface Curve {
  readonly suspect: Suspect
  readonly wiggles: Float32Array
  readonly fixed: Wire | null
}

/** The groups of a moment: a wire of an area, with who is thought to hang there. */
interface Groups {
  readonly keys: readonly Group[]
  readonly references: readonly Reference[]
  readonly common: Float32Array
  /** By curve: its group and its place there. */
  readonly seats: ReadonlyMap<Curve, { readonly group: number; readonly seat: number }>
}
export interface Group {
  readonly area: number
  readonly wire: Wire
}
export interface Scored {
  readonly group: Group
  readonly days: Float32Array
  readonly median: number
}

export const sameGroup = (one: Group | undefined, other: Group | undefined) =>
  one?.area === other?.area && one?.wire === other?.wire

export function groupsOf(seated: ReadonlyMap<Curve, Group>, slots: number): Groups {
  const members = new Map<string, { readonly group: Group; readonly curves: Curve[] }>()
  for (const [curve, group] of seated) {
    const key = `${group.area} ${group.wire}`
    const known = members.get(key) ?? { group, curves: [] }
    known.curves.push(curve)
    members.set(key, known)
  }
  // One more than a reference needs, so that each member has one without itself.
  const whole = [...members.values()].filter((one) => one.curves.length > MEMBERS_MIN)
  const references = whole.map((one) =>
    referenceOf(
      one.curves.map(({ wiggles }) => wiggles),
      slots,
    ),
  )
  const seats = new Map(
    whole.flatMap((one, group) => one.curves.map((curve, seat) => [curve, { group, seat }])),
  )
  const common = commonOf(
    references.map(({ all }) => all),
    slots,
  )
  return { keys: whole.map(({ group }) => group), references, common, seats }
}

/** How a curve follows each group, without itself in it. */
export function scoresOf(curve: Curve, groups: Groups, slotsPerDay: number): Scored[] {
  const own = groups.seats.get(curve)
  return groups.keys.flatMap((group, index) => {
    if (curve.fixed !== null && curve.fixed !== group.wire) return []
    const reference = groups.references[index]
    if (reference === undefined) return []
    const others = own?.group === index ? reference.without(own.seat) : reference.all
    const days = correlations(curve.wiggles, others, groups.common, slotsPerDay)
    const median = medianOf([...days].filter((day) => !Number.isNaN(day)))
    return Number.isNaN(median) ? [] : [{ group, days, median }]
  })
}
