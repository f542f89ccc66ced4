import { civilTime, parseBusinessDate } from '#src/core'
import { type Database, patiently, vacuumAnalyze } from '#src/db'
import { createStatistics, createStatisticsFollower } from '#src/statistics'
import { ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const civil = civilTime('Asia/Shanghai')
const METERS = numberOf('--meters', 100_000)
const DAYS = numberOf('--days', 365)
const AREAS = Math.max(10, Math.round(METERS / 200))
const ROUNDS = 5
const LISTS = 40
const TO = dateOf('2026-11-21')
const FROM = civil.addDays(TO, 1 - DAYS)
const MONTH = civil.addDays(TO, -30)

/** A year of days of many meters: what people ask of it, against the bare scan of the same rows. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    await fill(db)
    const begun = performance.now()
    await createStatisticsFollower(patiently(db), civil).follow()
    say(`cells of all days made in ${Math.round((performance.now() - begun) / 1_000)} s`)
    await vacuumAnalyze(db)
    return [...(await simple(db)), ...(await complex(db)), ...(await bulk(db)), await nightly(db)]
  } finally {
    await close()
  }
}

function services(db: Database) {
  const clock = new ManualClock(civil.startOf(civil.addDays(TO, 1)))
  return createStatistics({ db, civil, clock, readings: { latest: async () => [] } })
}

const page = { offset: 0, limit: 1_000 }
const usual = {
  register: '1.8.0',
  roles: ['receive', 'auxiliary'],
  node: null,
  group: null,
} as const

/** A list of a hundred rows, 95 of 100 of which are to come within 300 ms; a point's year. */
async function simple(db: Database): Promise<readonly Measured[]> {
  const statistics = services(db)
  const times: number[] = []
  for (let asked = 0; asked < LISTS; asked++) {
    const to = civil.addDays(TO, -(asked % 300))
    const query = { ...usual, by: 'area', period: 'day', from: to, to } as const
    times.push(await once(() => statistics.energy(query, { offset: asked * 10, limit: 100 })))
  }
  times.sort((one, other) => one - other)
  const limit = await best(() =>
    db.query(`select sum(energy) from usage_day where register = '1.8.0' and business_date = $1`, [
      TO,
    ]),
  )
  const p95 = times[Math.floor(times.length * 0.95)] ?? Number.NaN
  const point = `P${Math.round(METERS / 2)}`
  return [
    row('a list of 100 areas of a day, p95', p95, limit),
    row(
      "one usage point's year by month",
      await best(() =>
        statistics.queries.run(
          {
            ...{ source: 'energy', measures: ['energy'], dimensions: ['month'], having: [] },
            ...{ filters: [{ dimension: 'point', is: 'in', values: [point] }], order: [] },
            ...{ from: FROM, to: TO },
          },
          100,
        ),
      ),
      await best(() =>
        db.query(
          `select sum(energy) from usage_day
           where register = '1.8.0' and usage_point_id = $1::int`,
          [Math.round(METERS / 2)],
        ),
      ),
    ),
  ]
}

/** A year of everybody by dimension and period. */
async function complex(db: Database): Promise<readonly Measured[]> {
  const statistics = services(db)
  const limit = await best(
    () => patiently(db).query(`select sum(energy) from usage_day where register = '1.8.0'`),
    1,
  )
  const rows: Measured[] = []
  for (const [by, period] of [
    ['region', 'month'],
    ['feeder', 'month'],
    ['trade', 'quarter'],
    ['area', 'year'],
  ] as const) {
    const query = { ...usual, by, period, from: FROM, to: TO }
    const ours = await best(() => statistics.energy(query, page))
    rows.push(row(`a year of everybody by ${by} and ${period}`, ours, limit))
  }
  const group = { ...usual, by: 'group', period: 'month', from: FROM, to: TO } as const
  const ofGroup = await best(() =>
    db.query(
      `select sum(energy) from usage_day where register = '1.8.0'
         and usage_point_id = any(array(select usage_point_id from usage_group_point(1, now())))`,
    ),
  )
  rows.push(
    row(
      'a year of a group of 1,000 by month',
      await best(() => statistics.energy(group, page)),
      ofGroup,
    ),
  )
  const points = {
    ...{
      source: 'energy',
      measures: ['energy', 'most'],
      dimensions: ['feeder', 'trade'],
    },
    ...{
      filters: [{ dimension: 'feeder', is: 'in' as const, values: ['F1', 'F2', 'F3'] }],
      having: [],
      order: [],
    },
    ...{ from: MONTH, to: TO },
  }
  const month = `select sum(energy), max(energy) from usage_day
    where register = '1.8.0' and business_date >= $1::date`
  rows.push(
    row(
      'a query over the days of three feeders in a month',
      await best(async () => {
        const answer = await statistics.queries.run(points, 1_000)
        if (!answer.ok) throw new Error(answer.error.message)
      }),
      await best(() => db.query(month, [MONTH])),
    ),
  )
  return rows
}

/** Everything of a year that fits one file. */
async function bulk(db: Database): Promise<readonly Measured[]> {
  const statistics = services(db)
  const limit = await best(
    () => patiently(db).query(`select sum(energy) from usage_day where register = '1.8.0'`),
    1,
  )
  const query = {
    ...usual,
    by: 'area',
    period: 'day',
    from: civil.addDays(TO, -199),
    to: TO,
  } as const
  const all = { offset: 0, limit: 100_000 }
  return [
    row('100,000 rows by area and day', await best(() => statistics.energy(query, all), 2), limit),
  ]
}

/** A day of everybody came: its sums are made anew. */
async function nightly(db: Database): Promise<Measured> {
  const follower = createStatisticsFollower(patiently(db), civil)
  const ours = await best(async () => {
    await db.query(
      `insert into usage_change (usage_point_id, business_date, changed_at)
       select n, $2::date, now() from generate_series(1, $1::int) n`,
      [METERS, TO],
    )
    await follower.follow()
  }, 2)
  const limit = await best(() =>
    db.query('select sum(energy) from usage_day where business_date = $1::date', [TO]),
  )
  return row('the sums of a day of everybody', ours, limit)
}

const row = (name: string, ours: number, limit: number): Measured => ({
  name: `statistics of ${METERS.toLocaleString('en')} meters and ${DAYS} days: ${name}`,
  ...{ ours, limit, unit: 'ms', against: 'the bare scan' },
})

async function once(ask: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await ask()
  return performance.now() - begun
}

async function best(ask: () => Promise<unknown>, rounds = ROUNDS): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) least = Math.min(least, await once(ask))
  return least
}

async function fill(db: Database): Promise<void> {
  const run = (text: string, values: readonly unknown[] = []) => patiently(db).query(text, values)
  await run(
    `insert into grid_node (kind, code) select 'region', 'R' || n from generate_series(1, 4) n`,
  )
  await run(`insert into feeder (code) select 'F' || n from generate_series(1, $1::int) n`, [
    Math.ceil(AREAS / 10),
  ])
  await run(
    `insert into transformer (code, feeder_id)
     select 'A' || n, 1 + (n - 1) / 10 from generate_series(1, $1::int) n`,
    [AREAS],
  )
  await run(
    `insert into grid_link (node_id, parent_id, valid_from)
     select t.node_id, f.node_id, '2000-01-01T00:00Z'::timestamptz from transformer t
     join feeder f on f.id = t.feeder_id
     union all select f.node_id, 1 + f.id % 4, '2000-01-01T00:00Z'::timestamptz from feeder f`,
  )
  await run(`insert into channel (name, kind) values ('one', 'mqtt')`)
  const each = 'from generate_series(1, $1::int) n'
  for (const text of [
    `insert into customer (name, class)
     select 'c' || n, (array['residential', 'commercial'])[1 + n % 2] ${each}`,
    `insert into account (no, customer_id) select 'N' || n, n ${each}`,
    `insert into usage_point (code) select 'P' || n ${each}`,
    `insert into account_usage_point (usage_point_id, account_id, valid_from)
     select n, n, '2000-01-01T00:00Z'::timestamptz ${each}`,
    `insert into contract (account_id, no, tariff, trade, capacity_kva, valid_from)
     select n, 'K' || n, 't' || n % 2, 'trade ' || n % 6, 10, '2000-01-01T00:00Z'::timestamptz ${each}`,
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 ${each}`,
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select n, n, 1, 1, 1, 1, '2000-01-01T00:00Z'::timestamptz ${each}`,
  ]) {
    await run(text, [METERS])
  }
  await run(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select n, t.node_id, 'receive', '2000-01-01T00:00Z'::timestamptz
     from generate_series(1, $1::int) n join transformer t on t.id = 1 + n % $2::int`,
    [METERS, AREAS],
  )
  await run(`insert into usage_group (name, created_by, created_at) values ('mine', 'li', now())`)
  await run(
    `insert into usage_group_member (group_id, usage_point_id, valid_from)
     select 1, n * 17, '2000-01-01T00:00Z'::timestamptz from generate_series(1, least(1000, $1::int / 17)) n`,
    [METERS],
  )
  // Curves are another matter: no load is due of days that have none.
  await run(
    `create function nothing() returns trigger language plpgsql as 'begin return null; end'`,
  )
  await run(
    'create trigger none_due before insert on load_due for each row execute function nothing()',
  )
  await run(
    'create trigger none_due before insert on quality_due for each row execute function nothing()',
  )
  for (let begun = 0; begun < DAYS; begun += 30) {
    await run(
      `insert into usage_day (usage_point_id, register, business_date, energy, estimated, quality,
         meters, computed_at)
       select n, '1.8.0', $2::date + d, 5000000 + n % 1000 * 1000 + d * 777,
         case when n % 97 = 0 then 1000 else 0 end, case when n % 97 = 0 then 5 else 1 end, 1, now()
       from generate_series(1, $1::int) n, generate_series(0, $3::int - 1) d`,
      [METERS, civil.addDays(FROM, begun), Math.min(30, DAYS - begun)],
    )
  }
  // As upkeep does: what is older than three months lies compressed.
  await run(`select compress_chunk(c) from show_chunks('usage_day', older_than => $1::date) c`, [
    civil.addDays(TO, -90),
  ])
  await vacuumAnalyze(db)
  say(`${(METERS * DAYS).toLocaleString('en')} days of usage points lie there`)
}

function numberOf(flag: string, usual: number): number {
  const told = process.argv.find((word) => word.startsWith(`${flag}=`))
  return told === undefined ? usual : Number(told.slice(flag.length + 1))
}

function dateOf(text: string) {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(text)
  return date
}

const say = (text: string) => void process.stderr.write(`${text}\n`)
