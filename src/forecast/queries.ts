import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { lockPosition, movePosition } from '#src/metering'
import type { Target, TargetKind } from './types.ts'

const NAME = 'forecast'

/**
 * Notes the days whose energy changed since the last look, through a change; true while there may
 * be more.
 */
export async function noteChangedDays(tx: Db, to: bigint, limit: number): Promise<boolean> {
  const before = await lockPosition(tx, NAME)
  const [row] = await tx.query<{ seq: bigint | null; count: bigint }>(
    `with seen as (
       select seq, business_date from usage_change where seq > $1::bigint
         and seq <= $3::bigint
       order by seq limit $2::int),
     noted as (insert into forecast_due select distinct business_date from seen)
     select max(seq) as seq, count(*) as count from seen`,
    [before, limit, to],
  )
  if (typeof row?.seq === 'bigint') await movePosition(tx, NAME, row.seq)
  return row !== undefined && Number(row.count) === limit
}

/** The newest finished day that is due and whose load has been added up; null where none is. */
export async function selectDueDay(tx: Db, today: BusinessDate): Promise<BusinessDate | null> {
  const [row] = await tx.query<{ date: BusinessDate }>(
    `select d.business_date::text as date from forecast_due d
     where d.business_date < $1::date
       and not exists (select from load_due l where l.business_date = d.business_date)
       and exists (select from load_cell_day c where c.business_date = d.business_date)
     order by d.business_date desc limit 1 for update skip locked`,
    [today],
  )
  return row?.date ?? null
}

interface DaySpan {
  readonly date: BusinessDate
  readonly start: Instant
  readonly end: Instant
}

/**
 * The series of every target on a day. An hour counts where each of its quarters is known of nearly
 * all usage points that told anything that day; the few that lack are taken as like the others.
 */
export async function makeSeries(tx: Db, zone: string, day: DaySpan): Promise<void> {
  await tx.query('delete from forecast_due where business_date = $1::date', [day.date])
  await tx.query('delete from forecast_series where business_date = $1::date', [day.date])
  await tx.query(
    `insert into forecast_series (business_date, kind, key, hours)
     with cell as materialized (
       select d.energy, d.points, c.node_id from load_cell_day d
       join statistics_cell c on c.id = d.cell_id
       where d.business_date = $1::date and c.role in ('receive', 'auxiliary')),
     member as (
       select g.id::text as key, p.usage_point_id from usage_group g,
         usage_group_point(g.id, $4::timestamptz) p where g.retired_at is null),
     quarter as (
       select x.kind, x.key, q.index, sum(q.energy) as energy, sum(q.points) as points
       from (
         select 'all' as kind, 'all' as key, energy, points from cell
         union all
         select a.kind, a.ancestor_id::text, c.energy, c.points
         from cell c join statistics_above($2) a on a.node_id = c.node_id
           and a.kind in ('region', 'feeder', 'area')
           and a.valid_from <= $1::date and a.valid_to > $1::date) x,
         unnest(x.energy, x.points) with ordinality q (energy, points, index)
       group by x.kind, x.key, q.index
       union all
       select 'group', m.key,
         (extract(epoch from i.ends_at - $3::timestamptz) / 900)::bigint, sum(i.energy), count(*)
       from usage_interval(array(select distinct usage_point_id from member), '1.8.0',
         $3::timestamptz, $4::timestamptz) i
       join member m on m.usage_point_id = i.usage_point_id
       group by m.key, i.ends_at),
     shared as (
       select *, max(points) over (partition by kind, key) as most from quarter),
     hour as (
       select kind, key,
         extract(hour from ($3::timestamptz + (index - 1) * interval '15 minutes')
           at time zone $2)::int as hour,
         -- Quarters of 10^-6 kWh: mean power in W.
         round(sum(energy * most / points) * 4 / 1000 / count(*))::bigint as watts,
         count(*) >= 4 and bool_and(points * 50 >= most * 49) as is_known
       from shared where points > 0 group by 1, 2, 3)
     select $1::date, t.kind, t.key,
       array_agg(case when h.is_known then h.watts end order by n.hour)
     from (select distinct kind, key from hour) t
     cross join generate_series(0, 23) n (hour)
     left join hour h on h.kind = t.kind and h.key = t.key and h.hour = n.hour
     group by t.kind, t.key`,
    [day.date, zone, timestamptz(day.start), timestamptz(day.end)],
  )
}

/** How far off the forecasts of a day were, of all targets. */
export async function scoreDay(tx: Db, date: BusinessDate): Promise<void> {
  await tx.query('delete from forecast_score where business_date = $1::date', [date])
  await tx.query(
    `insert into forecast_score (load, error, best_error, naive_error, business_date, hours,
       kind, key)
     select sum(abs(h.was)), sum(abs(h.was - h.said)), sum(abs(h.was - h.best)),
       sum(abs(h.was - h.naive)), $1::date, count(*)::smallint, f.kind, f.key
     from forecast_day f
     join forecast_series s on s.kind = f.kind and s.key = f.key
       and s.business_date = f.business_date
     cross join lateral unnest(s.hours, f.hours, f.best, f.naive) h (was, said, best, naive)
     where f.business_date = $1::date and h.was is not null group by f.kind, f.key`,
    [date],
  )
}

export interface TargetHistory extends Target {
  readonly dates: readonly BusinessDate[]
  /** 24 for each date, one after the other. */
  readonly watts: readonly (bigint | null)[]
  /** Region whose temperature counts; null where none is known. */
  readonly region_id: number | null
  /** Sums of the last days' errors of the best method and of the naive one. */
  readonly best_error: bigint | null
  readonly naive_error: bigint | null
  readonly scored: number
}

/** Targets that have a yesterday and no forecast of the day yet, with their history. */
export async function selectTargetsWithout(
  db: Db,
  day: { readonly date: BusinessDate; readonly last: BusinessDate; readonly first: BusinessDate },
  scoredFrom: BusinessDate,
  after: Target | null,
  limit: number,
): Promise<TargetHistory[]> {
  return await db.query<TargetHistory>(
    `with target as (
       select s.kind, s.key from forecast_series s
       where s.business_date = $2::date
         and ($6::text is null or (s.kind, s.key) > ($6::text, $7::text))
         and not exists (select from forecast_day f where f.business_date = $1::date
           and f.kind = s.kind and f.key = s.key)
         -- Without the same day of last week there is not even a naive one.
         and exists (select from forecast_series w where w.kind = s.kind and w.key = s.key
           and w.business_date = $1::date - 7)
       order by s.kind, s.key limit $5::int)
     select t.kind, t.key, h.dates, h.watts, r.region_id, c.best_error, c.naive_error,
       coalesce(c.scored, 0)::int as scored
     from target t
     cross join lateral (
       select array_agg(distinct s.business_date::text order by s.business_date::text) as dates,
         array_agg(w.watts order by s.business_date, w.hour) as watts
       from forecast_series s, unnest(s.hours) with ordinality w (watts, hour)
       where s.kind = t.kind and s.key = t.key
         and s.business_date between $3::date and $2::date) h
     left join lateral (
       select sum(best_error)::bigint as best_error, sum(naive_error)::bigint as naive_error,
         count(*) as scored
       from forecast_score c where c.kind = t.kind and c.key = t.key
         and c.business_date >= $4::date) c on true
     left join lateral (
       select n.id as region_id from grid_above(
         case when t.kind in ('region', 'feeder', 'area') then t.key::int end, now()) a
       join grid_node n on n.id = a.node_id and n.kind = 'region' order by a.height limit 1) r
       on true`,
    [day.date, day.last, day.first, scoredFrom, limit, after?.kind ?? null, after?.key ?? null],
  )
}

export interface StoredForecast extends Target {
  readonly date: BusinessDate
  readonly made_at: Instant
  readonly method: string
  readonly best_method: string
  readonly hours: readonly bigint[]
  readonly low: readonly bigint[]
  readonly high: readonly bigint[]
  readonly best: readonly bigint[]
  readonly naive: readonly bigint[]
}

export async function insertForecasts(tx: Db, rows: readonly StoredForecast[]): Promise<void> {
  // One array a row does not fit unnest of arrays of arrays; the rows travel as JSON.
  await tx.query(
    `insert into forecast_day (business_date, made_at, kind, key, method, best_method, hours, low,
       high, best, naive)
     select r.date, r.made_at, r.kind, r.key, r.method, r.best_method, r.hours, r.low, r.high,
       r.best, r.naive
     from jsonb_to_recordset($1::jsonb) as r (date date, made_at timestamptz, kind text, key text,
       method text, best_method text, hours bigint[], low bigint[], high bigint[], best bigint[],
       naive bigint[])
     on conflict do nothing`,
    [
      JSON.stringify(
        rows.map((row) => ({ ...row, made_at: timestamptz(row.made_at) })),
        (_, value) => (typeof value === 'bigint' ? Number(value) : value),
      ),
    ],
  )
}

interface ForecastRow extends StoredForecast {
  readonly actual: readonly (bigint | null)[] | null
}

/** A forecast with what came of it, if that is known already. */
export async function selectForecast(
  db: Db,
  { kind, key }: Target,
  date: BusinessDate,
): Promise<ForecastRow | undefined> {
  const [row] = await db.query<ForecastRow>(
    `select f.business_date::text as date, f.made_at, f.kind, f.key, f.method, f.best_method,
       f.hours, f.low, f.high, f.best, f.naive, s.hours as actual
     from forecast_day f left join forecast_series s using (kind, key, business_date)
     where f.kind = $1::text and f.key = $2::text and f.business_date = $3::date`,
    [kind, key, date],
  )
  return row
}

export interface ScoreRow extends Target {
  readonly name: string
  readonly days: number
  readonly load: bigint
  readonly error: bigint
  readonly naive_error: bigint
  readonly method: string | null
}

/** Errors over the last days by target, the largest load first. */
export async function selectScores(
  db: Db,
  from: BusinessDate,
  only: { readonly kind: TargetKind | null; readonly key: string | null },
  page: { readonly offset: number; readonly limit: number },
): Promise<ScoreRow[]> {
  return await db.query<ScoreRow>(
    `select c.kind, c.key, coalesce(n.code, g.name, '') as name, count(*)::int as days,
       sum(c.load)::bigint as load, sum(c.error)::bigint as error,
       sum(c.naive_error)::bigint as naive_error,
       (select f.method from forecast_day f where f.kind = c.kind and f.key = c.key
        order by f.business_date desc limit 1) as method
     from forecast_score c
     left join grid_node n on c.kind in ('region', 'feeder', 'area') and n.id::text = c.key
     left join usage_group g on c.kind = 'group' and g.id::text = c.key
     where c.business_date >= $1::date and ($2::text is null or c.kind = $2::text)
       and ($3::text is null or c.key = $3::text)
     group by c.kind, c.key, n.code, g.name
     order by sum(c.load) desc, c.kind, c.key offset $4::int limit $5::int`,
    [from, only.kind, only.key, page.offset, page.limit],
  )
}

/** The key of a node by its code or of a group by its name. */
export async function selectKey(
  db: Db,
  kind: TargetKind,
  name: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ key: string }>(
    `select id::text as key from grid_node where kind = $1::text and code = $2::text
     union all select id::text from usage_group where $1::text = 'group' and name = $2::text
     union all select 'all' where $1::text = 'all' limit 1`,
    [kind, name],
  )
  return row?.key
}
