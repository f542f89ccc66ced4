import type { ItemCode } from '#protocols/model'
import { idOf, instant, type MeterId } from '#src/core'
import type { Db } from '#src/db'
import { bitsPerColumn, type Column, curve, daily, type WideTable } from './columns.ts'
import { interpolationMax, type Period, type Point } from './energy.ts'

/** One reading of a register, in few and cheap columns: there may be thousands. */
interface PointRow {
  readonly meter_id: number
  readonly at_ms: number
  readonly digits: bigint
  readonly scale: number
  /** Ten times the class plus the quality. */
  readonly kind: number
}

const at = `date_part('epoch', t.measured_at) * 1000 as at_ms`
const kind = `t.data_class * 10 + t.quality as kind`

/** The value as it was sent, taken out of its column. */
function asSent(table: WideTable, column: Column): string {
  const shift = table.columns.indexOf(column) * Number(bitsPerColumn)
  const sent = `(t.decimals >> ${shift} & 7)::int`
  return `t.${column.name}::bigint / (10 ^ (${column.scale} - ${sent}))::bigint as digits,
    ${sent} as scale`
}

/**
 * The readings of a meter's register that matter to contiguous periods: of every period, and of
 * the hour before and after them all, at least the first and the last one. So the neighbours of
 * every boundary are among them.
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
  const [before, whole, after] = around({ start: first.start, end: last.end })
  const isFine = periods.every(({ start, end }) => end - start <= interpolationMax)
  if (isFine) {
    const range = { start: before.start, end: after.end }
    const found = await edgesByBucket(db, register, [meterId], range, quarters)
    return found.get(meterId) ?? []
  }
  const found = await edgesByProbe(
    db,
    register,
    [before, whole, after, ...periods].map((period) => ({ meterId, ...period })),
  )
  return found.get(meterId) ?? []
}

/** The same for one period of many meters: a scan is cheaper than a probe for each. */
export async function pointsOfMany(
  db: Db,
  meterIds: readonly MeterId[],
  register: ItemCode,
  period: Period,
): Promise<ReadonlyMap<MeterId, readonly Point[]>> {
  const [before, , after] = around(period)
  const range = { start: before.start, end: after.end }
  return await edgesByBucket(db, register, meterIds, range, thirds(period))
}

/** The same for one long period of each of some meters. */
export async function pointsOfEach(
  db: Db,
  register: ItemCode,
  spans: readonly (Period & { readonly meterId: MeterId })[],
): Promise<ReadonlyMap<MeterId, readonly Point[]>> {
  const probes = spans.flatMap((span) =>
    around(span).map((period) => ({ meterId: span.meterId, ...period })),
  )
  return await edgesByProbe(db, register, probes)
}

/** A period between the two stretches that may hold a neighbour of its boundaries. */
function around({ start, end }: Period): [Period, Period, Period] {
  return [
    { start: instant(start - interpolationMax), end: start },
    { start, end },
    { start: end, end: instant(end + interpolationMax) },
  ]
}

/** The finest periods there are begin at quarters of an hour, in every zone. */
const quarters = `date_bin('15 minutes', t.measured_at, 'epoch')`

/** Before the period, inside it (both ends included) and after it. */
const thirds = ({ start, end }: Period): string => `case
  when t.measured_at < to_timestamp(${start}::float8 / 1000) then 0
  when t.measured_at <= to_timestamp(${end}::float8 / 1000) then 1 else 2 end`

/** One scan of the range; of each bucket of each meter the first and the last reading. */
async function edgesByBucket(
  db: Db,
  register: ItemCode,
  meterIds: readonly MeterId[],
  { start, end }: Period,
  bucket: string,
): Promise<ReadonlyMap<MeterId, readonly Point[]>> {
  const range = `t.measured_at between to_timestamp($2::float8 / 1000)
    and to_timestamp($3::float8 / 1000)`
  const sources = [curve, daily].flatMap((table) => {
    const column = columnOf(table, register)
    if (column === undefined) return []
    return `select meter_id, at_ms, digits, scale, kind
      from (
        select *, lag(bucket) over by_time as before, lead(bucket) over by_time as after
        from (
          select t.meter_id, t.measured_at, ${at}, ${asSent(table, column)}, ${kind},
            ${bucket} as bucket
          from ${table.name} t
          where t.meter_id = any($1::int[]) and t.${column.name} is not null and ${range}
        ) as readings
        window by_time as (partition by meter_id order by measured_at)
      ) as marked
      where before is distinct from bucket or after is distinct from bucket`
  })
  const items = `select t.meter_id, ${at}, t.digits, t.scale::int, ${kind}
    from reading_item t
    where t.meter_id = any($1::int[]) and t.item = $4::text and t.data_class in (1, 2, 3, 4)
      and t.digits is not null and ${range}`
  const rows = await db.query<PointRow>([...sources, items].join(' union all '), [
    meterIds,
    start,
    end,
    register,
  ])
  return byMeter(rows)
}

/** The first and the last reading of each stretch, found by the index. */
async function edgesByProbe(
  db: Db,
  register: ItemCode,
  probes: readonly (Period & { readonly meterId: MeterId })[],
): Promise<ReadonlyMap<MeterId, readonly Point[]>> {
  // The outer bounds let the planner leave most chunks out once instead of for every probe.
  const within = `t.meter_id = p.meter_id
    and t.measured_at >= to_timestamp(p.start_ms / 1000)
    and t.measured_at <= to_timestamp(p.end_ms / 1000)
    and t.measured_at between to_timestamp($5::float8 / 1000) and to_timestamp($6::float8 / 1000)`
  const edge = (table: WideTable, column: Column, order: 'asc' | 'desc') =>
    `(select ${at}, ${asSent(table, column)}, ${kind}
      from ${table.name} t where t.${column.name} is not null and ${within}
      order by t.measured_at ${order} limit 1)`
  const sources = [curve, daily].flatMap((table) => {
    const column = columnOf(table, register)
    return column === undefined ? [] : [edge(table, column, 'asc'), edge(table, column, 'desc')]
  })
  const items = `(select ${at}, t.digits, t.scale::int, ${kind}
    from reading_item t where t.item = $4::text and t.data_class in (1, 2, 3, 4)
      and t.digits is not null and ${within})`
  const rows = await db.query<PointRow>(
    `select p.meter_id, e.* from unnest($1::int[], $2::float8[], $3::float8[])
       as p (meter_id, start_ms, end_ms)
     cross join lateral (${[...sources, items].join(' union all ')}) e`,
    [
      probes.map(({ meterId }) => meterId),
      probes.map(({ start }) => start),
      probes.map(({ end }) => end),
      register,
      probes.reduce((least, { start }) => Math.min(least, start), Number.MAX_SAFE_INTEGER),
      probes.reduce((most, { end }) => Math.max(most, end), 0),
    ],
  )
  return byMeter(rows)
}

/** Freezes before present values: of several readings of one moment the first counts. */
function byMeter(rows: readonly PointRow[]): ReadonlyMap<MeterId, readonly Point[]> {
  const points = new Map<MeterId, Point[]>()
  for (const row of [...rows].sort((a, b) => a.at_ms - b.at_ms || b.kind - a.kind)) {
    const meterId: MeterId = idOf(row.meter_id)
    const own = points.get(meterId)
    if (own === undefined) points.set(meterId, [pointOf(row)])
    else own.push(pointOf(row))
  }
  return points
}

const pointOf = ({ at_ms, digits, scale, kind: sort }: PointRow): Point => ({
  // Seconds in floating point are exact to the microsecond.
  at: instant(Math.round(at_ms)),
  digits,
  scale,
  doubtful: sort % 10 !== 1,
})

function columnOf(table: WideTable, register: ItemCode): Column | undefined {
  return table.columns[table.indexOf.get(register) ?? -1]
}
