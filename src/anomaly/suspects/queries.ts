import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Suspect, SuspectPlace } from './types.ts'

/**
 * Whose loss is known for so many of the days, and who was not looked at for a while: those that
 * lose most, those that lose more of late, and, so that everybody has a turn, those that wait longest.
 */
export async function areasDue(
  db: Db,
  from: BusinessDate,
  to: BusinessDate,
  limits: {
    readonly daysMin: number
    readonly pause: number
    readonly byLoss: number
    readonly byRise: number
    readonly byWaiting: number
  },
): Promise<{ readonly nodeId: number }[]> {
  const { daysMin, pause, byLoss, byRise, byWaiting } = limits
  return await db.query(
    `with known as (
       select l.scope_id as node_id, sum(l.loss - coalesce(l.technical, 0)) as unexplained,
         avg(l.loss) filter (where l.starts_on > $2::date - 7)
           - avg(l.loss) filter (where l.starts_on <= $2::date - 7) as rise
       from loss_day l
       where l.scope = 'area' and l.starts_on between $1::date and $2::date
       group by l.scope_id having count(l.loss) >= $3::int),
     due as (
       select k.node_id, k.rise, a.computed_at,
         row_number() over (order by k.unexplained desc nulls last, k.node_id) as by_loss,
         row_number() over (order by k.rise desc nulls last, k.node_id) as by_rise
       from known k left join theft_area a on a.node_id = k.node_id
       where a.node_id is null or a.to_date <= $2::date - $4::int),
     first as (
       select node_id from due where by_loss <= $5::int or (by_rise <= $6::int and rise > 0)),
     waiting as (
       select node_id from due where node_id not in (select node_id from first)
       order by computed_at nulls first, by_loss
       limit $5::int + $6::int + $7::int - (select count(*) from first))
     select d.node_id as "nodeId" from due d
     where d.node_id in (select node_id from first union all select node_id from waiting)
     order by d.by_loss`,
    [from, to, daysMin, pause, byLoss, byRise, byWaiting],
  )
}

export interface PointHours {
  readonly usagePointId: number
  /** 1: gives to the area; -1: takes from it. */
  readonly sign: number
  readonly isUser: boolean
  /** kWh by hour since the first; null where it is not known. */
  readonly hours: readonly (number | null)[]
}

/** Hourly energy of an area's points that hung there all the time. Statistics: it is not billed. */
export async function hoursOfArea(
  db: Db,
  nodeId: number,
  from: Instant,
  to: Instant,
): Promise<PointHours[]> {
  return await db.query<PointHours>(
    `with place as materialized (
       select p.usage_point_id, p.role from usage_point_place p
       where p.node_id = $1 and p.valid_from <= $2::timestamptz
         and (p.valid_to is null or p.valid_to >= $3::timestamptz)),
     points as (select array_agg(usage_point_id) as ids from place),
     flow as (
       select u.usage_point_id, '1.8.0' as register, u.ends_at, u.energy
       from points p cross join lateral
         usage_interval(p.ids, '1.8.0', $2::timestamptz, $3::timestamptz) u
       union all
       select u.usage_point_id, '2.8.0', u.ends_at, u.energy
       from points p cross join lateral
         usage_interval(p.ids, '2.8.0', $2::timestamptz, $3::timestamptz) u),
     hourly as (
       select f.usage_point_id, f.register,
         floor(extract(epoch from f.ends_at - interval '1 microsecond' - $2::timestamptz) / 3600)::int as hour,
         sum(f.energy)::float8 / 1e6 as kwh
       from flow f group by 1, 2, 3 having count(*) = 4),
     series as (
       select h.usage_point_id, h.register, array_agg(x.kwh order by g.hour) as hours
       from (select distinct usage_point_id, register from hourly) h
       cross join generate_series(0,
         (extract(epoch from $3::timestamptz - $2::timestamptz) / 3600)::int - 1) g (hour)
       left join hourly x on x.usage_point_id = h.usage_point_id and x.register = h.register
         and x.hour = g.hour
       group by h.usage_point_id, h.register)
     select s.usage_point_id as "usagePointId", s.hours,
       case when (p.role = 'supply') = (s.register = '1.8.0') then 1 else -1 end as sign,
       p.role = 'receive' and s.register = '1.8.0' as "isUser"
     from series s join place p on p.usage_point_id = s.usage_point_id
     order by s.usage_point_id, s.register`,
    [nodeId, timestamptz(from), timestamptz(to)],
  )
}

/** Of each point what is raised beside: codes with their scores. */
export async function raisedOf(
  db: Db,
  points: readonly number[],
): Promise<{ readonly usagePointId: number; readonly code: string; readonly score: number }[]> {
  return await db.query(
    `select usage_point_id as "usagePointId", code, score from anomaly
     where usage_point_id = any($1::int[]) and code <> 'theft-suspect'
       and state in ('open', 'confirmed')`,
    [points],
  )
}

export interface SuspectRow {
  readonly usagePointId: number
  readonly score: string
  readonly manner: string
  readonly since: BusinessDate
  readonly energy: bigint
  readonly energyLow: bigint
  readonly energyHigh: bigint
  readonly detail: Readonly<Record<string, unknown>>
  /** kWh of the estimate by day, as exact decimals. */
  readonly explained: readonly string[]
}

/** What was computed of an area takes the place of what was before. */
export async function putSuspects(
  tx: Db,
  nodeId: number,
  span: { readonly from: BusinessDate; readonly to: BusinessDate; readonly now: Instant },
  rows: readonly SuspectRow[],
  obstacle: string | null,
): Promise<void> {
  await tx.query('delete from theft_suspect where node_id = $1', [nodeId])
  await tx.query(
    `insert into theft_suspect (usage_point_id, node_id, score, manner, since, from_date, to_date,
       energy, energy_low, energy_high, detail, explained, computed_at)
     select x.id, $1, x.score, x.manner, x.since, $2::date, $3::date, x.energy, x.low, x.high,
       x.detail, x.explained::numeric[], $4::timestamptz
     from unnest($5::int[], $6::numeric[], $7::text[], $8::date[], $9::bigint[], $10::bigint[],
       $11::bigint[], $12::jsonb[], $13::text[]) as x (id, score, manner, since, energy, low, high,
       detail, explained)
     on conflict (usage_point_id) do update set node_id = excluded.node_id,
       score = excluded.score, manner = excluded.manner, since = excluded.since,
       from_date = excluded.from_date, to_date = excluded.to_date, energy = excluded.energy,
       energy_low = excluded.energy_low, energy_high = excluded.energy_high,
       detail = excluded.detail, explained = excluded.explained, computed_at = excluded.computed_at`,
    [
      ...[nodeId, span.from, span.to, timestamptz(span.now)],
      rows.map((one) => one.usagePointId),
      rows.map((one) => one.score),
      rows.map((one) => one.manner),
      rows.map((one) => one.since),
      rows.map((one) => one.energy.toString()),
      rows.map((one) => one.energyLow.toString()),
      rows.map((one) => one.energyHigh.toString()),
      rows.map((one) => JSON.stringify(one.detail)),
      rows.map((one) => `{${one.explained.join(',')}}`),
    ],
  )
  await tx.query(
    `insert into theft_area (node_id, to_date, computed_at, obstacle)
     values ($1, $2::date, $3::timestamptz, $4)
     on conflict (node_id) do update set to_date = excluded.to_date,
       computed_at = excluded.computed_at, obstacle = excluded.obstacle`,
    [nodeId, span.to, timestamptz(span.now), obstacle],
  )
}

/**
 * Says of each point of the area that was looked at, as a rule's word of the day, whether it is
 * suspected. Of whom no template says anything there is no row: nothing speaks against them.
 */
export async function saySuspects(
  tx: Db,
  nodeId: number,
  looked: readonly number[],
  rule: { readonly code: string; readonly version: number },
  limits: { readonly score: number; readonly end: number },
): Promise<void> {
  await tx.query(
    `create temporary table anomaly_batch on commit drop as
     select distinct id as usage_point_id from unnest($1::int[]) l (id)`,
    [looked],
  )
  await tx.query(
    `create temporary table anomaly_said on commit drop as
     select usage_point_id, $2::text as code, $3::int as version, score >= $4::int as is_hit,
       greatest(1, least(5, 1 / greatest(0.2, (100 - score) / (100 - $4::numeric)))) as strength,
       greatest(energy, 0) as energy,
       detail || jsonb_build_object('score', score, 'since', since, 'manner', manner,
         'kWh', round(energy / 1e6, 2), 'atLeast', round(energy_low / 1e6, 2),
         'atMost', round(energy_high / 1e6, 2)) as evidence
     from theft_suspect where node_id = $1 and (score >= $4::int or score < $5::int)
     union all
     select b.usage_point_id, $2::text, $3::int, false, 1, 0, '{"score": 0}'
     from anomaly_batch b where not exists (
       select from theft_suspect s where s.usage_point_id = b.usage_point_id)`,
    [nodeId, rule.code, rule.version, limits.score, limits.end],
  )
}

const columns = `s.usage_point_id as "usagePointId", u.code as "usagePoint", s.node_id as "nodeId",
  n.code as node, s.score::text as score, s.manner, s.since, s.from_date as "from",
  s.to_date as "to", s.energy, s.energy_low as "energyLow", s.energy_high as "energyHigh",
  round(s.energy * anomaly_price_of(s.usage_point_id, s.to_date) / 1000000, 2)::text as worth, s.detail, s.computed_at as "computedAt"`
const tables = `theft_suspect s join usage_point u on u.id = s.usage_point_id
  join grid_node n on n.id = s.node_id`

export async function selectSuspects(
  db: Db,
  { node, scoreMin = 0 }: { readonly node?: number; readonly scoreMin?: number },
  after: SuspectPlace | null,
  limit: number,
): Promise<Suspect[]> {
  return await db.query<Suspect>(
    `select ${columns} from ${tables}
     where ($1::int is null or s.node_id = $1) and s.score >= $2::int
       and ($3::numeric is null or (s.score, s.usage_point_id) < ($3::numeric, $4::int))
     order by s.score desc, s.usage_point_id desc limit $5`,
    [node ?? null, scoreMin, after?.score ?? null, after?.usagePointId ?? null, limit],
  )
}

export async function selectSuspect(db: Db, usagePointId: number): Promise<Suspect | undefined> {
  const rows = await db.query<Suspect>(
    `select ${columns} from ${tables} where s.usage_point_id = $1`,
    [usagePointId],
  )
  return rows[0]
}
