import { type CivilTime, fail, hours, type Instant, instant, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { equivalentResistance, shapeOf, shapeOfNetwork } from './network.ts'
import {
  isNode,
  type KnownTap,
  type LineEntry,
  replaceNetwork,
  selectCurves,
  selectLines,
  selectLoad,
  selectTaps,
  staleNetworks,
  storeNetwork,
  strangersTo,
  type TapEntry,
} from './network-queries.ts'

/** Energies of so many days say how much a line carries. */
const WEIGHT_DAYS = 28
const SHAPE_DAYS = 3
const WEEK_HOURS = 7 * 24
const OF_ONE_RUN = 50

export interface NetworkEntry {
  /** Line to line, in V. */
  readonly voltage: number
  readonly lines: readonly LineEntry[]
  readonly taps: readonly TapEntry[]
}

export interface NetworkRefusal {
  readonly kind: 'not-found' | 'wrong'
  readonly message: string
}

/** Enters the lines of an area or a feeder, as they are from a moment on. */
export async function enterNetwork(
  db: Database,
  nodeId: number,
  entry: NetworkEntry,
  from: Instant,
  also: (tx: Db) => Promise<void>,
): Promise<Result<undefined, NetworkRefusal>> {
  const { voltage, lines, taps } = entry
  const ends = new Set(lines.flatMap(({ from, to }) => [from, to]))
  const loose = taps.find(({ end }) => !ends.has(end))
  if (loose !== undefined) {
    return fail({ kind: 'wrong', message: `no line has the end ${loose.end}` })
  }
  return await db.transaction(async (tx) => {
    if (!(await isNode(tx, nodeId))) {
      return fail({ kind: 'not-found', message: 'there is no such area or feeder' } as const)
    }
    const points = taps.map(({ usagePointId }) => usagePointId)
    const [stranger] = await strangersTo(tx, nodeId, points)
    if (stranger !== undefined) {
      const message = `usage point ${stranger} does not count here`
      return fail({ kind: 'wrong', message } as const)
    }
    await replaceNetwork(tx, nodeId, voltage, lines, taps, from)
    await also(tx)
    return ok(undefined)
  })
}

/** Computes resistances that are new or a week old. Returns how many. */
export async function refreshNetworks(
  db: Database,
  civil: CivilTime,
  now: Instant,
): Promise<number> {
  const weekAgo = instant(now - hours(WEEK_HOURS))
  const stale = await staleNetworks(db, weekAgo, OF_ONE_RUN)
  const to = civil.addDays(civil.dateOf(now), -1)
  const last = {
    from: civil.startOf(civil.addDays(to, 1 - SHAPE_DAYS)),
    to: civil.startOf(civil.dateOf(now)),
  }
  for (const nodeId of stale) {
    const taps = await selectTaps(db, nodeId, civil.addDays(to, 1 - WEIGHT_DAYS), to)
    const sources = taps.filter(({ isSource }) => isSource).map(({ end }) => end)
    const users = taps.filter(({ isSource }) => !isSource)
    const ohmOf = equivalentResistance(await selectLines(db, nodeId), sources, users)
    // A drawing with a loop or a loose end gives no resistance, and so no technical loss.
    const ohm = ohmOf.ok ? ohmOf.value(users.map(({ energy }) => energy)) : null
    const shape = ohmOf.ok ? await shapeOfNode(db, nodeId, users, ohmOf.value, last) : null
    const [resistance, curve] = [ohm?.toFixed(9) ?? null, shape?.toFixed(6) ?? null]
    await storeNetwork(db, nodeId, resistance, curve, last.to, now)
  }
  return stale.length
}

/** By the curves of all points where they are known, else by that of the gateways. */
async function shapeOfNode(
  db: Database,
  nodeId: number,
  users: readonly KnownTap[],
  ohmOf: (energies: readonly number[]) => number,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): Promise<number | null> {
  const points = users.map(({ usagePointId }) => usagePointId)
  const curves = await selectCurves(db, points, from, to)
  const enough = quartersOf(from, to) / 2
  if (curves.length >= enough) return shapeOfNetwork(ohmOf, curves)
  return shapeOf(await selectLoad(db, nodeId, from, to))
}

const QUARTER_MS = 900_000
const quartersOf = (from: Instant, to: Instant) => (to - from) / QUARTER_MS
