import { fail, ok, type Result } from '#src/core'

/** A line between two ends, as drawings name them; ohm of one conductor. */
export interface NetworkLine {
  readonly from: string
  readonly to: string
  readonly ohm: number
  /** Of the neutral; 0 where there is none that carries anything. */
  readonly neutralOhm: number
}

export interface NetworkTap {
  readonly end: string
  readonly phase: 'A' | 'B' | 'C' | 'ABC'
}

export type NetworkFault =
  | { readonly kind: 'loop'; readonly end: string }
  | { readonly kind: 'unconnected'; readonly end: string }

type Phases = readonly [number, number, number]

/**
 * The one three-phase resistance that loses as much as all lines of a radial network, as a function
 * of the energy of each tap: currents go as energies do, so R = 3 Σ (R Σ w² + Rn (Σ w² − Σ w w')),
 * with w the part of all energy that a phase of a line carries.
 */
export function equivalentResistance(
  lines: readonly NetworkLine[],
  sources: readonly string[],
  taps: readonly NetworkTap[],
): Result<(energies: readonly number[]) => number, NetworkFault> {
  const tree = treeFrom(lines, sources)
  if (!tree.ok) return tree
  const loose = taps.find(({ end }) => !tree.value.ends.has(end))
  if (loose !== undefined) return fail({ kind: 'unconnected', end: loose.end })
  const inwards = tree.value.branches.toReversed()
  return ok((energies) => {
    const total = energies.reduce((sum, energy) => sum + energy, 0)
    if (total <= 0) return 0
    const carried = new Map<string, Phases>()
    for (const [index, { end, phase }] of taps.entries()) {
      const weight = (energies[index] ?? 0) / total
      carried.set(end, added(carried.get(end), split(phase, weight)))
    }
    let ohm = 0
    for (const { line, above, below } of inwards) {
      const phases = carried.get(below) ?? none
      ohm += 3 * (line.ohm * squares(phases) + line.neutralOhm * leftOver(phases))
      carried.set(above, added(carried.get(above), phases))
    }
    return ohm
  })
}

/**
 * What the curves of the taps make of a resistance that was computed by their sums: the mean of the
 * loss by the loss of the mean (K). Rows are moments, columns taps; null without any load.
 */
export function shapeOfNetwork(
  ohmOf: (energies: readonly number[]) => number,
  moments: readonly (readonly number[])[],
): number | null {
  const sums = moments.map((row) => row.reduce((sum, energy) => sum + energy, 0))
  const mean = sums.reduce((sum, energy) => sum + energy, 0) / sums.length
  const means = (moments[0] ?? []).map(
    (_, tap) => moments.reduce((sum, row) => sum + (row[tap] ?? 0), 0) / moments.length,
  )
  const flat = ohmOf(means) * mean * mean
  if (moments.length === 0 || !(flat > 0)) return null
  const lost = moments.reduce((sum, row, at) => sum + ohmOf(row) * (sums[at] ?? 0) ** 2, 0)
  return Math.max(1, lost / moments.length / flat)
}

const none: Phases = [0, 0, 0]
const added = ([a, b, c]: Phases = none, [x, y, z]: Phases): Phases => [a + x, b + y, c + z]
const squares = ([a, b, c]: Phases) => a * a + b * b + c * c
/** What three phases a third of a turn apart leave for the neutral, squared. */
const leftOver = ([a, b, c]: Phases) => a * a + b * b + c * c - a * b - b * c - c * a

function split(phase: NetworkTap['phase'], weight: number): Phases {
  switch (phase) {
    case 'A':
      return [weight, 0, 0]
    case 'B':
      return [0, weight, 0]
    case 'C':
      return [0, 0, weight]
    case 'ABC':
      return [weight / 3, weight / 3, weight / 3]
  }
}

interface Branch {
  readonly line: NetworkLine
  readonly above: string
  readonly below: string
}

/** Branches from the sources outwards, each after the one that feeds it. */
function treeFrom(
  lines: readonly NetworkLine[],
  sources: readonly string[],
): Result<
  { readonly branches: readonly Branch[]; readonly ends: ReadonlySet<string> },
  NetworkFault
> {
  const at = new Map<string, NetworkLine[]>()
  for (const line of lines) {
    for (const end of [line.from, line.to]) at.set(end, [...(at.get(end) ?? []), line])
  }
  const ends = new Set(sources)
  const used = new Set<NetworkLine>()
  const branches: Branch[] = []
  for (const above of ends) {
    for (const line of at.get(above) ?? []) {
      if (used.has(line)) continue
      used.add(line)
      const below = line.from === above ? line.to : line.from
      if (ends.has(below)) return fail({ kind: 'loop', end: below })
      ends.add(below)
      branches.push({ line, above, below })
    }
  }
  return ok({ branches, ends })
}

/** K of a load: mean of the squares by the square of the mean, at least 1; null without a load. */
export function shapeOf(loads: readonly number[]): number | null {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length
  if (loads.length === 0 || mean <= 0) return null
  const meanSquare = loads.reduce((sum, load) => sum + load * load, 0) / loads.length
  return Math.max(1, meanSquare / (mean * mean))
}
