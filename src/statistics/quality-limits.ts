import type { BusinessDate } from '#src/core'
import type { Db } from '#src/db'

export const supplyClasses = ['single-phase', 'three-phase'] as const

/** What voltage is good, in parts of Un, from a day on; see `quality_limit`. */
export interface QualityLimit {
  readonly supplyClass: (typeof supplyClasses)[number]
  readonly validFrom: BusinessDate
  readonly low: string
  readonly high: string
  readonly examinedLow: string
  readonly examinedHigh: string
  /** Of a phase from the mean of the three, in parts of it. */
  readonly imbalance: string
  readonly changedBy: string
}

/** All that were ever in force, the newest first. */
export async function selectQualityLimits(db: Db): Promise<readonly QualityLimit[]> {
  return await db.query<QualityLimit>(
    `select supply_class as "supplyClass", valid_from::text as "validFrom", low::text, high::text,
       examined_low::text as "examinedLow", examined_high::text as "examinedHigh",
       imbalance::text, changed_by as "changedBy"
     from quality_limit order by supply_class, valid_from desc`,
  )
}

/** A limit from a day on; the same day again replaces it. Days since then are judged anew. */
export async function putQualityLimit(
  tx: Db,
  limit: Omit<QualityLimit, 'changedBy'>,
  who: string,
): Promise<void> {
  await tx.query(
    `insert into quality_limit (supply_class, valid_from, low, high, examined_low, examined_high,
       imbalance, changed_by)
     values ($1, $2::date, $3::numeric, $4::numeric, $5::numeric, $6::numeric, $7::numeric, $8)
     on conflict (supply_class, valid_from) do update set low = excluded.low,
       high = excluded.high, examined_low = excluded.examined_low,
       examined_high = excluded.examined_high, imbalance = excluded.imbalance,
       changed_by = excluded.changed_by`,
    [
      ...[limit.supplyClass, limit.validFrom, limit.low, limit.high, limit.examinedLow],
      ...[limit.examinedHigh, limit.imbalance, who],
    ],
  )
  await tx.query(
    `insert into quality_due (usage_point_id, business_date)
     select usage_point_id, business_date from quality_day
     where business_date >= $1::date and supply_class = $2`,
    [limit.validFrom, limit.supplyClass],
  )
}
