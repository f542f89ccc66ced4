import { civilTime, hours, idOf, instant, minutes } from '#src/core'
import { type Database, vacuumAnalyze } from '#src/db'
import { createMetering, type Metering } from '#src/metering'
import { createReadings } from '#src/readings'
import { migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

/** `--points=10000`; a thousand are filled within minutes. */
const POINTS = Number(
  process.argv.find((word) => word.startsWith('--points='))?.slice('--points='.length) ?? 1_000,
)
const DAYS = 31
const STEP = minutes(15)
const civil = civilTime('Asia/Shanghai')
const FROM = instant(Date.UTC(2026, 9, 1) - 8 * hours(1))
const TO = instant(FROM + DAYS * hours(24))
const LAST_DAY = instant(TO - hours(24))
const NOW = instant(TO + hours(2))
const LATER = instant(TO + hours(24 * 60))
const ONE = Math.ceil(POINTS / 2)
const ROUNDS = 3

/** Days, months and one customer out of quarters of an hour, against the bare scan of them. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    await fill(db)
    const metering = createMetering(db, civil)
    const rows = (POINTS * (DAYS * hours(24))) / STEP
    const name = (what: string) => `${db.kind} database, ${POINTS} usage points: ${what}`
    const line = (what: string, ours: number, limit: number, against: string): Measured => ({
      ...{ name: name(what), ours, limit, unit: 'ms', against },
    })
    const first = await millisecondsOf(() => metering.rollUp(NOW))
    const day = await bestOf(
      () => again(db, metering, 'usage_dirty', 'business_date', '2026-10-31'),
      () => scan(db, LAST_DAY, TO),
    )
    const month = await bestOf(
      () => again(db, metering, 'usage_month_dirty', 'business_month', '2026-10-01'),
      () => scan(db, FROM, TO),
    )
    const quarters = await bestOf(
      () => intervals(db),
      () => scan(db, LAST_DAY, TO),
    )
    const customer = await bestOf(
      () => customerMonth(metering),
      () => registers(db),
    )
    const plain = await bytesOf(db)
    await createReadings(db, civil).maintenance.compress(LATER)
    const packed = await bytesOf(db)
    const monthPacked = await bestOf(
      () => again(db, metering, 'usage_month_dirty', 'business_month', '2026-10-01'),
      () => scan(db, FROM, TO),
    )
    const customerPacked = await bestOf(
      () => customerMonth(metering),
      () => registers(db),
    )
    const scanned = 'bare scan of the same rows (lower is better)'
    return [
      line(`all ${DAYS} days for the first time`, first, month.limit, scanned),
      line('a day of all worked out again', day.ours, day.limit, scanned),
      line('a day of all by quarters', quarters.ours, quarters.limit, scanned),
      line('a month of all from its days', month.ours, month.limit, scanned),
      line("a customer's month by quarters", customer.ours, customer.limit, scanned),
      line('columnstore: a month of all', monthPacked.ours, monthPacked.limit, scanned),
      line("columnstore: a customer's month", customerPacked.ours, customerPacked.limit, scanned),
      {
        ...{ name: name('bytes of a reading in the columnstore'), unit: 'bytes' },
        ...{ ours: packed / rows, limit: plain / rows, against: 'as a row (lower is better)' },
      },
    ]
  } finally {
    await close()
  }
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function bestOf(ours: () => Promise<unknown>, limit: () => Promise<unknown>) {
  const best = { ours: Number.POSITIVE_INFINITY, limit: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round += 1) {
    best.limit = Math.min(best.limit, await millisecondsOf(limit))
    best.ours = Math.min(best.ours, await millisecondsOf(ours))
  }
  return best
}

/** One day or month of every usage point, as if something had changed. */
async function again(
  db: Database,
  metering: Metering,
  list: string,
  key: string,
  date: string,
): Promise<void> {
  await db.query(`insert into ${list} (usage_point_id, ${key}) select id, $1 from usage_point`, [
    date,
  ])
  const written = await metering.rollUp(NOW)
  if (written !== 0) throw new Error(`${written} rows changed though nothing did`)
}

async function scan(db: Database, from: number, to: number): Promise<void> {
  const rows = await db.query(
    `select meter_id, max(energy_import) - min(energy_import) as energy from reading_curve
     where measured_at between to_timestamp($1::float8 / 1000) and to_timestamp($2::float8 / 1000)
     group by meter_id`,
    [from, to],
  )
  if (rows.length !== POINTS) throw new Error(`${rows.length} meters were read`)
}

async function intervals(db: Database): Promise<void> {
  const [row] = await db.query<{ count: bigint }>(
    `select count(*) as count from usage_interval(null, '1.8.0', to_timestamp($1::float8 / 1000),
       to_timestamp($2::float8 / 1000))`,
    [LAST_DAY, TO],
  )
  if (row?.count !== BigInt(POINTS * 96)) throw new Error(`${row?.count} quarters came`)
}

async function customerMonth(metering: Metering): Promise<void> {
  const usage = await metering.usage({
    installations: [{ meterId: idOf(ONE), usagePointId: idOf(ONE), from: instant(0), to: null }],
    ...{ register: '1.8.0', from: FROM, to: TO, granularity: '15min' },
  })
  const count = usage.ok ? usage.value.items.length : 0
  if (count !== DAYS * 96) throw new Error(`${count} quarters came`)
}

async function registers(db: Database): Promise<void> {
  await db.query(
    `select measured_at, energy_import from reading_curve where meter_id = $1::int
       and measured_at between to_timestamp($2::float8 / 1000) and to_timestamp($3::float8 / 1000)
     order by measured_at`,
    [ONE, FROM, TO],
  )
}

async function bytesOf(db: Database): Promise<number> {
  const [row] = await db.query<{ bytes: bigint }>(
    `select hypertable_size('reading_curve') as bytes`,
  )
  return Number(row?.bytes ?? 0n)
}

/** Meters whose register grows as a household's, with what comes late by some seconds. */
async function fill(db: Database): Promise<void> {
  await db.query(`insert into channel (name, kind) values ('bench', 'tcp')`)
  await db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, $1::int) n`,
    [POINTS],
  )
  await db.query(
    `insert into usage_point (code) select 'P' || n from generate_series(1, $1::int) n`,
    [POINTS],
  )
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select n, n, 1, 1, 1, 1, to_timestamp(0) from generate_series(1, $1::int) n`,
    [POINTS],
  )
  // A day at a time: each register is the sum of what was used since, shaped by the hour.
  for (let day = -1; day <= DAYS; day += 1) {
    await db.query(
      `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
         data_class, source, quality, time_source)
       select at, at + make_interval(secs => 5 + (hashint4(m * 7919 + n) & 63)), 2,
         (1000000 + m * 977 + $1::bigint * 1200 + n * 12
           + (hashint4(m * 31 + n) & 7) + (6 * sin(n * 0.0654))::int)::bigint * 100,
         m, 2, 1, 1, 1
       from generate_series(0, 95) n, generate_series(1, $2::int) m,
         lateral (select to_timestamp($3::float8 / 1000) + n * interval '15 minutes' as at) moment`,
      [day, POINTS, FROM + day * hours(24)],
    )
  }
  await vacuumAnalyze(db)
}
