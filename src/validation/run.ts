import { type CivilTime, type Clock, dateFrom, type Instant, idOf } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import { checkChanges } from './change-checks.ts'
import { checkEnergy } from './energy-checks.ts'
import { settleEstimates } from './estimates.ts'
import { estimateGaps } from './estimating.ts'
import { checkForm } from './form-checks.ts'
import { checkGaps } from './gap-checks.ts'
import { checkOvertaken, settleOvertaken } from './overtaken.ts'
import { checkFalls, checkPhysical, dropRejected } from './point-checks.ts'
import { settleFindings, settleVerdicts } from './settling.ts'
import { preparePoints, prepareTasks } from './tasks.ts'
import type { DayTask, RunOutcome } from './types.ts'

/** Days of meters of one transaction. */
const BATCH = 2_000
/** Batches of one run; the next one goes on. */
const BATCHES_MAX = 2_000

/** Judges every listed day of a meter that is over and whose energy is known. */
export async function runValidation(
  db: Database,
  civil: CivilTime,
  clock: Clock,
): Promise<RunOutcome> {
  const total = { days: 0, found: 0, settled: 0, estimated: 0 }
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    const done = await db.transaction(async (tx) => {
      const now = clock.now()
      const tasks = await takeDays(tx, civil, now)
      if (tasks.length === 0) return undefined
      return { ...(await judgeDays(tx, civil, tasks, now)), days: tasks.length }
    })
    if (done === undefined) break
    total.days += done.days
    total.found += done.found
    total.settled += done.settled
    total.estimated += done.estimated
  }
  return total
}

export async function judgeDays(
  tx: Db,
  civil: CivilTime,
  tasks: readonly DayTask[],
  now: Instant,
): Promise<Omit<RunOutcome, 'days'>> {
  await prepareTasks(tx, civil, tasks)
  await preparePoints(tx)
  await checkFalls(tx)
  await dropRejected(tx)
  await checkPhysical(tx)
  await checkForm(tx)
  await checkEnergy(tx)
  await checkChanges(tx)
  await checkOvertaken(tx)
  await checkGaps(tx, now)
  const outcome = await settleFindings(tx, now)
  await settleVerdicts(tx, now)
  await settleOvertaken(tx, civil, now)
  const estimated = await settleEstimates(tx, civil, now, await estimateGaps(tx, civil))
  await waitForLate(tx, now)
  for (const table of temporary) await tx.query(`drop table ${table}`)
  return { ...outcome, estimated }
}

const temporary = [
  'validating_history',
  'validating_advance',
  'validating_late',
  'validating_series',
  'validating_found',
  'validating_point',
  'validating_rule',
  'validating_task',
]

/**
 * Takes days off the list, the oldest first, of meters that nobody else is at: whoever writes values
 * of a meter holds it, so that nobody waits for two.
 */
async function takeDays(tx: Db, civil: CivilTime, now: Instant): Promise<readonly DayTask[]> {
  const rows = await tx.query<{ meter_id: number; date: string }>(
    `with due as materialized (
       select v.business_date, v.meter_id from validation_day v
       where v.due_at <= $1::timestamptz and v.business_date < $2::date
         and not exists (select from energy_dirty e where e.business_date = v.business_date
           and e.meter_id = v.meter_id)
       order by v.business_date, v.meter_id limit $3::int),
     held as materialized (
       select m.id from meter m where m.id in (select meter_id from due)
       order by m.id for no key update skip locked)
     delete from validation_day d using (
       select v.business_date, v.meter_id from validation_day v join due n
         on n.business_date = v.business_date and n.meter_id = v.meter_id
       where v.meter_id in (select id from held)
       order by v.business_date, v.meter_id for update of v skip locked) n
     where d.business_date = n.business_date and d.meter_id = n.meter_id
     returning d.meter_id, d.business_date::text as date`,
    [timestamptz(now), civil.dateOf(now), BATCH],
  )
  return rows.map(({ meter_id, date }) => ({ meterId: idOf(meter_id), date: dateFrom(date) }))
}

/** Comes back to days that are not yet so old that what did not come is missing. */
async function waitForLate(tx: Db, now: Instant): Promise<void> {
  await tx.query(
    `insert into validation_day (business_date, meter_id, due_at)
     select t.business_date, t.meter_id,
       t.ends_at + make_interval(mins => (m.parameters ->> 'graceMinutes')::int)
     from validating_task t
     join validating_rule m on m.audience = t.audience and m.code = 'missing'
     where t.no not in (select task from validating_late)
       and t.ends_at + make_interval(mins => (m.parameters ->> 'graceMinutes')::int)
         > $1::timestamptz
     on conflict do nothing`,
    [timestamptz(now)],
  )
}
