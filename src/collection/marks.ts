import type { BusinessDate, CivilTime, Instant } from '#src/core'
import type { Db } from '#src/db'
import type { PlanId } from './types.ts'

/** Slots of one task that begin at one time; `count` how many. */
export interface TouchedSlots {
  readonly planId: PlanId
  readonly slotStart: Instant
  readonly count?: number
}

export interface CivilDay {
  readonly date: BusinessDate
  readonly opens: Instant
  readonly ends: Instant
}

export function civilDay(civil: CivilTime, date: BusinessDate): CivilDay {
  return { date, opens: civil.startOf(date), ends: civil.startOf(civil.addDays(date, 1)) }
}

/**
 * Says in the transaction of a change that the sums of these days do not hold any more. The row
 * stays locked until the commit, so that nobody takes a sum for whole that was made meanwhile: it is
 * the last statement of its transaction.
 */
export async function markTouched(
  db: Db,
  civil: CivilTime,
  touched: readonly TouchedSlots[],
): Promise<void> {
  const dates = new Map<Instant, BusinessDate>()
  const days = new Map<string, { readonly planId: PlanId; readonly day: CivilDay }>()
  for (const { planId, slotStart } of touched) {
    const date = dates.get(slotStart) ?? civil.dateOf(slotStart)
    dates.set(slotStart, date)
    const key = `${date} ${String(planId).padStart(10, '0')}`
    if (!days.has(key)) days.set(key, { planId, day: civilDay(civil, date) })
  }
  // In one order everywhere: two transactions never wait for each other.
  const ordered = [...days].sort(([left], [right]) => (left < right ? -1 : 1))
  const marks = ordered.map(([, mark]) => mark)
  if (marks.length === 0) return
  await db.query(
    `insert into collection_mark as m (date, plan_id, opens)
     select u.date, u.plan_id, to_timestamp(u.opens_ms / 1000)
     from unnest($1::date[], $2::int[], $3::float8[]) as u (date, plan_id, opens_ms)
     order by u.date, u.plan_id
     on conflict (date, plan_id) do update set version = m.version + 1, opens = excluded.opens`,
    [
      marks.map(({ day }) => day.date),
      marks.map(({ planId }) => planId),
      marks.map(({ day }) => day.opens),
    ],
  )
}
