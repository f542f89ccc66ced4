import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { lockPosition, movePosition } from '#src/metering'
import type { DaySpan } from './types.ts'

const NAME = 'anomaly'
/** Rules that look back from an event see the days after it; a changed day is judged by itself. */
const CHANGES_MAX = 50_000

/** Where it stands; one follower at a time, whichever node it runs on. */
export const lockFollower = (tx: Db): Promise<bigint> => lockPosition(tx, NAME)

/** Lists the days that changed, up to a change; false when there are no more. */
export async function listChanges(tx: Db, to: bigint): Promise<boolean> {
  const before = await lockFollower(tx)
  const [row] = await tx.query<{ seq: bigint | null }>(
    `with changed as (
       select seq, usage_point_id, business_date from usage_change
       where seq > $1::bigint and seq <= $2::bigint order by seq limit ${CHANGES_MAX}),
     listed as (
       insert into anomaly_due (usage_point_id, business_date)
       select distinct usage_point_id, business_date from changed)
     select max(seq) as seq from changed`,
    [before, to],
  )
  if (row?.seq === null || row === undefined) return false
  await movePosition(tx, NAME, row.seq)
  return true
}

/** The last day whose silence was looked at. */
export async function listedThrough(tx: Db): Promise<BusinessDate | undefined> {
  const [row] = await tx.query<{ date: BusinessDate }>(
    'select listed_through as date from anomaly_progress',
  )
  return row?.date
}

/**
 * What says nothing changes nothing: once a day those are listed that were not read, whose clock
 * was seen to be off, and of whom something is raised.
 */
export async function listDay(tx: Db, day: DaySpan): Promise<void> {
  await tx.query(
    `insert into anomaly_due (usage_point_id, business_date)
     select i.usage_point_id, $1::date from installation i
     where i.valid_from <= $2::timestamptz and (i.valid_to is null or i.valid_to >= $3::timestamptz)
       and not exists (select from usage_day u where u.usage_point_id = i.usage_point_id
         and u.register = '1.8.0' and u.business_date = $1::date)
     union
     select i.usage_point_id, $1::date from clock_measurement k
     join installation_now i on i.meter_id = k.device_id
     where k.kind = 'meter' and k.measured_at >= $2::timestamptz and k.measured_at < $3::timestamptz
       and abs(k.offset_ms) > 30000
     union
     select usage_point_id, $1::date from anomaly where state in ('open', 'confirmed')`,
    [day.date, timestamptz(day.start), timestamptz(day.end)],
  )
  await tx.query(
    `insert into anomaly_progress (listed_through) values ($1::date)
     on conflict (only_row) do update set listed_through = excluded.listed_through`,
    [day.date],
  )
}

/** What is judged too early is not seen: statistics are waited for, but not for ever. */
const WAITS = "interval '1 hour'"

/**
 * Days of which statistics do not know yet what changed lately. Their sums, loads and voltages are
 * what rules over days judge by.
 */
export async function unsettledDates(db: Db, now: Instant): Promise<BusinessDate[]> {
  const rows = await db.query<{ date: BusinessDate }>(
    `with stands as (
       select coalesce((select seq from usage_follower where name = 'statistics'), 0) as seq),
     lately as (
       select u.business_date as date, max(u.seq) as seq from usage_change u
       where u.changed_at > $1::timestamptz - ${WAITS} group by u.business_date)
     select l.date from lately l cross join stands s
     where l.seq > s.seq
       or exists (select from statistics_due d where d.business_date = l.date)
       or exists (select from load_due d where d.business_date = l.date)
       or exists (select from quality_due d where d.business_date = l.date)`,
    [timestamptz(now)],
  )
  return rows.map(({ date }) => date)
}

/** The oldest finished day that is due and not waited for. */
export async function dueDate(
  db: Db,
  before: BusinessDate,
  waiting: readonly BusinessDate[],
): Promise<BusinessDate | undefined> {
  // By steps of the index: a day of a million usage points is one step.
  const [row] = await db.query<{ date: BusinessDate }>(
    `with recursive days as (
       select min(business_date) as date from anomaly_due where business_date < $1::date
       union all
       select (select min(a.business_date) from anomaly_due a
         where a.business_date > d.date and a.business_date < $1::date)
       from days d where d.date is not null)
     select date from days where date is not null and date <> all($2::date[]) order by date limit 1`,
    [before, waiting],
  )
  return row?.date
}

/** Rows of one statement, so that none of them lasts. */
const FORGOTTEN_MAX = 20_000

/**
 * Days that no rule looks back at any more go: of what was never raised after `unraised`, of what is
 * over after `over`. What is raised keeps its days.
 */
export async function forgetDays(
  db: Db,
  { unraised, over }: { readonly unraised: BusinessDate; readonly over: BusinessDate },
  signal?: AbortSignal,
): Promise<number> {
  let gone = 0
  while (signal?.aborted !== true) {
    const rows = await db.query(
      `delete from anomaly_day where ctid = any(array(
         select d.ctid from anomaly_day d
         where d.business_date < $1::date
           and not exists (select from anomaly a where a.usage_point_id = d.usage_point_id
             and a.code = d.code and a.began_on <= d.business_date
             and (a.state in ('open', 'confirmed')
               or (d.business_date >= $2::date and d.is_hit and d.business_date <= a.last_on)))
         limit ${FORGOTTEN_MAX})) returning 1`,
      [unraised, over],
    )
    gone += rows.length
    if (rows.length < FORGOTTEN_MAX) break
  }
  return gone
}

/** Usage points of the day leave the list. */
export async function takeDue(tx: Db, date: BusinessDate, limit: number): Promise<number[]> {
  const rows = await tx.query<{ id: number }>(
    `with chosen as (
       select distinct usage_point_id from anomaly_due where business_date = $1::date
       order by usage_point_id limit $2::int),
     gone as (
       delete from anomaly_due d using chosen c
       where d.usage_point_id = c.usage_point_id and d.business_date = $1::date)
     select usage_point_id as id from chosen`,
    [date, limit],
  )
  return rows.map(({ id }) => id)
}
