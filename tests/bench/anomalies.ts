import { createAnomalies } from '#src/anomaly'
import { createCases } from '#src/cases'
import { civilTime } from '#src/core'
import { type Database, vacuumAnalyze } from '#src/db'
import { ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const POINTS_PER_AREA = 100
const DAYS = 29
/** The day that is judged, and the civil morning after it. */
const DATE = '2026-11-20'
const MORNING_MS = Date.UTC(2026, 10, 21)
const USUAL_POINTS = 4_000

/**
 * All rules over a day of usage points with quarters of an hour of three phases and a month of
 * energy, and the same day again after one late meter, against the bare scan of the day's curves.
 * `--points=100000` for more of them.
 */
export async function run(): Promise<readonly Measured[]> {
  const asked = process.argv.find((word) => word.startsWith('--points='))?.slice(9)
  const points = asked === undefined ? USUAL_POINTS : Number(asked)
  const { db, close } = await migratedDatabase()
  try {
    await fill(db, points)
    const clock = new ManualClock(MORNING_MS)
    const civil = civilTime('Asia/Shanghai')
    const anomalies = createAnomalies({ db, clock, civil, cases: createCases(db, clock) })
    // Which days are looked at for silence begins with the first look.
    await anomalies.follow(clock.now())
    const scanned = await millisecondsOf(() => scan(db))
    await change(db, points)
    const all = await millisecondsOf(() => follow(points))
    await change(db, 1)
    const one = await millisecondsOf(() => follow(1))
    const [{ raised } = { raised: 0n }] = await db.query<{ raised: bigint }>(
      'select count(*) as raised from anomaly',
    )
    const against = 'bare scan of the same curves (lower is better)'
    const name = `${db.kind} database: rules over a day of ${points} usage points`
    const rest = { limit: scanned, unit: 'ms', against }
    return [
      { name: `${name}, ${raised} findings`, ours: all, ...rest },
      { name: `${name}, after one late meter`, ours: one, ...rest },
    ]

    async function follow(least: number): Promise<void> {
      const judged = await anomalies.follow(clock.now())
      if (judged < least) throw new Error(`${judged} of ${least} were judged`)
    }
  } finally {
    await close()
  }
}

async function millisecondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function scan(db: Database): Promise<void> {
  await db.query(
    `select count(*), sum(voltage_a), sum(current_a), sum(power), sum(energy_import)
     from reading_curve where measured_at >= $1::date::timestamptz - interval '8 hours'
       and measured_at < $1::date::timestamptz + interval '16 hours'`,
    [DATE],
  )
}

async function change(db: Database, points: number): Promise<void> {
  await db.query(
    `insert into usage_change (usage_point_id, business_date, changed_at)
     select n, $2::date, '2026-01-01T00:00Z' from generate_series(1, $1::int) n`,
    [points, DATE],
  )
}

/** Households in areas, a month of their energy and load, and the curves of the day. */
async function fill(db: Database, points: number): Promise<void> {
  await db.query(
    `insert into channel (name, kind, settings) values ('bench', 'tcp', '{"host":"h","port":1}')`,
  )
  await db.query(
    `with m as (
       insert into meter (address, protocol, channel_id, wiring, nominal_voltage, basic_current,
         max_current, register_digits)
       select lpad(n::text, 12, '0'), 'dlt645-2007', c.id, '3p4w', 220, 5, 60, 6
       from generate_series(1, $1::int) n, channel c returning id)
     select count(*) from m`,
    [points],
  )
  await db.query(
    `insert into usage_point (code) select 'P' || n from generate_series(1, $1::int) n`,
    [points],
  )
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select n, n, 1, 1, 1, 1, '2020-01-01T00:00Z' from generate_series(1, $1::int) n`,
    [points],
  )
  await db.query(
    `insert into grid_node (kind, code) select 'area', 'A' || n from generate_series(1, $1::int) n`,
    [Math.ceil(points / POINTS_PER_AREA)],
  )
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select n, 1 + (n - 1) / ${POINTS_PER_AREA}, 'receive', '2020-01-01T00:00Z'
     from generate_series(1, $1::int) n`,
    [points],
  )
  await db.query(
    `with c as (
       insert into customer (name, class) select 'C' || n, 'residential'
       from generate_series(1, $1::int) n returning id),
     o as (insert into account (no, customer_id) select 'C' || id, id from c returning id),
     k as (
       insert into contract (account_id, no, capacity_kva, valid_from)
       select id, 'K' || id, 20, '2020-01-01T00:00Z' from o returning id)
     insert into account_usage_point (usage_point_id, account_id, valid_from)
     select id, id, '2020-01-01T00:00Z' from o`,
    [points],
  )
  await db.query(
    `insert into usage_day (energy, computed_at, usage_point_id, business_date, quality, meters,
       register)
     select 10000000 + (n * 17 + d * 7919) % 999999, now(), n, $2::date - d, 1, 1, '1.8.0'
     from generate_series(1, $1::int) n, generate_series(0, ${DAYS - 1}) d`,
    [points, DATE],
  )
  await db.query(
    `insert into load_day (peak, peak_at, least, energy, night, usage_point_id, business_date,
       quarters, night_quarters)
     select 250000, $2::date, 50000, 10000000, 900000, n, $2::date - d, 96, 12
     from generate_series(1, $1::int) n, generate_series(0, ${DAYS - 1}) d`,
    [points, DATE],
  )
  await db.query(
    `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id, power,
       voltage_a, voltage_b, voltage_c, current_a, current_b, current_c, power_factor, data_class,
       source, quality, time_source)
     select t, t, 4, 1000000 + q * 1041, n, 4200 + n % 100, 220000 + n % 500, 221000, 219500 + q,
       -- One in a hundred lost the current of a phase.
       case when n % 100 = 0 then 0 else 650 + q end, 660, 640, 9800, 2, 1, 1, 1
     from generate_series(1, $1::int) n, generate_series(0, 95) q,
       lateral (select $2::date::timestamptz - interval '8 hours' + q * interval '15 minutes') x (t)`,
    [points, DATE],
  )
  await vacuumAnalyze(db)
}
