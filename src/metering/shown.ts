import type { ItemCode } from '#protocols/model'
import { type Instant, instant } from '#src/core'
import type { Db } from '#src/db'
import { type Installed, installationsById, registersOf } from './points.ts'
import { qualityOf } from './quality.ts'
import { advanceOf, boundaryAt, type RegisterSeries } from './register.ts'
import type { UsageQuality } from './types.ts'

/** What an installation's register showed at a moment. */
export interface Shown {
  /** In 10^-6 of the unit, before any ratio; with no more decimals than the meter shows. */
  readonly micro: bigint
  readonly scale: number
  readonly quality: UsageQuality
  /** Stands out from its neighbours: nothing may rest on it. */
  readonly isBad: boolean
}

export interface ShownAsk {
  readonly installationId: number
  readonly at: Instant
}

/** Rolled over so many times between two moments; or it fell, or too little is known. */
export type RollOvers = number | 'fallen' | 'unknown'

/** Moments that are worked out one by one are gathered over so much time. */
const bucketMs = 24 * 60 * 60 * 1_000
const oneByOneMax = 200
/** Fewer at one moment are not worth a statement of their own. */
const togetherMin = 20
const microScale = 6

/** The key of an answer of `shownAt`. */
export const shownKey = ({ installationId, at }: ShownAsk) => `${installationId}@${at}`

/**
 * One register of many installations at moments within them, as it counts; absent where it is not
 * known and cannot be interpolated.
 */
export async function shownAt(
  db: Db,
  register: ItemCode,
  asks: readonly ShownAsk[],
): Promise<ReadonlyMap<string, Shown>> {
  const found = new Map<string, Shown>()
  for (const [at, together] of Map.groupBy(asks, (ask) => ask.at)) {
    if (together.length < togetherMin) continue
    const ids = together.map(({ installationId }) => installationId)
    for (const [id, shown] of await exactly(db, register, ids, at)) {
      found.set(shownKey({ installationId: id, at }), shown)
    }
  }
  const left = asks.filter((ask) => !found.has(shownKey(ask)))
  const buckets = Map.groupBy(left, ({ at }) => Math.floor(at / bucketMs))
  for (const bucket of buckets.values()) {
    for (let from = 0; from < bucket.length; from += oneByOneMax) {
      const some = bucket.slice(from, from + oneByOneMax)
      for (const [key, shown] of await oneByOne(db, register, some)) found.set(key, shown)
    }
  }
  return found
}

/** How often a register rolled over in a period, from everything that is known within it. */
export async function rollOversIn(
  db: Db,
  register: ItemCode,
  installationId: number,
  from: Instant,
  to: Instant,
): Promise<RollOvers> {
  const installed = await installationsById(db, [installationId])
  const [series] = (await registersOf(db, installed, register, { start: from, end: to })).values()
  const finding = series && advanceOf(series, from, to)
  if (finding?.kind !== 'advance') return finding?.kind ?? 'unknown'
  return finding.advance.to.rolls - finding.advance.from.rolls
}

interface ExactRow {
  readonly installation_id: number
  readonly micro: bigint
  readonly scale: number
  readonly quality: number
}

async function exactly(
  db: Db,
  register: ItemCode,
  installationIds: readonly number[],
  at: Instant,
): Promise<readonly (readonly [number, Shown])[]> {
  const rows = await db.query<ExactRow>(
    `select installation_id, micro, scale, quality
     from register_shown($1::int[], $2::text, to_timestamp($3::float8 / 1000))`,
    [installationIds, register, at],
  )
  return rows.map((row) => [
    row.installation_id,
    { micro: row.micro, scale: row.scale, quality: qualityOf(row.quality), isBad: false },
  ])
}

async function oneByOne(
  db: Db,
  register: ItemCode,
  asks: readonly ShownAsk[],
): Promise<ReadonlyMap<string, Shown>> {
  const ids = [...new Set(asks.map(({ installationId }) => installationId))]
  const installed = await installationsById(db, ids)
  const times = asks.map(({ at }) => at)
  const period = { start: instant(Math.min(...times)), end: instant(Math.max(...times)) }
  const registers = await registersOf(db, installed, register, period)
  const byId = new Map(installed.map((own): [number, Installed] => [own.id, own]))
  const found = new Map<string, Shown>()
  for (const ask of asks) {
    const own = byId.get(ask.installationId)
    const series = own && registers.get(own)
    const shown = series && shownIn(series, ask.at)
    if (shown !== undefined) found.set(shownKey(ask), shown)
  }
  return found
}

function shownIn(series: RegisterSeries, at: Instant): Shown | undefined {
  const boundary = boundaryAt(series, at)
  if (boundary === undefined) return undefined
  const scale = series.points[boundary.first]?.scale ?? 0
  const { micro, quality, isBad } = boundary
  // What was not read is told as the meter would have shown it.
  const isRead = boundary.first === boundary.last
  const unit = 10n ** BigInt(Math.max(0, microScale - scale))
  return { micro: isRead ? micro : micro - (micro % unit), scale, quality, isBad }
}
