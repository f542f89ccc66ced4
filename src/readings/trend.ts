import type { ItemCode } from '#protocols/model'
import { idOf, instant, type MeterId } from '#src/core'
import type { Db } from '#src/db'
import { dataClasses } from './codes.ts'
import { bitsPerColumn, curve, elsewhere } from './columns.ts'
import type { Sampled, SampleQuery, TrendBucket, TrendQuery } from './types.ts'

/** Values of a moment: present values and load profiles. */
const momentary = [dataClasses.of('current'), dataClasses.of('interval')]

interface SampleRow {
  readonly meter_id: number
  readonly at_ms: number
  readonly digits: bigint
  readonly scale: number
}

/** What is stored of one item of each of these meters since a moment, in any order. */
export async function samplesSince(
  db: Db,
  item: ItemCode,
  queries: readonly SampleQuery[],
): Promise<readonly Sampled[]> {
  const rows = await db.query<SampleRow>(
    `with asked as materialized (
       select * from unnest($1::int[], $2::float8[]) as u (meter_id, from_ms)),
     found as (${momentsOf(item)})
     select f.meter_id, date_part('epoch', f.measured_at) * 1000 as at_ms, f.digits, f.scale
     from asked a join found f on f.meter_id = a.meter_id
       and f.measured_at >= to_timestamp(a.from_ms / 1000)
     where f.measured_at >= to_timestamp($3::float8 / 1000)`,
    [
      queries.map(({ meterId }) => meterId),
      queries.map(({ from }) => from),
      Math.min(...queries.map(({ from }) => from)),
    ],
  )
  return rows.map(({ meter_id, at_ms, digits, scale }) => {
    return { meterId: idOf(meter_id), at: instant(Math.round(at_ms)), digits, scale }
  })
}

interface BucketRow {
  readonly bucket: number
  readonly least: string
  readonly most: string
  readonly average: string
  readonly last: string
  readonly count: bigint
}

/** One item of a meter in equal stretches of time; those without a value are absent. */
export async function trendOf(
  db: Db,
  meterId: MeterId,
  item: ItemCode,
  { from, to, buckets, factor, shift }: TrendQuery,
): Promise<readonly TrendBucket[]> {
  if (to <= from || buckets < 1) return []
  const rows = await db.query<BucketRow>(
    `with found as (${momentsOf(item)}),
     shown as (
       select measured_at, digits / (10::numeric ^ scale) * $5::numeric + $6::numeric as value,
         width_bucket(date_part('epoch', measured_at) * 1000, $2::float8, $3::float8, $4::int)
           as bucket
       from found where meter_id = $1::int
         and measured_at >= to_timestamp($2::float8 / 1000)
         and measured_at < to_timestamp($3::float8 / 1000))
     select bucket, trim_scale(min(value))::text as least, trim_scale(max(value))::text as most,
       trim_scale(round(avg(value), 6))::text as average, count(*) as count,
       trim_scale((array_agg(value order by measured_at desc))[1])::text as last
     from shown group by bucket order by bucket`,
    [meterId, from, to, buckets, factor, shift],
  )
  const width = (to - from) / buckets
  return rows.map((row) => ({
    start: instant(Math.round(from + (row.bucket - 1) * width)),
    end: instant(Math.round(from + row.bucket * width)),
    min: row.least,
    max: row.most,
    average: row.average,
    last: row.last,
    count: Number(row.count),
  }))
}

/** An item's values of both tables, as they were sent. */
function momentsOf(item: ItemCode): string {
  const index = curve.indexOf.get(item)
  const column = index === undefined ? undefined : curve.columns[index]
  const others = `
    select meter_id, measured_at, digits, scale::int as scale from reading_item
    where item = '${item}' and digits is not null and data_class in (${momentary.join(', ')})`
  if (index === undefined || column === undefined) return others
  const sent = `(decimals >> ${index * Number(bitsPerColumn)} & 7)`
  return `
    select meter_id, measured_at,
      ${column.name}::bigint / (10 ^ (${column.scale} - ${sent}))::bigint as digits,
      ${sent}::int as scale
    from reading_curve where ${column.name} is not null and ${sent} <> ${elsewhere}
    union all ${others}`
}
