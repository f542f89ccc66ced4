import { type CivilTime, hours, type Instant, instant, minutes } from '#src/core'
import { compressChunks, type Database, patiently, vacuumAnalyze } from '#src/db'

/** Areas have a hundred usage points each, feeders ten areas; both have a meter at their head. */
const OF_AREA = 100
const OF_FEEDER = 1_000
export const STEP = minutes(15)
const DAY = hours(24)
const WEEK = hours(24 * 7)
/** As the product keeps them: what is older lies in the columnstore. */
const PLAIN_DAYS = 35
/** So far back energy by day is there; the rest of the year is registers. */
const ROLLED_UP_DAYS = 62

export interface YearField {
  readonly points: number
  readonly areas: number
  readonly feeders: number
  readonly meters: number
  /** The first civil day of the year, and the end of its last. */
  readonly from: Instant
  readonly to: Instant
}

export function yearField(points: number, days: number, to: Instant): YearField {
  const areas = Math.ceil(points / OF_AREA)
  const feeders = Math.ceil(points / OF_FEEDER)
  const from = instant(to - days * DAY)
  return { points, areas, feeders, meters: points + areas + feeders, from, to }
}

/**
 * A grid of usage points whose registers grow as those of households do, read every 15 minutes for
 * a year, half of them each by itself and half in blocks of a day, as load profiles are fetched.
 */
export async function fillYear(db: Database, civil: CivilTime, field: YearField): Promise<void> {
  await fillGrid(db, field)
  // What was installed asks for energy of all its days; those that count here are listed below.
  await db.query(`delete from usage_dirty_span`)
  await db.query(
    `insert into energy_through (business_date) values ($1::date)
     on conflict (only_row) do update set business_date = excluded.business_date`,
    [civil.dateOf(instant(field.to - (ROLLED_UP_DAYS + 1) * DAY))],
  )
  const hypertables = ['reading_curve'] as const
  for (let at = field.from; at <= field.to; at = instant(at + WEEK)) {
    const end = instant(Math.min(at + WEEK, field.to + DAY))
    for (let day = at; day < end; day = instant(day + DAY)) await fillDay(patiently(db), field, day)
    await compressChunks(db, hypertables, instant(at - PLAIN_DAYS * DAY))
  }
  await vacuumAnalyze(db)
}

async function fillGrid(db: Database, { points, areas, feeders, meters }: YearField) {
  await db.query(`insert into grid_node (kind, code) values ('region', 'R')`)
  await db.query(
    `insert into grid_node (kind, code, nominal_voltage)
     select 'feeder', 'F' || n, 10000 from generate_series(1, $1::int) n
     union all select 'area', 'A' || n, 400 from generate_series(1, $2::int) n`,
    [feeders, areas],
  )
  await db.query(
    `insert into grid_link (node_id, parent_id, valid_from)
     select f.id, r.id, '2020-01-01'::timestamptz from grid_node f, grid_node r
     where f.kind = 'feeder' and r.kind = 'region'
     union all
     select a.id, f.id, '2020-01-01'::timestamptz
     from generate_series(1, $2::int) n
     join grid_node a on a.kind = 'area' and a.code = 'A' || n
     join grid_node f on f.kind = 'feeder' and f.code = 'F' || 1 + (n - 1) % $1::int`,
    [feeders, areas],
  )
  await db.query(
    `insert into usage_point (code) select 'P' || n from generate_series(1, $1::int) n`,
    [meters],
  )
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select n, g.id, case when n <= $1::int then 'receive' else 'supply' end,
       '2020-01-01'::timestamptz
     from generate_series(1, $3::int) n
     join grid_node g on g.code = case when n <= $1::int then 'A' || 1 + (n - 1) % $2::int
       when n <= $1::int + $2::int then 'A' || n - $1::int else 'F' || n - $1::int - $2::int end`,
    [points, areas, meters],
  )
  await db.query(`insert into channel (name, kind) values ('bench', 'tcp')`)
  await db.query(
    `insert into meter (address, protocol, channel_id, wiring, nominal_voltage, max_current)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1, '1p2w', 220, case when n <= $2::int then 60 else 60000 end
     from generate_series(1, $1::int) n`,
    [meters, points],
  )
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select n, n, 1, 1, 1, 1, '2020-01-01'::timestamptz from generate_series(1, $1::int) n`,
    [meters],
  )
  await vacuumAnalyze(db)
}

/** Heads of areas and feeders count what their points do, and four and six hundredths more. */
async function fillDay(db: Database, field: YearField, day: Instant): Promise<void> {
  const { points, areas, meters } = field
  await db.query(
    `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
       data_class, source, quality, time_source)
     select at, case when m % 2 = 0 then at + make_interval(secs => 5 + (hashint4(m * 7919 + n) & 63))
         else to_timestamp($1::float8 / 1000) + interval '1 day 20 minutes' + m * interval '1 ms' end, 2,
       case when m <= $4::int then (1000000 + m * 977 + k * 12 + (hashint4(m * 31 + n) & 7)
           + (6 * sin(n * 0.0654))::int)::bigint
         when m <= $4::int + $5::int then k * 12 * 104 else k * 12 * 1060 end * 100,
       m, 2, 1, 1, 1
     from generate_series(0, 95) n, generate_series(1, $2::int) m,
       lateral (select to_timestamp($1::float8 / 1000) + n * interval '15 minutes' as at,
         $3::bigint + n as k) moment`,
    [day, meters, (day - field.from) / STEP, points, areas],
  )
}
