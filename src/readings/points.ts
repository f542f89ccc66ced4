import type { ItemCode } from '#protocols/model'
import { type Instant, instant, type MeterId } from '#src/core'
import type { Db } from '#src/db'
import { asSent, type Column, curve, daily, decimalsAt, type WideTable } from './columns.ts'
import { interpolationMax, type Period, type Point } from './energy.ts'

/** A stretch of time of one meter, both ends inclusive. */
export interface Probe extends Period {
  readonly meterId: MeterId
}

/** `decimals` is null for a row of reading_item, whose value is `digits` and `scale`. */
interface PointRow {
  readonly n: number
  readonly measured_at: Instant
  readonly digits: bigint
  readonly scale: number | null
  readonly decimals: bigint | null
  readonly quality: number
  readonly data_class: number
}

/**
 * The readings of a register that matter to contiguous periods of one meter: of every stretch
 * the first and the last, so that all neighbours of all boundaries are among them.
 */
export async function pointsOf(
  db: Db,
  meterId: MeterId,
  register: ItemCode,
  periods: readonly Period[],
): Promise<readonly Point[]> {
  const first = periods[0]
  const last = periods.at(-1)
  if (first === undefined || last === undefined) return []
  const whole = around(meterId, { start: first.start, end: last.end })
  if (periods.some(({ start, end }) => end - start > interpolationMax)) {
    const inside = periods.map((period) => ({ meterId, ...period }))
    return (await edgePoints(db, register, [...whole, ...inside])).flat()
  }
  const [before, , after] = whole
  return await quarterPoints(db, register, {
    meterId,
    start: before?.start ?? first.start,
    end: after?.end ?? last.end,
  })
}

/** A period between the stretches on both sides that may hold a neighbour of its boundaries. */
export function around(meterId: MeterId, { start, end }: Period): Probe[] {
  return [
    { meterId, start: instant(start - interpolationMax), end: start },
    { meterId, start, end },
    { meterId, start: end, end: instant(end + interpolationMax) },
  ]
}

/** The first and the last reading of each stretch, found by the index. */
export async function edgePoints(
  db: Db,
  register: ItemCode,
  probes: readonly Probe[],
): Promise<readonly (readonly Point[])[]> {
  const sources = [curve, daily].flatMap((table) => {
    const column = columnOf(table, register)
    return column === undefined ? [] : [probe(table, column, 'asc'), probe(table, column, 'desc')]
  })
  const rows = await db.query<PointRow>(
    `select (p.n - 1)::int as n, e.* from unnest($1::int[], $2::float8[], $3::float8[])
       with ordinality as p (meter_id, start_ms, end_ms, n)
     cross join lateral (${[...sources, itemProbe].join(' union all ')}) e`,
    [
      probes.map(({ meterId }) => meterId),
      probes.map(({ start }) => start),
      probes.map(({ end }) => end),
      register,
    ],
  )
  const points: Point[][] = probes.map(() => [])
  for (const row of sorted(rows)) points[row.n]?.push(pointOf(register, row))
  return points
}

const within = `t.measured_at >= to_timestamp(p.start_ms / 1000)
  and t.measured_at <= to_timestamp(p.end_ms / 1000)`

const probe = (table: WideTable, column: Column, order: 'asc' | 'desc'): string =>
  `(select t.measured_at, t.${column.name}::bigint as digits, null::smallint as scale,
      t.decimals, t.quality, t.data_class
    from ${table.name} t
    where t.meter_id = p.meter_id and t.${column.name} is not null and ${within}
    order by t.measured_at ${order} limit 1)`

const itemProbe = `(select t.measured_at, t.digits, t.scale, null::bigint, t.quality, t.data_class
  from reading_item t
  where t.meter_id = p.meter_id and t.item = $4::text and t.data_class in (1, 2, 3, 4)
    and t.digits is not null and ${within})`

/** The first and the last reading of every quarter of an hour, the finest period there is. */
async function quarterPoints(
  db: Db,
  register: ItemCode,
  { meterId, start, end }: Probe,
): Promise<readonly Point[]> {
  const range = `t.measured_at between to_timestamp($2::float8 / 1000)
    and to_timestamp($3::float8 / 1000)`
  const sources = [curve, daily].flatMap((table) => {
    const column = columnOf(table, register)
    return column === undefined ? [] : [quarterEdges(table, column, range)]
  })
  const items = `select 0 as n, t.measured_at, t.digits, t.scale, null::bigint as decimals,
      t.quality, t.data_class from reading_item t
    where t.meter_id = $1::int and t.item = $4::text and t.data_class in (1, 2, 3, 4)
      and t.digits is not null and ${range}`
  const rows = await db.query<PointRow>([...sources, items].join(' union all '), [
    meterId,
    start,
    end,
    register,
  ])
  return sorted(rows).map((row) => pointOf(register, row))
}

const quarterEdges = (table: WideTable, column: Column, range: string): string =>
  `select 0 as n, measured_at, digits, null::smallint as scale, decimals, quality, data_class from (
     select measured_at, ${column.name}::bigint as digits, decimals, quality, data_class, quarter,
       lag(quarter) over by_time as before, lead(quarter) over by_time as after
     from (
       select t.*, date_bin('15 minutes', t.measured_at, 'epoch') as quarter from ${table.name} t
       where t.meter_id = $1::int and t.${column.name} is not null and ${range}) as readings
     window by_time as (order by measured_at)) as marked
   where before is distinct from quarter or after is distinct from quarter`

/** Freezes before present values of the same moment: the first of a moment is the one that counts. */
function sorted(rows: readonly PointRow[]): PointRow[] {
  return [...rows].sort((a, b) => a.measured_at - b.measured_at || b.data_class - a.data_class)
}

function columnOf(table: WideTable, register: ItemCode): Column | undefined {
  return table.columns[table.indexOf.get(register) ?? -1]
}

function pointOf(register: ItemCode, row: PointRow): Point {
  const doubtful = row.quality !== 1
  if (row.decimals === null) {
    return { at: row.measured_at, digits: row.digits, scale: row.scale ?? 0, doubtful }
  }
  const table = row.data_class === 3 ? daily : curve
  const column = columnOf(table, register)
  const decimals = decimalsAt(row.decimals, table.indexOf.get(register) ?? 0)
  const sent =
    column === undefined ? { digits: 0n, scale: 0 } : asSent(column, row.digits, decimals)
  return { at: row.measured_at, ...sent, doubtful }
}
