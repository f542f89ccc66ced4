import {
  type Curve,
  type Group,
  groupsOf,
  type Scored,
  type Suspect,
  sameGroup,
  scoresOf,
  type Wire,
} from './groups.ts'
import { wigglesOf } from './wiggles.ts'

/** Where the voltage of a usage point says that it hangs. */
export interface Judgement {
  readonly id: number
  readonly area: number
  /** Null of a three-phase point. */
  readonly wire: Wire | null
  /** Median over the days of the correlation with what is proposed, and with what is archived. */
  readonly correlation: number
  readonly archived: number
  /** Days that could judge; on so many of them the proposed area, or phase, was the closer one. */
  readonly days: number
  readonly areaDays: number
  readonly wireDays: number
  /** Lower bound of the share of such days, 0 to 1. */
  readonly areaConfidence: number
  readonly wireConfidence: number
}

/** What is less sure is not proposed: ten days of fourteen do not make it, thirteen do. */
export const CONFIDENCE_MIN = 0.7

const ROUNDS_MAX = 6
const CURVES_A_TURN = 16
/** In a round a meter changes sides only where it is this much closer. */
const MARGIN = 0.05
/** One-sided, 95 %. */
const Z = 1.645

/**
 * Which area and phase each usage point hangs on by its voltage: it wiggles with its neighbours on
 * the wire. Each is compared with what the others of a group see in common; whoever clearly
 * belongs elsewhere moves, and the groups are formed anew, until nobody moves. `pause` lets others
 * have their turn, since thousands of curves take seconds.
 */
export async function judgeVoltages(
  suspects: readonly Suspect[],
  slotsPerDay: number,
  pause: () => Promise<unknown>,
): Promise<Judgement[]> {
  const slots = Math.max(0, ...suspects.flatMap(({ curves }) => curves.map((c) => c.volts.length)))
  const curves = suspects.flatMap((suspect) =>
    suspect.curves.map(({ wire, volts }): Curve => {
      const fixed = suspect.curves.length > 1 ? wire : null
      return { suspect, wiggles: wigglesOf(volts), fixed }
    }),
  )
  const ofSuspect = Map.groupBy(curves, ({ suspect }) => suspect.id)
  let seats = new Map<Curve, Group>()
  for (const { id, area, curves: given } of suspects) {
    for (const [index, curve] of (ofSuspect.get(id) ?? []).entries()) {
      const wire = given[index]?.wire ?? null
      if (wire !== null) seats.set(curve, { area, wire })
    }
  }
  let scores = new Map<Curve, readonly Scored[]>()
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const groups = groupsOf(seats, slots)
    scores = new Map()
    for (const [index, curve] of curves.entries()) {
      scores.set(curve, scoresOf(curve, groups, slotsPerDay))
      if (index % CURVES_A_TURN === 0) await pause()
    }
    const next = new Map<Curve, Group>()
    for (const own of ofSuspect.values()) reseat(own, scores, seats, next)
    const isSettled = curves.every((curve) => sameGroup(seats.get(curve), next.get(curve)))
    seats = next
    if (isSettled) break
  }
  return suspects.flatMap((suspect) => {
    const own = ofSuspect.get(suspect.id) ?? []
    const judged = judgementOf(suspect, own, scores)
    return judged === null ? [] : [judged]
  })
}

/** All curves of a point hang on one area; each takes the wire it follows best there. */
function reseat(
  own: readonly Curve[],
  scores: ReadonlyMap<Curve, readonly Scored[]>,
  seats: ReadonlyMap<Curve, Group>,
  next: Map<Curve, Group>,
): void {
  const [area] = areasByScore(own, scores)
  if (area === undefined) {
    for (const curve of own) {
      const seat = seats.get(curve)
      if (seat !== undefined) next.set(curve, seat)
    }
    return
  }
  const stays = own.every((curve) => {
    const seat = seats.get(curve)
    const now = scores.get(curve)?.find(({ group }) => sameGroup(group, seat))
    const best = bestOf(curve, scores, area)
    return now !== undefined && best !== undefined && best.median - now.median < MARGIN
  })
  for (const curve of own) {
    const seat = stays ? seats.get(curve) : bestOf(curve, scores, area)?.group
    if (seat !== undefined) next.set(curve, seat)
  }
}

function bestOf(
  curve: Curve,
  scores: ReadonlyMap<Curve, readonly Scored[]>,
  area: number | undefined,
): Scored | undefined {
  const there = (scores.get(curve) ?? []).filter(({ group }) => group.area === area)
  return there.toSorted((one, other) => other.median - one.median)[0]
}

/** Areas by how well the curves follow them. */
function areasByScore(
  own: readonly Curve[],
  scores: ReadonlyMap<Curve, readonly Scored[]>,
): readonly number[] {
  const areas = new Set(own.flatMap((curve) => scores.get(curve) ?? []).map((s) => s.group.area))
  const sums = [...areas].map((area) => {
    const parts = own.map((curve) => bestOf(curve, scores, area)?.median ?? -1)
    return { area, sum: parts.reduce((sum, part) => sum + part, 0) }
  })
  return sums.toSorted((one, other) => other.sum - one.sum).map(({ area }) => area)
}

function judgementOf(
  { id, area: archivedArea, curves: given }: Suspect,
  own: readonly Curve[],
  scores: ReadonlyMap<Curve, readonly Scored[]>,
): Judgement | null {
  const areas = areasByScore(own, scores)
  const [area, second] = areas
  const [first] = own
  if (area === undefined || first === undefined) return null
  const best = own.flatMap((curve) => bestOf(curve, scores, area) ?? [])
  const rivals = own.flatMap(
    (curve) => bestOf(curve, scores, area === archivedArea ? second : archivedArea) ?? [],
  )
  const archivedWire = given[0]?.wire ?? null
  const isSingle = own.length === 1
  const wire = isSingle ? (best[0]?.group.wire ?? null) : null
  const others = (scores.get(first) ?? [])
    .filter(({ group }) => group.area === area && group.wire !== wire)
    .toSorted((one, other) => other.median - one.median)
  const other = others.find(({ group }) => group.wire === archivedWire) ?? others[0]
  const byArea = compare(best, rivals)
  const byWire = isSingle && other !== undefined ? compare(best, [other]) : nothing
  const archived = own.map((curve, index) => {
    const label = given[index]?.wire
    const there = (scores.get(curve) ?? []).filter(({ group }) => group.area === archivedArea)
    return (there.find(({ group }) => group.wire === label) ?? there[0])?.median ?? 0
  })
  return {
    id,
    area,
    wire,
    correlation: meanOf(best.map(({ median }) => median)),
    archived: meanOf(archived),
    days: byArea.days,
    areaDays: byArea.closer,
    wireDays: byWire.closer,
    areaConfidence: lowerBound(byArea.closer, byArea.days),
    wireConfidence: lowerBound(byWire.closer, byWire.days),
  }
}

const nothing = { days: 0, closer: 0 }

/** On how many of the days that can judge the first group was the closer one. */
function compare(
  closer: readonly Scored[],
  farther: readonly Scored[],
): { readonly days: number; readonly closer: number } {
  let [judging, won] = [0, 0]
  const count = Math.max(0, ...closer.map(({ days }) => days.length))
  for (let day = 0; day < count; day++) {
    const here = meanOf(closer.map(({ days }) => days[day] ?? Number.NaN))
    if (Number.isNaN(here)) continue
    const there = meanOf(farther.map(({ days }) => days[day] ?? Number.NaN))
    judging++
    // Where nobody is to compare with, nothing speaks for the other.
    if (!(there >= here)) won++
  }
  return { days: judging, closer: won }
}

const meanOf = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Wilson's lower bound of a share: few days prove little, however clear they are. */
export function lowerBound(hits: number, count: number): number {
  if (count === 0) return 0
  const share = hits / count
  const square = Z * Z
  const spread = Z * Math.sqrt((share * (1 - share)) / count + square / (4 * count * count))
  return Math.max(0, (share + square / (2 * count) - spread) / (1 + square / count))
}
