import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { CurveQuantity, PointCurve } from './types.ts'

/** Columns of present values, with the power of ten they are stored in. */
const columns: Readonly<
  Record<Exclude<CurveQuantity, 'load' | 'energy'>, readonly [column: string, scale: number]>
> = {
  power: ['power', 4],
  reactivePower: ['reactive_power', 4],
  powerFactor: ['power_factor', 4],
  frequency: ['frequency', 3],
  voltageA: ['voltage_a', 3],
  voltageB: ['voltage_b', 3],
  voltageC: ['voltage_c', 3],
  currentA: ['current_a', 3],
  currentB: ['current_b', 3],
  currentC: ['current_c', 3],
}

/** A usage point by its number here and the code people know it by. */
interface NamedPoint {
  readonly id: number
  readonly code: string
}

/** Those that exist, in the order they are named. */
export async function selectPoints(
  db: Db,
  codes: readonly string[],
): Promise<readonly NamedPoint[]> {
  return await db.query<NamedPoint>(
    `select u.id, u.code from unnest($1::text[]) with ordinality a (code, n)
     join usage_point u on u.code = a.code order by a.n`,
    [codes],
  )
}

interface Row {
  readonly id: number
  readonly at: Instant
  readonly value: string
  readonly quality: number
}

/**
 * Curves of usage points: primary load and energy by quarter of an hour, or what meters sent of the
 * moment, as it was read. One statement for all of them.
 */
export async function selectCurves(
  db: Db,
  points: readonly NamedPoint[],
  quantity: CurveQuantity,
  register: string,
  range: { readonly from: Instant; readonly to: Instant },
): Promise<readonly PointCurve[]> {
  const bounds = [points.map(({ id }) => id), timestamptz(range.from), timestamptz(range.to)]
  const rows =
    quantity === 'load' || quantity === 'energy'
      ? await db.query<Row>(
          `select usage_point_id as id, ends_at as at,
             trim_scale(energy * ${quantity === 'load' ? '0.000004' : '0.000001'})::text as value,
             quality::int as quality
           from usage_interval($1::int[], $4, $2::timestamptz, $3::timestamptz)
           order by usage_point_id, ends_at`,
          [...bounds, register],
        )
      : await momentary(db, columns[quantity], bounds)
  const byPoint = Map.groupBy(rows, ({ id }) => id)
  return points.map(({ id, code }) => ({
    point: code,
    items: (byPoint.get(id) ?? []).map(({ at, value, quality }) => ({
      at,
      value,
      quality: qualityWords[quality - 1] ?? 'measured',
    })),
  }))
}

const qualityWords = [
  'measured',
  'interpolated',
  'suspect',
  'incomplete',
  'estimated',
  'edited',
] as const

async function momentary(
  db: Db,
  [column, scale]: readonly [string, number],
  bounds: readonly unknown[],
): Promise<readonly Row[]> {
  return await db.query<Row>(
    `select i.usage_point_id as id, c.measured_at as at,
       trim_scale(c.${column} / 1e${scale}::numeric)::text as value,
       case when c.quality < 3 then 1 else 3 end as quality
     from installation i join reading_curve c on c.meter_id = i.meter_id
       and c.measured_at >= i.valid_from and (i.valid_to is null or c.measured_at < i.valid_to)
     where i.usage_point_id = any($1::int[]) and c.${column} is not null
       and c.measured_at >= $2::timestamptz and c.measured_at <= $3::timestamptz
     order by i.usage_point_id, c.measured_at`,
    bounds,
  )
}

/** Energy of the days of usage points, each with its quality; a day without data is absent. */
export async function selectDays(
  db: Db,
  points: readonly number[],
  from: BusinessDate,
  to: BusinessDate,
): Promise<readonly { id: number; date: BusinessDate; energy: string; quality: string }[]> {
  const rows = await db.query<{ id: number; date: BusinessDate; energy: string; quality: number }>(
    `select usage_point_id as id, business_date::text as date,
       trim_scale(energy * 0.000001)::text as energy, quality::int as quality
     from usage_day where usage_point_id = any($1::int[]) and register = '1.8.0'
       and business_date between $2::date and $3::date
     order by usage_point_id, business_date`,
    [points, from, to],
  )
  return rows.map((row) => ({ ...row, quality: qualityWords[row.quality - 1] ?? 'measured' }))
}
