import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { NetworkLine, NetworkTap } from './network.ts'

/** A line as it is entered; ohm as exact decimals. */
export interface LineEntry {
  readonly from: string
  readonly to: string
  readonly ohm: string
  readonly neutralOhm: string | null
}

export interface TapEntry {
  readonly usagePointId: number
  readonly end: string
}

export async function isNode(db: Db, nodeId: number): Promise<boolean> {
  const rows = await db.query(
    `select from grid_node where id = $1 and kind in ('area', 'feeder')`,
    [nodeId],
  )
  return rows.length > 0
}

/** Which of the usage points never counted at the node. */
export async function strangersTo(
  db: Db,
  nodeId: number,
  points: readonly number[],
): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `select u.id from unnest($2::int[]) as u (id) where not exists (
       select from usage_point_place p where p.usage_point_id = u.id and p.node_id = $1)`,
    [nodeId, points],
  )
  return rows.map(({ id }) => id)
}

/** The network from an instant on; lines that held before keep their time. */
export async function replaceNetwork(
  db: Db,
  nodeId: number,
  voltage: number,
  lines: readonly LineEntry[],
  taps: readonly TapEntry[],
  from: Instant,
): Promise<void> {
  await db.query(`delete from grid_line where node_id = $1 and valid_from >= $2::timestamptz`, [
    nodeId,
    timestamptz(from),
  ])
  await db.query(
    `update grid_line set valid_to = $2::timestamptz where node_id = $1 and valid_to is null`,
    [nodeId, timestamptz(from)],
  )
  await db.query(
    `insert into grid_line (node_id, from_end, to_end, ohm, neutral_ohm, valid_from)
     select $1, u.a, u.b, u.ohm, u.neutral, $6::timestamptz
     from unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[]) as u (a, b, ohm, neutral)`,
    [
      nodeId,
      lines.map((line) => line.from),
      lines.map((line) => line.to),
      lines.map((line) => line.ohm),
      lines.map((line) => line.neutralOhm),
      timestamptz(from),
    ],
  )
  await db.query('delete from grid_line_tap where node_id = $1', [nodeId])
  await db.query(
    `insert into grid_line_tap (node_id, usage_point_id, line_end)
     select $1, u.id, u.at from unnest($2::int[], $3::text[]) as u (id, at)`,
    [nodeId, taps.map(({ usagePointId }) => usagePointId), taps.map(({ end }) => end)],
  )
  await db.query('delete from loss_network where node_id = $1 and valid_from >= $2::timestamptz', [
    nodeId,
    timestamptz(from),
  ])
  await db.query(
    `insert into loss_network (node_id, voltage, valid_from) values ($1, $2, $3::timestamptz)`,
    [nodeId, voltage, timestamptz(from)],
  )
}

/** Networks whose resistance was computed before a time, or never. */
export async function staleNetworks(db: Db, before: Instant, limit: number): Promise<number[]> {
  const rows = await db.query<{ node_id: number }>(
    `select node_id from (
       select distinct on (node_id) node_id, computed_at from loss_network
       order by node_id, valid_from desc) n
     where computed_at is null or computed_at < $1::timestamptz
     order by computed_at nulls first, node_id limit $2`,
    [timestamptz(before), limit],
  )
  return rows.map(({ node_id }) => node_id)
}

export async function selectLines(db: Db, nodeId: number): Promise<NetworkLine[]> {
  const rows = await db.query<{ from: string; to: string; ohm: string; neutral: string }>(
    `select from_end as from, to_end as to, ohm, coalesce(neutral_ohm, 0) as neutral
     from grid_line where node_id = $1 and valid_to is null`,
    [nodeId],
  )
  return rows.map(({ from, to, ohm, neutral }) => {
    return { from, to, ohm: Number(ohm), neutralOhm: Number(neutral) }
  })
}

export interface KnownTap extends NetworkTap {
  readonly usagePointId: number
  readonly isSource: boolean
  readonly energy: number
}

/** Where points are connected, with their energy of some days; supply points are the sources. */
export async function selectTaps(
  db: Db,
  nodeId: number,
  from: BusinessDate,
  to: BusinessDate,
): Promise<readonly KnownTap[]> {
  const rows = await db.query<{
    usage_point_id: number
    end: string
    phase: NetworkTap['phase']
    is_source: boolean
    energy: string
  }>(
    `select t.usage_point_id, t.line_end as end, coalesce(p.phase, 'ABC') as phase, p.role = 'supply' as is_source,
       coalesce((select sum(u.energy) from usage_day u where u.usage_point_id = t.usage_point_id
         and u.register in ('1.8.0', '2.8.0') and u.business_date between $2::date and $3::date),
         0) as energy
     from grid_line_tap t
     join usage_point_place_now p on p.usage_point_id = t.usage_point_id
       and p.node_id = t.node_id
     where t.node_id = $1 order by t.usage_point_id`,
    [nodeId, from, to],
  )
  return rows.map(({ usage_point_id, end, phase, is_source, energy }) => {
    return { usagePointId: usage_point_id, end, phase, isSource: is_source, energy: Number(energy) }
  })
}

/** By quarter of an hour the energy of each of some points, where all of them are known. */
export async function selectCurves(
  db: Db,
  points: readonly number[],
  from: Instant,
  to: Instant,
): Promise<number[][]> {
  const rows = await db.query<{ energies: readonly string[] }>(
    `select array_agg(i.energy::numeric order by i.usage_point_id) as energies
     from usage_interval($1::int[], '1.8.0', $2::timestamptz, $3::timestamptz) i
     group by i.ends_at having count(*) = cardinality($1::int[]) order by i.ends_at`,
    [points, timestamptz(from), timestamptz(to)],
  )
  return rows.map(({ energies }) => energies.map(Number))
}

/** The load of a node's supply points by quarter of an hour. */
export async function selectLoad(
  db: Db,
  nodeId: number,
  from: Instant,
  to: Instant,
): Promise<number[]> {
  const rows = await db.query<{ energy: string }>(
    `select sum(i.energy)::numeric as energy from usage_interval(
       array(select usage_point_id from usage_point_place_now
         where node_id = $1 and role = 'supply'), '1.8.0', $2::timestamptz, $3::timestamptz) i
     group by i.ends_at`,
    [nodeId, timestamptz(from), timestamptz(to)],
  )
  return rows.map(({ energy }) => Number(energy))
}

/**
 * The first resistance of new lines stands for all days since they hold, which are computed again; a
 * later one for the days from `today` on, so that past days keep theirs.
 */
export async function storeNetwork(
  db: Db,
  nodeId: number,
  ohm: string | null,
  shape: string | null,
  today: Instant,
  now: Instant,
): Promise<void> {
  await db.query(
    `with latest as (
       select * from loss_network where node_id = $1 order by valid_from desc limit 1),
     kept as (
       insert into loss_network as n (node_id, voltage, equivalent_ohm, shape, computed_at, valid_from)
       select node_id, voltage, $2::numeric, $3::numeric, $5::timestamptz,
         case when computed_at is null then valid_from else greatest(valid_from, $4::timestamptz) end
       from latest
       on conflict (node_id, valid_from) do update set equivalent_ohm = excluded.equivalent_ohm,
         shape = excluded.shape, computed_at = excluded.computed_at)
     insert into loss_touched (node_id, from_at)
     select node_id, valid_from from latest where computed_at is null`,
    [nodeId, ohm, shape, timestamptz(today), timestamptz(now)],
  )
}
