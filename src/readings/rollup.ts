import type { ItemCode } from '#protocols/model'
import {
  assert,
  type BusinessDate,
  type CivilTime,
  type Instant,
  idOf,
  type MeterId,
  parseBusinessDate,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { usageQualities } from './codes.ts'
import { type Advance, advancesOf, type Period } from './energy.ts'
import { monthOf, nextMonth } from './periods.ts'
import { around, edgePoints } from './points.ts'

/** The registers that are kept by day and month for all meters. */
const rolledUp: readonly ItemCode[] = ['1.8.0', '2.8.0']
/** Meters × days of one transaction. */
const batchMax = 500
/** How far back the list of finished days is filled at the first run, or after a long pause. */
const daysBackMax = 400

interface Task {
  readonly meterId: MeterId
  /** The day, or the first day of the month. */
  readonly date: BusinessDate
  readonly period: Period
}

/** Computes the days on the list, and the months they belong to if these are over. */
export async function rollUp(db: Database, civil: CivilTime, now: Instant): Promise<number> {
  const today = civil.dateOf(now)
  await listFinishedDays(db, civil, today)
  const waiting = await db.query<{ count: bigint }>(
    `select count(*)::bigint as count from energy_dirty where business_date < $1::date`,
    [today],
  )
  const batches = Math.ceil(Number(waiting[0]?.count ?? 0n) / batchMax)
  let written = 0
  for (let batch = 0; batch < batches; batch += 1) {
    written += await db.transaction((tx) => rollUpBatch(tx, civil, today))
  }
  return written
}

async function rollUpBatch(tx: Db, civil: CivilTime, today: BusinessDate): Promise<number> {
  const taken = await tx.query<{ meter_id: number; date: string }>(
    `delete from energy_dirty d using (
       select business_date, meter_id from energy_dirty where business_date < $1::date
       order by business_date, meter_id limit $2::int for update skip locked) as next
     where d.business_date = next.business_date and d.meter_id = next.meter_id
     returning d.meter_id, d.business_date::text as date`,
    [today, batchMax],
  )
  const days = taken.map(({ meter_id, date }) => dayTask(civil, idOf(meter_id), dateFrom(date)))
  const months = new Map<string, Task>()
  for (const { meterId, date } of days) {
    const month = monthOf(date)
    if (nextMonth(civil, month) > today) continue
    months.set(`${meterId} ${month}`, monthTask(civil, meterId, month))
  }
  let written = 0
  for (const register of rolledUp) {
    written += await writeRollup(tx, 'day', register, days)
    written += await writeRollup(tx, 'month', register, [...months.values()])
  }
  return written
}

const dayTask = (civil: CivilTime, meterId: MeterId, date: BusinessDate): Task => ({
  meterId,
  date,
  period: { start: civil.startOf(date), end: civil.startOf(civil.addDays(date, 1)) },
})

const monthTask = (civil: CivilTime, meterId: MeterId, month: BusinessDate): Task => ({
  meterId,
  date: month,
  period: { start: civil.startOf(month), end: civil.startOf(nextMonth(civil, month)) },
})

async function writeRollup(
  tx: Db,
  kind: 'day' | 'month',
  register: ItemCode,
  tasks: readonly Task[],
): Promise<number> {
  if (tasks.length === 0) return 0
  const table = kind === 'day' ? 'energy_day' : 'energy_month'
  const key = kind === 'day' ? 'business_date' : 'business_month'
  const points = await edgePoints(
    tx,
    register,
    tasks.flatMap(({ meterId, period }) => around(meterId, period)),
  )
  const known: (Task & { advance: Advance })[] = []
  const unknown: Task[] = []
  for (const [index, task] of tasks.entries()) {
    const own = points.slice(index * 3, index * 3 + 3).flat()
    const finding = advancesOf(own, [task.period])[0]
    if (finding?.kind === 'advance') known.push({ ...task, advance: finding.advance })
    else unknown.push(task)
  }
  await tx.query(
    `delete from ${table} e using unnest($2::int[], $3::date[]) as u (meter_id, date)
     where e.register = $1::text and e.meter_id = u.meter_id and e.${key} = u.date`,
    [register, unknown.map(({ meterId }) => meterId), unknown.map(({ date }) => date)],
  )
  await tx.query(
    `insert into ${table}
       (meter_id, register, ${key}, from_digits, to_digits, from_at, to_at, scale, quality)
     select u.meter_id, $1::text, u.date, u.from_digits, u.to_digits,
       to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000), u.scale, u.quality
     from unnest($2::int[], $3::date[], $4::bigint[], $5::bigint[], $6::float8[], $7::float8[],
         $8::smallint[], $9::smallint[])
       as u (meter_id, date, from_digits, to_digits, from_ms, to_ms, scale, quality)
     on conflict (meter_id, register, ${key}) do update set
       from_digits = excluded.from_digits, to_digits = excluded.to_digits,
       from_at = excluded.from_at, to_at = excluded.to_at,
       scale = excluded.scale, quality = excluded.quality`,
    [
      register,
      known.map(({ meterId }) => meterId),
      known.map(({ date }) => date),
      known.map(({ advance }) => advance.from),
      known.map(({ advance }) => advance.to),
      known.map(({ advance }) => advance.fromAt),
      known.map(({ advance }) => advance.toAt),
      known.map(({ advance }) => advance.scale),
      known.map(({ advance }) => usageQualities.of(advance.quality)),
    ],
  )
  return known.length
}

/** Puts every meter's finished days on the list once, however long nobody looked. */
async function listFinishedDays(
  db: Database,
  civil: CivilTime,
  today: BusinessDate,
): Promise<void> {
  const yesterday = civil.addDays(today, -1)
  await db.transaction(async (tx) => {
    const [known] = await tx.query<{ date: string }>(
      `select business_date::text as date from energy_through for update`,
    )
    const through = known === undefined ? undefined : dateFrom(known.date)
    const first = through === undefined ? await firstDay(tx, civil) : civil.addDays(through, 1)
    if (first !== undefined && first <= yesterday) {
      const earliest = civil.addDays(today, -daysBackMax)
      await tx.query(
        `insert into energy_dirty (meter_id, business_date)
         select m.id, d::date
         from meter m, generate_series(greatest($1::date, $3::date), $2::date, interval '1 day') d
         on conflict do nothing`,
        [first, yesterday, earliest],
      )
    }
    if (through === undefined || through < yesterday) {
      await tx.query(
        `insert into energy_through (business_date) values ($1::date)
         on conflict (only_row) do update set business_date = excluded.business_date`,
        [yesterday],
      )
    }
  })
}

async function firstDay(tx: Db, civil: CivilTime): Promise<BusinessDate | undefined> {
  const [row] = await tx.query<{ first: Instant | null }>(
    `select least((select min(measured_at) from reading_curve),
       (select min(measured_at) from reading_daily)) as first`,
  )
  return row?.first == null ? undefined : civil.dateOf(row.first)
}

function dateFrom(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  assert(date !== undefined, 'a date column reads as YYYY-MM-DD')
  return date
}
