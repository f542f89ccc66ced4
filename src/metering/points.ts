import type { ItemCode } from '#protocols/model'
import { type Instant, instant } from '#src/core'
import type { Db } from '#src/db'
import { clip, type Metered, type Period } from './energy.ts'
import { qualityOf } from './quality.ts'
import { evidenceSpan, type RegisterPoint, type RegisterSeries, seriesOf } from './register.ts'

/** An installation as energy needs it. */
export interface Installed extends Metered {
  readonly id: number
  readonly usagePointId: number
  /** Over a change of transformers the register of the meter goes on. */
  readonly staysFrom: Instant
  readonly staysTo: Instant | null
}

interface InstalledRow {
  readonly id: number
  readonly usage_point_id: number
  readonly meter_id: number
  readonly valid_from: Instant
  readonly valid_to: Instant | null
  readonly stays_from: Instant
  readonly stays_to: Instant | null
  readonly numerator: string
  readonly denominator: string
  readonly width: bigint | null
  readonly per_hour: bigint
}

/** Everything that hung at these usage points in a time, oldest first. */
export async function installedAt(
  db: Db,
  usagePointIds: readonly number[],
  { start, end }: Period,
): Promise<readonly Installed[]> {
  const rows = await db.query<InstalledRow>(
    `${selectInstalled}
     where usage_point_id = any($1::int[])
       and valid_from < to_timestamp($3::float8 / 1000)
       and valid_to > to_timestamp($2::float8 / 1000)
     order by usage_point_id, valid_from`,
    [usagePointIds, start, end],
  )
  return rows.map(installedOf)
}

export async function installationsById(
  db: Db,
  ids: readonly number[],
): Promise<readonly Installed[]> {
  const rows = await db.query<InstalledRow>(
    `${selectInstalled} where id = any($1::int[]) order by id`,
    [ids],
  )
  return rows.map(installedOf)
}

const selectInstalled = `
  select id, usage_point_id, meter_id, valid_from, nullif(valid_to, 'infinity') as valid_to,
    stays_from, nullif(stays_to, 'infinity') as stays_to,
    numerator::text, denominator::text, width, per_hour
  from metered_installation`

const installedOf = (row: InstalledRow): Installed => ({
  id: row.id,
  usagePointId: row.usage_point_id,
  meterId: row.meter_id,
  from: row.valid_from,
  to: row.valid_to,
  staysFrom: row.stays_from,
  staysTo: row.stays_to,
  numerator: BigInt(row.numerator),
  denominator: BigInt(row.denominator),
  width: row.width,
  perHour: row.per_hour,
})

/** A meter that hangs nowhere counts as it reads. */
export async function asItReads(db: Db, meterId: number): Promise<Installed> {
  const [row] = await db.query<{ width: bigint | null; per_hour: bigint }>(
    `select width, per_hour from meter_limits where meter_id = $1::int`,
    [meterId],
  )
  if (row === undefined) throw new Error(`there is no meter ${meterId}`)
  return {
    ...{ id: 0, usagePointId: 0, meterId, numerator: 1n, denominator: 1n },
    ...{ width: row.width, perHour: row.per_hour },
    ...{ from: instant(0), to: null, staysFrom: instant(0), staysTo: null },
  }
}

interface PointRow {
  readonly meter_id: number
  readonly at_ms: number
  readonly micro: bigint
  readonly scale: number
  readonly quality: number
}

interface EndRow {
  readonly installation_id: number
  readonly at_ms: number
  readonly micro: bigint
  readonly scale: number
}

/**
 * The register of each installation as it counts, around and within its part of the period: what
 * was written down at its ends goes before what was read.
 */
export async function registersOf(
  db: Db,
  installed: readonly Installed[],
  register: ItemCode,
  period: Period,
): Promise<ReadonlyMap<Installed, RegisterSeries>> {
  if (installed.length === 0) return new Map()
  const start = instant(period.start - evidenceSpan)
  const end = instant(period.end + evidenceSpan)
  const meterIds = [...new Set(installed.map(({ meterId }) => meterId))]
  const rows = await db.query<PointRow>(
    `select meter_id, date_part('epoch', measured_at) * 1000 as at_ms, micro, scale, quality
     from register_points($1::int[], $2::text, to_timestamp($3::float8 / 1000),
       to_timestamp($4::float8 / 1000))`,
    [meterIds, register, start, end],
  )
  const ends = await db.query<EndRow>(
    `select installation_id, date_part('epoch', at) * 1000 as at_ms, micro, scale
     from installation_ends where register = $1::text and installation_id = any($2::int[])`,
    [register, installed.map(({ id }) => id)],
  )
  const read = Map.groupBy(rows, (row) => row.meter_id)
  const written = Map.groupBy(ends, (row) => row.installation_id)
  return new Map(
    installed.map((own) => {
      const near = clip({ start, end }, { from: own.staysFrom, to: own.staysTo })
      const first = [...(written.get(own.id) ?? [])].map((row) => pointOf({ ...row, quality: 1 }))
      const points = (read.get(own.meterId) ?? []).map(pointOf)
      const inside = [...first, ...points].filter(
        ({ at }) => near !== undefined && at >= near.start && at <= near.end,
      )
      return [own, seriesOf(inside, own)]
    }),
  )
}

const pointOf = (row: Omit<PointRow, 'meter_id'>): RegisterPoint => ({
  // Seconds in floating point are exact to the microsecond.
  at: instant(Math.round(row.at_ms)),
  micro: row.micro,
  scale: row.scale,
  quality: qualityOf(row.quality),
})
