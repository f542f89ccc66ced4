import { createCases } from '#src/cases'
import { civilTime, hours, idOf, instant } from '#src/core'
import { compressChunks, type Database, patiently } from '#src/db'
import { createLineLoss } from '#src/lineloss'
import { createMetering, type Metering } from '#src/metering'
import { createValidation } from '#src/validation'
import { ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'
import { fillYear, STEP, type YearField, yearField } from './year-field.ts'

/** `--points=10000 --days=365` is the size that counts; it is filled within two hours. */
const POINTS = numberOf('points', 300)
const DAYS = numberOf('days', 100)
const ROUNDS = 3
const civil = civilTime('Asia/Shanghai')
const TO = instant(Date.UTC(2026, 10, 1) - hours(8))
const LAST_DAY = instant(TO - hours(24))
const MONTH = instant(TO - hours(31 * 24))
const MORNING = instant(TO + hours(9))
const LAST_DATE = '2026-10-31'

/**
 * What a utility's night and day ask of a year of quarters of an hour, against the bare scan of the
 * same rows.
 */
export async function run(): Promise<readonly Measured[]> {
  const { db: opened, close } = await migratedDatabase()
  const db = patiently(opened)
  try {
    const field = yearField(POINTS, DAYS, TO)
    await fillYear(opened, civil, field)
    const metering = createMetering(db, civil)
    await metering.rollUp(MORNING)
    const clock = new ManualClock(MORNING)
    const photos = { keep: unused, get: unused }
    const validation = createValidation({ db, civil, clock, photos })
    // Each day is judged like the last one; that of all of them takes as long as they are many.
    await db.query(`delete from validation_day where business_date < $1::date - 2`, [LAST_DATE])
    await validation.run()
    const losses = createLineLoss({ db, civil, cases: createCases(db, clock) })
    await losses.follow(MORNING)
    const day = () => scan(db, field, LAST_DAY, TO)
    const month = () => scan(db, field, MONTH, TO)
    const one = 1 + Math.floor(POINTS / 2)
    const nights = [
      ['a day of all worked out again', () => usageDay(db, metering), day],
      ['a month of all', () => usageMonth(db, metering), month],
      ['nightly validation of a day', () => validate(db, () => validation.run()), day],
      ['losses of all areas of a day', () => lossDay(db, field, () => losses.follow(MORNING)), day],
      ["a customer's month by quarters", () => customerMonth(metering, one), () => rows(db, one)],
    ] as const
    const measured: Measured[] = []
    for (const [what, ours, limit] of nights) {
      const best = await bestOf(ours, limit)
      const name = `${db.kind} database, ${POINTS} usage points, ${DAYS} days: ${what}`
      const against = 'bare scan of the same rows (lower is better)'
      measured.push({ name, ...best, unit: 'ms', against })
    }
    return [...measured, ...(await bytes(opened, field))]
  } finally {
    await close()
  }
}

function numberOf(flag: string, otherwise: number): number {
  const word = process.argv.find((one) => one.startsWith(`--${flag}=`))
  return word === undefined ? otherwise : Number(word.slice(flag.length + 3))
}

const unused = async (): Promise<never> => {
  throw new Error('no photos here')
}

async function bestOf(ours: () => Promise<unknown>, limit: () => Promise<unknown>) {
  const best = { ours: Number.POSITIVE_INFINITY, limit: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round += 1) {
    best.limit = Math.min(best.limit, await millisecondsOf(limit))
    best.ours = Math.min(best.ours, await millisecondsOf(ours))
  }
  return best
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function scan(db: Database, { meters }: YearField, from: number, to: number): Promise<void> {
  const found = await db.query(
    `select meter_id, max(energy_import) - min(energy_import) as energy from reading_curve
     where measured_at between to_timestamp($1::float8 / 1000) and to_timestamp($2::float8 / 1000)
     group by meter_id`,
    [from, to],
  )
  if (found.length !== meters) throw new Error(`${found.length} of ${meters} meters were read`)
}

async function usageDay(db: Database, metering: Metering): Promise<void> {
  await db.query(
    `insert into usage_dirty (usage_point_id, business_date) select id, $1::date from usage_point`,
    [LAST_DATE],
  )
  const written = await metering.rollUp(MORNING)
  if (written !== 0) throw new Error(`${written} rows changed though nothing did`)
}

async function usageMonth(db: Database, metering: Metering): Promise<void> {
  await db.query(
    `insert into usage_month_dirty (usage_point_id, business_month)
     select id, '2026-10-01' from usage_point`,
  )
  const written = await metering.rollUp(MORNING)
  if (written !== 0) throw new Error(`${written} rows changed though nothing did`)
}

async function validate(db: Database, work: () => Promise<{ days: number }>): Promise<void> {
  await db.query(
    `insert into validation_day (business_date, meter_id, due_at)
     select $1::date, id, 'epoch' from meter on conflict do nothing`,
    [LAST_DATE],
  )
  if ((await work()).days === 0) throw new Error('no day was judged')
}

async function lossDay(db: Database, { meters }: YearField, follow: () => Promise<number>) {
  await db.query(
    `insert into usage_change (usage_point_id, business_date, changed_at)
     select n, $2::date, now() from generate_series(1, $1::int) n`,
    [meters, LAST_DATE],
  )
  if ((await follow()) === 0) throw new Error('no loss was computed')
}

async function customerMonth(metering: Metering, one: number): Promise<void> {
  const usage = await metering.usage({
    installations: [{ meterId: idOf(one), usagePointId: idOf(one), from: instant(0), to: null }],
    ...{ register: '1.8.0', from: MONTH, to: TO, granularity: '15min' },
  })
  const count = usage.ok ? usage.value.items.length : 0
  if (count !== 31 * 96) throw new Error(`${count} quarters came`)
}

async function rows(db: Database, one: number): Promise<void> {
  await db.query(
    `select measured_at, energy_import from reading_curve where meter_id = $1::int
       and measured_at between to_timestamp($2::float8 / 1000) and to_timestamp($3::float8 / 1000)
     order by measured_at`,
    [one, MONTH, TO],
  )
}

/** Of the columnstore alone: everything is packed, and what was plain before is measured first. */
async function bytes(db: Database, field: YearField): Promise<readonly Measured[]> {
  const count = ((field.to - field.from + hours(24)) / STEP) * field.meters
  await compressChunks(db, ['reading_curve'], instant(TO + hours(24 * 30)))
  const [size] = await db.query<{ bytes: bigint; plain: bigint }>(
    `select hypertable_size('reading_curve') as bytes,
       (select sum(before_compression_total_bytes)::bigint
        from chunk_compression_stats('reading_curve')) as plain`,
  )
  return [
    {
      name: `${db.kind} database: bytes of a reading by itself in the columnstore`,
      ours: Number(size?.bytes ?? 0n) / count,
      limit: Number(size?.plain ?? 0n) / count,
      unit: 'bytes',
      against: 'as a row (lower is better)',
    },
  ]
}
