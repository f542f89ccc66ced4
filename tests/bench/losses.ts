import { createCases } from '#src/cases'
import { civilTime, type Instant } from '#src/core'
import { type Database, vacuumAnalyze } from '#src/db'
import { createLineLoss } from '#src/lineloss'
import { ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const POINTS = 10_000
const AREAS = 100
const FEEDERS = 10
const DAYS = 30
const ROUNDS = 5
const DATE = '2026-11-20'
const MORNING_MS = Date.UTC(2026, 10, 21)

/**
 * The losses of all areas, feeders and what is above them for a day of 10,000 usage points, and of
 * one late meter, against the bare scan of the energy they are made of.
 */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    await fill(db)
    const clock = new ManualClock(MORNING_MS)
    const civil = civilTime('Asia/Shanghai')
    const losses = createLineLoss({ db, civil, cases: createCases(db, clock) })
    await losses.follow(clock.now())
    await vacuumAnalyze(db)
    const best = { scan: Infinity, all: Infinity, one: Infinity }
    for (let round = 0; round < ROUNDS; round++) {
      best.scan = Math.min(best.scan, await millisecondsOf(() => scan(db)))
      await change(db, POINTS + AREAS)
      best.all = Math.min(best.all, await millisecondsOf(() => follow(losses, clock.now())))
      await change(db, 1)
      best.one = Math.min(best.one, await millisecondsOf(() => follow(losses, clock.now())))
    }
    const against = 'bare scan of the same energy (lower is better)'
    const name = `${db.kind} database: losses of a day`
    return [
      {
        name: `${name}, ${AREAS} areas of ${POINTS} points`,
        ours: best.all,
        ...rest(best.scan, against),
      },
      { name: `${name}, after one late meter`, ours: best.one, ...rest(best.scan, against) },
    ]
  } finally {
    await close()
  }
}

const rest = (limit: number, against: string) => ({ limit, unit: 'ms', against })

async function follow(losses: { follow(now: Instant): Promise<number> }, now: Instant) {
  if ((await losses.follow(now)) === 0) throw new Error('nothing was computed')
}

async function millisecondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function scan(db: Database): Promise<void> {
  await db.query(
    `select count(*), sum(energy) from usage_day
     where business_date = $1::date and register in ('1.8.0', '2.8.0')`,
    [DATE],
  )
}

/** Says that the energy of so many points changed. */
async function change(db: Database, points: number): Promise<void> {
  await db.query(
    `insert into usage_change (usage_point_id, business_date, changed_at)
     select n, $2::date, now() from generate_series(1, $1::int) n`,
    [points, DATE],
  )
}

/** A region of feeders and areas, and a month of what their meters counted. */
async function fill(db: Database): Promise<void> {
  await db.query(`insert into grid_node (kind, code) values ('region', 'R')`)
  await db.query(
    `insert into grid_node (kind, code, nominal_voltage)
     select 'feeder', 'F' || n, 10000 from generate_series(1, $1::int) n
     union all select 'area', 'A' || n, 400 from generate_series(1, $2::int) n`,
    [FEEDERS, AREAS],
  )
  await db.query(
    `insert into grid_link (node_id, parent_id, valid_from)
     select 1 + n, 1, '2020-01-01'::timestamptz from generate_series(1, $1::int) n
     union all
     select 1 + $1::int + n, 2 + n % $1::int, '2020-01-01'::timestamptz from generate_series(1, $2::int) n`,
    [FEEDERS, AREAS],
  )
  await db.query(
    `insert into usage_point (code) select 'P' || n from generate_series(1, $1::int) n`,
    [POINTS + AREAS + FEEDERS],
  )
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select n, 2 + $2::int + n % $3::int, 'receive', '2020-01-01'::timestamptz from generate_series(1, $1::int) n
     union all
     select $1::int + n, 1 + $2::int + n, 'supply', '2020-01-01'::timestamptz from generate_series(1, $3::int) n
     union all
     select $1::int + $3::int + n, 1 + n, 'supply', '2020-01-01'::timestamptz from generate_series(1, $2::int) n`,
    [POINTS, FEEDERS, AREAS],
  )
  await db.query(
    `insert into usage_day (energy, computed_at, usage_point_id, business_date, quality, meters,
       register)
     select case when n <= $1::int then 10000000 + n * 17 % 999999
         when n <= $1::int + $2::int then 1080000000 else 11100000000 end,
       now(), n, $4::date - d, 1, 1, '1.8.0'
     from generate_series(1, $1::int + $2::int + $3::int) n, generate_series(0, $5::int - 1) d`,
    [POINTS, AREAS, FEEDERS, DATE, DAYS],
  )
  await vacuumAnalyze(db)
}
