import type { ItemCode } from '#protocols/model'
import type { BusinessDate, UsagePointId } from '#src/core'
import type { Db } from '#src/db'
import type { RollupKind } from './rollup-queries.ts'

export interface StoredUsage {
  /** The day, or the first day of the month. */
  readonly date: BusinessDate
  readonly energy: bigint
  readonly estimated: bigint
  readonly quality: number
}

/** What is stored of a usage point in `[from, to)` and nothing newer has put on a list. */
export async function selectFreshUsage(
  db: Db,
  kind: RollupKind,
  usagePointId: UsagePointId,
  register: ItemCode,
  from: BusinessDate,
  to: BusinessDate,
): Promise<readonly StoredUsage[]> {
  const [table, key] =
    kind === 'day' ? ['usage_day', 'business_date'] : ['usage_month', 'business_month']
  const within =
    kind === 'day'
      ? `d.business_date = u.${key}`
      : `d.business_date >= u.${key} and d.business_date < u.${key} + interval '1 month'`
  return await db.query<StoredUsage>(
    `select u.${key}::text as date, u.energy, u.estimated, u.quality
     from ${table} u
     where u.usage_point_id = $1::int and u.register = $2::text
       and u.${key} >= $3::date and u.${key} < $4::date
       and not exists (select from usage_dirty d
         where d.usage_point_id = u.usage_point_id and ${within})
       and not exists (select from installation i join energy_dirty d on d.meter_id = i.meter_id
         where i.usage_point_id = u.usage_point_id and ${within})
       and not exists (select from usage_month_dirty d where $5::text = 'month'
         and d.usage_point_id = u.usage_point_id and d.business_month = u.${key})
       and not exists (select from usage_dirty_span s where s.usage_point_id = u.usage_point_id)`,
    [usagePointId, register, from, to, kind],
  )
}
