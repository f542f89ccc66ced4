import type { BusinessDate, CivilTime, Clock, Instant } from '#src/core'
import { fail, ok, type Result } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { mistakeInDays } from './energy.ts'
import { earlierDate, earlierEnd, growthOf, starts } from './periods.ts'
import {
  gridKinds,
  type LoadQuery,
  type LoadSum,
  type PointLoad,
  type StatisticsRefusal,
  type SumCurvePoint,
} from './types.ts'

interface Row {
  readonly key: string
  readonly code: string
  readonly node: number | null
  readonly name: string
  readonly within: string | null
  readonly starts: BusinessDate
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly energy: string
  readonly mean: string
  readonly peak: string
  readonly peak_at: Instant
  readonly least: string
  readonly least_at: Instant
  readonly load_factor: string | null
  readonly difference: string
  readonly ratio: string | null
  readonly day_difference: string
  readonly coincidence: string | null
  readonly points: number
  readonly quarters: bigint
  readonly thin: bigint
}

/** Load of sums by dimension and period, with what it was before where that is asked for. */
export async function loadOf(
  db: Db,
  civil: CivilTime,
  clock: Clock,
  query: LoadQuery,
  page: { readonly offset: number; readonly limit: number },
): Promise<Result<{ items: readonly LoadSum[]; next: number | null }, StatisticsRefusal>> {
  const wrong = mistakeInDays(civil, query.from, query.to)
  if (wrong !== null) return fail({ kind: 'wrong-range', message: wrong })
  const rows = await selectLoad(db, civil, query, { ...page, limit: page.limit + 1 }, null)
  const shown = rows.slice(0, page.limit)
  const until = civil.addDays(civil.dateOf(clock.now()), -1)
  const before = await earlier(db, civil, query, shown, until)
  return ok({
    items: shown.map((row) => sumOf(row, before.get(`${row.key} ${row.starts}`))),
    next: rows.length > page.limit ? page.offset + page.limit : null,
  })
}

/**
 * The same periods a year ago, or the ones just before, by the key and start of the present: of one
 * that is not over only the days that match those that are.
 */
async function earlier(
  db: Db,
  civil: CivilTime,
  { compare, ...query }: LoadQuery,
  shown: readonly Row[],
  until: BusinessDate,
): Promise<ReadonlyMap<string, Row>> {
  const to = until < query.to ? until : query.to
  if (compare === null || shown.length === 0 || to < query.from) return new Map()
  const back = (date: BusinessDate) => earlierDate(civil, query, compare, date)
  const keys = [...new Set(shown.map(({ key }) => key))]
  const end = earlierEnd(civil, query, compare, to)
  const asked = { ...query, compare: null, from: back(query.from), to: end }
  const page = { offset: 0, limit: 100_000 }
  const rows = await selectLoad(db, civil, asked, page, keys)
  const found = new Map(rows.map((row) => [`${row.key} ${row.starts}`, row]))
  return new Map(
    shown.flatMap(({ key, starts: start }) => {
      const row = found.get(`${key} ${back(start)}`)
      return row === undefined ? [] : [[`${key} ${start}`, row] as const]
    }),
  )
}

/** The region around a region, by the grid as it was when its last day ended. */
const within = `(select r.code from grid_above(n.id,
    ((p.last + 1)::timestamp at time zone $8::text) - interval '1 microsecond') a
  join grid_node r on r.id = a.node_id and r.kind = 'region'
  where a.height > 0 order by a.height limit 1)`

async function selectLoad(
  db: Db,
  civil: CivilTime,
  { by, period, from, to, node }: LoadQuery,
  page: { readonly offset: number; readonly limit: number },
  keys: readonly string[] | null,
): Promise<readonly Row[]> {
  const ofGrid = gridKinds.includes(by)
  return await db.query<Row>(
    `with told as (
       select l.*, ${starts[period]('business_date', '$2')} as starts
       from load_sum_day l
       where kind = $1 and business_date >= $2::date and business_date <= $3::date
         and ($4::text[] is null or key = any($4::text[]))
         and ($5::int is null or kind not in ('region', 'substation', 'bus', 'feeder', 'area')
           or nullif(key, '')::int in (select node_id from grid_below($5::int, ($3::date + 1)::timestamptz)))),
     period as (
       select key, starts, min(business_date) as first, max(business_date) as last,
         sum(energy) as energy, sum(quarters) as quarters, max(peak) as peak, min(least) as least,
         (array_agg(peak_at order by peak desc, peak_at))[1] as peak_at,
         (array_agg(least_at order by least, least_at))[1] as least_at,
         (array_agg(peaks order by peak desc, peak_at))[1] as peaks,
         max(peak - least) as day_difference, max(points) as points,
         sum(thin_quarters) as thin
       from told group by key, starts)
     select p.key, ${ofGrid ? `coalesce(n.code, '')` : 'p.key'} as code,
       ${ofGrid ? 'n.id' : 'null::int'} as node, ${ofGrid ? `coalesce(n.name, '')` : `''`} as name,
       ${by === 'region' ? within : 'null::text'} as within,
       p.starts::text as starts, p.first::text as "from", p.last::text as "to",
       trim_scale(p.energy * 0.000001)::text as energy,
       round(p.energy * 4 / p.quarters * 0.000001, 3)::text as mean,
       trim_scale(p.peak * 0.000004)::text as peak, p.peak_at,
       trim_scale(p.least * 0.000004)::text as least, p.least_at,
       round(p.energy / nullif(p.peak::numeric * p.quarters, 0), 4)::text as load_factor,
       trim_scale((p.peak - p.least) * 0.000004)::text as difference,
       round((p.peak - p.least)::numeric / nullif(p.peak, 0), 4)::text as ratio,
       trim_scale(p.day_difference * 0.000004)::text as day_difference,
       round(p.peak::numeric / nullif(p.peaks, 0), 4)::text as coincidence,
       p.points, p.quarters, p.thin
     from period p ${ofGrid ? `left join grid_node n on n.id = nullif(p.key, '')::int` : ''}
     where $8::text is not null
     order by p.starts, code offset $6::int limit $7::int`,
    [by, from, to, keys, node, page.offset, page.limit, civil.zone],
  )
}

function sumOf(row: Row, before: Row | undefined): LoadSum {
  return {
    key: row.code || null,
    node: row.node,
    name: row.name,
    within: row.within,
    from: row.from,
    to: row.to,
    energy: row.energy,
    mean: row.mean,
    peak: row.peak,
    peakAt: row.peak_at,
    least: row.least,
    leastAt: row.least_at,
    loadFactor: row.load_factor,
    peakValley: row.difference,
    peakValleyRatio: row.ratio,
    peakValleyOfDay: row.day_difference,
    coincidence: row.coincidence,
    points: row.points,
    quarters: Number(row.quarters),
    thinQuarters: Number(row.thin),
    before: before === undefined ? null : { energy: before.energy, peak: before.peak },
    energyGrowth: before === undefined ? null : growthOf(row.energy, before.energy),
    peakGrowth: before === undefined ? null : growthOf(row.peak, before.peak),
  }
}

interface PointRow extends Omit<PointLoad, 'peakAt' | 'quarters'> {
  readonly peak_at: Instant
  readonly quarters: number
}

/** What each day's load of one usage point was. */
export async function pointLoadOf(
  db: Db,
  point: number,
  from: BusinessDate,
  to: BusinessDate,
): Promise<readonly PointLoad[]> {
  const rows = await db.query<PointRow>(
    `select business_date::text as date, trim_scale(energy * 0.000001)::text as energy,
       trim_scale(peak * 0.000004)::text as peak, peak_at,
       trim_scale(least * 0.000004)::text as least,
       round(energy::numeric * 4 / quarters * 0.000001, 3)::text as mean,
       round(energy::numeric / nullif(peak::numeric * quarters, 0), 4)::text as "loadFactor",
       trim_scale((peak - least) * 0.000004)::text as "peakValley",
       case when night_quarters > 0
         then round(night::numeric * 4 / night_quarters * 0.000001, 3)::text end as "nightBase",
       quarters
     from load_day
     where usage_point_id = $1::int and business_date >= $2::date and business_date <= $3::date
     order by business_date`,
    [point, from, to],
  )
  return rows.map(({ peak_at, ...row }) => ({ ...row, peakAt: peak_at }))
}

interface CurveRow {
  readonly ends_at: Instant
  readonly energy: string
  readonly power: string
  readonly points: number
}

/** More usage points than this nobody adds up while somebody waits. */
const AT_ONCE_MAX = 5_000

/** Of whoever is in a group when a day ends, or hangs below a node on it. */
const curveMembers = {
  group: `select usage_point_id from usage_group_point($1::int,
    $3::timestamptz - interval '1 microsecond')`,
  node: `select s.usage_point_id from statistics_segment s
    join statistics_cell c on c.id = s.cell_id and c.role in ('receive', 'auxiliary')
    where s.valid_from <= $4::date and s.valid_to > $4::date and c.node_id in (
      select a.node_id from statistics_above($5) a
      where a.ancestor_id = $1::int and a.valid_from <= $4::date and a.valid_to > $4::date)`,
} as const

/** The curve of a day from the quarters of its usage points: of groups, and of a day that goes on. */
async function addedCurveOf(
  db: Db,
  civil: CivilTime,
  kind: keyof typeof curveMembers,
  id: number,
  date: BusinessDate,
): Promise<readonly SumCurvePoint[]> {
  const [start, end] = [civil.startOf(date), civil.startOf(civil.addDays(date, 1))]
  const rows = await db.query<CurveRow>(
    `with member as materialized (${curveMembers[kind]} limit ${AT_ONCE_MAX + 1})
     select ends_at, trim_scale(sum(energy) * 0.000001)::text as energy,
       trim_scale(sum(energy) * 0.000004)::text as power, count(*)::int as points
     from usage_interval(array(select usage_point_id from member
       where (select count(*) from member) <= ${AT_ONCE_MAX}), '1.8.0', $2::timestamptz,
       $3::timestamptz)
     where quality <> 4 and $4::date is not null and $5::text is not null
     group by 1 order by 1`,
    [id, timestamptz(start), timestamptz(end), date, civil.zone],
  )
  return rows.map(({ ends_at, ...row }) => ({ at: ends_at, ...row }))
}

/**
 * The load curve of one sum: a value for each quarter of which any usage point told. Days that are
 * over are kept for everything but groups; today is added up while it goes on.
 */
export async function sumCurveOf(
  db: Db,
  civil: CivilTime,
  today: BusinessDate,
  asked: { kind: string; key: string; from: BusinessDate; to: BusinessDate },
): Promise<readonly SumCurvePoint[]> {
  const { kind, key, from, to } = asked
  const id = /^\d{1,9}$/.test(key) ? Number(key) : null
  const dates: BusinessDate[] = []
  for (let date = from; date <= to; date = civil.addDays(date, 1)) dates.push(date)
  const isAdded = (date: BusinessDate) =>
    kind === 'group' || (date >= today && gridKinds.includes(kind))
  const added: (readonly SumCurvePoint[])[] = []
  for (const date of dates.filter((one) => id !== null && isAdded(one))) {
    added.push(await addedCurveOf(db, civil, kind === 'group' ? 'group' : 'node', id ?? 0, date))
  }
  const kept = dates.filter((date) => !isAdded(date))
  return [...(await keptCurveOf(db, civil, kind, key, kept)), ...added.flat()]
}

async function keptCurveOf(
  db: Db,
  civil: CivilTime,
  kind: string,
  key: string,
  dates: readonly BusinessDate[],
): Promise<readonly SumCurvePoint[]> {
  const rows = await db.query<CurveRow>(
    `with day as (select * from unnest($3::date[], $4::timestamptz[]) d (business_date, start)),
     cell as (
       select d.business_date, y.start, d.energy, d.points
       from load_cell_day d join day y on y.business_date = d.business_date
       join statistics_cell c on c.id = d.cell_id and c.role in ('receive', 'auxiliary')
       where case $1
         when 'none' then true when 'trade' then c.trade = $2 when 'tariff' then c.tariff = $2
         when 'class' then c.customer_class = $2
         else c.node_id in (
           select a.node_id from statistics_above($5) a
           where a.ancestor_id::text = $2 and a.valid_from <= d.business_date
             and a.valid_to > d.business_date) end)
     select c.start + q.index * interval '15 minutes' as ends_at,
       trim_scale(sum(q.energy) * 0.000001)::text as energy,
       trim_scale(sum(q.energy) * 0.000004)::text as power, sum(q.points)::int as points
     from cell c, unnest(c.energy, c.points) with ordinality q (energy, points, index)
     group by 1 having sum(q.points) > 0 order by 1`,
    [kind, key, dates, dates.map((date) => timestamptz(civil.startOf(date))), civil.zone],
  )
  return rows.map(({ ends_at, ...row }) => ({ at: ends_at, ...row }))
}
