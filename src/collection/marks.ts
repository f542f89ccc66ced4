import type { BusinessDate, CivilTime, Instant } from '#src/core'
import type { Db } from '#src/db'

export interface CivilDay {
  readonly date: BusinessDate
  readonly opens: Instant
  readonly ends: Instant
}

export function civilDay(civil: CivilTime, date: BusinessDate): CivilDay {
  return { date, opens: civil.startOf(date), ends: civil.startOf(civil.addDays(date, 1)) }
}

/**
 * In another zone slots belong to other days: sums that were made for those of before are made anew,
 * also of the days around them, which may have slots now.
 */
export async function checkZone(tx: Db, civil: CivilTime): Promise<void> {
  const known = await tx.query<{ date: BusinessDate; opens: Instant }>(
    `select distinct date::text as date, opens from collection_mark`,
  )
  const moved = known.filter(({ date, opens }) => civil.startOf(date) !== opens)
  if (moved.length === 0) return
  const around = moved.flatMap(({ date }) => [-1, 0, 1].map((days) => civil.addDays(date, days)))
  const dates = [...new Set(around)].sort()
  await tx.query(
    `insert into collection_mark (date, plan_id, opens, is_whole)
     select u.date, p.plan_id, to_timestamp(u.opens_ms / 1000), false
     from unnest($1::date[], $2::float8[]) as u (date, opens_ms)
     cross join (select distinct plan_id from collection_mark where date = any($1::date[])) p
     order by u.date, p.plan_id
     on conflict (date, plan_id) do update set opens = excluded.opens, is_whole = false`,
    [dates, dates.map((date) => civil.startOf(date))],
  )
}
