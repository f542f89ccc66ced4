import type { Instant } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import { lockArchive, moveRevision } from './archive-queries.ts'
import { writeChanges } from './change-log.ts'
import type { ArchiveChange } from './import-work.ts'

/** What was given another place in the dated tables. */
export interface Moved {
  readonly points: readonly number[]
  /** Nodes of transformer areas. */
  readonly areas: readonly number[]
}

const dated = ['installation', 'usage_point_place', 'account_usage_point', 'grid_link'] as const

/**
 * The archive as of now: what was entered for later and has come meanwhile holds, and what only
 * repeats what holds (whose a usage point is, its area, the feeder of an area) follows, also of what
 * was written just now. True where something began or ended since the last time.
 */
export async function turnTo(tx: Db, now: Instant, written: Moved): Promise<boolean> {
  const [was] = await tx.query<{ at: Instant | null }>(
    `select case when isfinite(as_of) then as_of end as at from archive_revision for update`,
  )
  const at = was?.at ?? null
  if (at !== null && at >= now) {
    await follow(tx, written)
    return false
  }
  // So far whatever had no end held, also what was yet to come.
  if (at === null) await insertComing(tx, now)
  const due = await tx.query(`delete from archive_due where at <= $1::timestamptz returning 1`, [
    timestamptz(now),
  ])
  await tx.query(`update archive_revision set as_of = $1::timestamptz`, [timestamptz(now)])
  const isDue = due.length > 0 || at === null
  const turned = isDue ? await selectTurned(tx, at, now) : { points: [], areas: [] }
  await follow(tx, {
    points: [...new Set([...written.points, ...turned.points])],
    areas: [...new Set([...written.areas, ...turned.areas])],
  })
  return due.length > 0
}

/** Moments at which something will begin or end. */
export async function awaitMoments(
  tx: Db,
  moments: Iterable<Instant>,
  now: Instant,
): Promise<void> {
  const coming = [...new Set(moments)].filter((at) => at > now)
  if (coming.length === 0) return
  await tx.query(
    `insert into archive_due (at) select to_timestamp(u.at_ms / 1000)
     from unnest($1::float8[]) as u (at_ms) on conflict do nothing`,
    [coming],
  )
}

/** What was done in the field at a moment holds, also where nobody looked at the archive since. */
export async function reachTo(tx: Db, at: Instant): Promise<void> {
  const [is] = await tx.query<{ behind: boolean }>(
    `select as_of < $1::timestamptz as behind from archive_revision`,
    [timestamptz(at)],
  )
  if (is?.behind === true) await turnTo(tx, at, { points: [], areas: [] })
}

/** Takes in what has come; a moment that passed while nobody looked is taken in at the next look. */
export async function turnArchive(db: Database, now: Instant): Promise<boolean> {
  const [waits] = await db.query<{ waits: boolean }>(
    `select not isfinite(r.as_of)
       or exists (select from archive_due where at <= $1::timestamptz) as waits
     from archive_revision r`,
    [timestamptz(now)],
  )
  if (waits?.waits !== true) return false
  return await db.transaction(async (tx) => {
    await lockArchive(tx)
    const isTurned = await turnTo(tx, now, { points: [], areas: [] })
    if (isTurned) await moveRevision(tx)
    return isTurned
  })
}

/** What became of the place of a usage point that somebody wrote by other ways than a file. */
export interface PlaceMove extends Pick<ArchiveChange, 'validFrom' | 'before' | 'after'> {
  readonly point: string
  readonly action: 'changed' | 'corrected'
}

/** Writes it down, and lets follow what repeats what holds now; in the transaction of the writer. */
export async function recordMove(
  tx: Db,
  pointId: number,
  { point, ...move }: PlaceMove,
  by: string,
  at: Instant,
): Promise<void> {
  const named = { subject: 'usage-point', key: point, usagePoint: point, line: null } as const
  await writeChanges(tx, [{ ...named, ...move }], { importId: null, by, at })
  await turnTo(tx, at, { points: [pointId], areas: [] })
  await moveRevision(tx)
}

async function insertComing(tx: Db, now: Instant): Promise<void> {
  const moments = dated.flatMap((table) =>
    ['valid_from', 'valid_to'].map(
      (column) => `select ${column} as at from ${table} where ${column} > $1::timestamptz`,
    ),
  )
  await tx.query(
    `insert into archive_due (at) select at from (${moments.join(' union ')}) m
     on conflict do nothing`,
    [timestamptz(now)],
  )
}

/** What began or ended since; at the first time what has not come yet. */
async function selectTurned(tx: Db, since: Instant | null, now: Instant): Promise<Moved> {
  const within = (column: string) =>
    since === null
      ? `${column} > $1::timestamptz`
      : `${column} > $2::timestamptz and ${column} <= $1::timestamptz`
  const turned = `${within('valid_from')} or ${within('valid_to')}`
  const asked = [timestamptz(now), ...(since === null ? [] : [timestamptz(since)])]
  const points = await tx.query<{ id: number }>(
    `select usage_point_id as id from usage_point_place where ${turned}
     union select usage_point_id from account_usage_point where ${turned}`,
    asked,
  )
  const areas = await tx.query<{ id: number }>(
    `select distinct node_id as id from grid_link where ${turned}`,
    asked,
  )
  return { points: points.map(({ id }) => id), areas: areas.map(({ id }) => id) }
}

async function follow(tx: Db, { points, areas }: Moved): Promise<void> {
  if (points.length > 0) {
    await tx.query(
      `update usage_point p set account_id = h.account_id, transformer_id = w.transformer_id
       from unnest($1::int[]) as u (id)
       left join account_usage_point_now h on h.usage_point_id = u.id
       left join lateral (
         select t.id as transformer_id from usage_point_place_now w
         join transformer t on t.node_id = w.node_id
         where w.usage_point_id = u.id order by w.role = 'supply', w.id limit 1) w on true
       where p.id = u.id
         and (p.account_id, p.transformer_id) is distinct from (h.account_id, w.transformer_id)`,
      [points],
    )
  }
  if (areas.length === 0) return
  await tx.query(
    `update transformer t set feeder_id = f.id
     from unnest($1::int[]) as u (node)
     left join grid_link_now l on l.node_id = u.node
     left join feeder f on f.node_id = l.parent_id
     where t.node_id = u.node and t.feeder_id is distinct from f.id`,
    [areas],
  )
}
