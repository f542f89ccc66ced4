import { civilTime, parseBusinessDate } from '#src/core'
import { type Database, vacuumAnalyze } from '#src/db'
import { createReadingDays } from '#src/reading-days'
import { ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

/** `--points=50000`: those of one reading day. */
const POINTS = Number(
  process.argv.find((word) => word.startsWith('--points='))?.slice('--points='.length) ?? 5_000,
)
const civil = civilTime('Asia/Shanghai')
const [before, day] = [dateOf('2026-10-05'), dateOf('2026-11-05')]
const registers = ['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0'] as const

/** A reading day of a route, against one statement that only reads and writes the same rows. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    await fill(db)
    const clock = new ManualClock(civil.startOf(day) + 9 * 3_600_000)
    const days = createReadingDays({ db, clock, civil })
    const made = await days.setRoute(
      {
        ...{ code: 'R', name: '', group: 'all', day: 5, everyMonths: 1, publishAt: '08:00' },
        ...{ waitDays: 1, registers, language: 'en', startsOn: before },
      },
      'bench',
    )
    if (!made.ok) throw new Error(made.error.kind)
    const limit = await millisecondsOf(() => bare(db))
    const first = await millisecondsOf(() => days.run('R', undefined, 'bench'))
    const again = await millisecondsOf(() => days.run('R', undefined, 'bench'))
    const [batch] = await days.batches('R', { after: null, limit: 1 })
    if (batch?.rows !== POINTS * registers.length) throw new Error(`${batch?.rows} rows left`)
    const check = await millisecondsOf(() => days.reconcile(batch.id))
    const file = await millisecondsOf(async () => {
      for await (const part of days.file(batch)) if (part === '') throw new Error('an empty part')
    })
    const name = (what: string) => `${db.kind} database, ${POINTS} usage points: ${what}`
    const against = 'one statement that reads and writes the same rows (lower is better)'
    const line = (what: string, ours: number): Measured => {
      return { name: name(what), ours, limit, unit: 'ms', against }
    }
    return [
      line('a reading day', first),
      line('the same again, nothing is due', again),
      line('its file', file),
      line('its reconciliation', check),
    ]
  } finally {
    await close()
  }
}

async function fill(db: Database): Promise<void> {
  await db.query(`insert into channel (name, kind) values ('bench', 'tcp')`)
  await db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, $1::int) n`,
    [POINTS],
  )
  await db.query(`insert into usage_point (code) select 'P' || id from meter`)
  await db.query(`insert into customer (name, class) select 'C' || id, 'residential' from meter`)
  await db.query(`insert into account (no, customer_id) select '33' || id, id from customer`)
  await db.query(
    `insert into account_usage_point (usage_point_id, account_id, valid_from)
     select id, id, '2020-01-01' from account`,
  )
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select id, id, 1, 1, 1, 1, '2020-01-01' from meter`,
  )
  await db.query(
    `insert into usage_group (name, created_by, created_at) values ('all', 'bench', now())`,
  )
  await db.query(
    `insert into usage_group_member (group_id, usage_point_id, valid_from)
     select 1, id, '2020-01-01' from usage_point`,
  )
  for (const [at, add] of [
    [civil.startOf(before), 0],
    [civil.startOf(day), 250],
  ] as const) {
    await db.query(
      `insert into reading_daily (meter_id, measured_at, received_at, data_class, source, quality,
         time_source, decimals, energy_import, energy_import_1, energy_import_2, energy_import_3,
         energy_import_4, energy_export)
       select id, to_timestamp($1::float8 / 1000), to_timestamp($1::float8 / 1000), 3, 1, 1, 1,
         2 | 2 << 3 | 2 << 6 | 2 << 9 | 2 << 12 | 2 << 15, e.total, e.total / 4 * 1, e.total / 4,
         e.total / 4, e.total / 4, 0
       from meter cross join lateral (select (id % 5000 + $2::int) * 400 * 100::bigint as total) e`,
      [at, add],
    )
  }
  await vacuumAnalyze(db)
}

/** Both registers and their difference of each meter, into a table without any index. */
async function bare(db: Database): Promise<void> {
  await db.query(
    `create temporary table bare as
     select a.meter_id, r.register, r.from_micro, r.to_micro, r.to_micro - r.from_micro as energy
     from reading_daily a join reading_daily b on b.meter_id = a.meter_id
       and b.measured_at = to_timestamp($2::float8 / 1000)
     cross join lateral (values ('1.8.0', a.energy_import, b.energy_import),
       ('1.8.1', a.energy_import_1, b.energy_import_1),
       ('1.8.2', a.energy_import_2, b.energy_import_2),
       ('1.8.3', a.energy_import_3, b.energy_import_3),
       ('1.8.4', a.energy_import_4, b.energy_import_4),
       ('2.8.0', a.energy_export, b.energy_export)) as r (register, from_micro, to_micro)
     where a.measured_at = to_timestamp($1::float8 / 1000)`,
    [civil.startOf(before), civil.startOf(day)],
  )
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

function dateOf(text: string) {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`${text} is no date`)
  return date
}
