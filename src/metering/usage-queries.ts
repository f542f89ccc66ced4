import { type ItemCode, itemOf } from '#protocols/model'
import {
  type BusinessDate,
  type CivilTime,
  type Instant,
  plainCode,
  type UsagePointId,
} from '#src/core'
import type { Db } from '#src/db'
import type { RollupKind } from './dirty-queries.ts'
import { energyText } from './energy.ts'
import { qualityOf } from './quality.ts'
import type { KeptUsage, KeptUsageQuery } from './types.ts'

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

interface KeptRow {
  readonly usage_point_id: number
  readonly code: string
  readonly account: string | null
  readonly date: string
  readonly register: ItemCode
  readonly energy: bigint
  readonly estimated: bigint
  readonly quality: number
  readonly computed_at: Instant
}

export async function keptUsage(
  db: Db,
  civil: CivilTime,
  query: KeptUsageQuery,
): Promise<readonly KeptUsage[]> {
  const [table, key, step] =
    query.granularity === 'day'
      ? ['usage_day', 'business_date', '1 day']
      : ['usage_month', 'business_month', '1 month']
  const rows = await db.query<KeptRow>(
    `select u.usage_point_id, p.code, a.no as account, u.${key}::text as date, u.register,
       u.energy, u.estimated, u.quality, u.computed_at
     from ${table} u
     join usage_point p on p.id = u.usage_point_id
     left join account_usage_point o on o.usage_point_id = u.usage_point_id
       and tstzrange(o.valid_from, o.valid_to)
         @> ((u.${key} + interval '${step}')::timestamp at time zone $1::text - interval '1 ms')
     left join account a on a.id = o.account_id
     where u.${key} >= $2::date and u.${key} <= $3::date
       and ($4::text[] is null or u.register = any($4::text[]))
       and ($5::text is null or u.usage_point_id in (
         select x.usage_point_id from account_usage_point x join account y on y.id = x.account_id
         where y.no = $5::text) and a.no = $5::text)
       and ($6::text is null or u.usage_point_id =
         (select z.id from usage_point z where z.code = $6::text))
       and ($7::int is null
         or (u.usage_point_id, u.${key}, u.register) > ($7::int, $8::date, $9::text))
     order by u.usage_point_id, u.${key}, u.register
     limit $10::int`,
    [
      civil.zone,
      query.from,
      query.to,
      query.registers ?? null,
      query.account === undefined ? null : plainCode(query.account),
      query.usagePoint === undefined ? null : plainCode(query.usagePoint),
      query.after?.usagePointId ?? null,
      query.after?.date ?? null,
      query.after?.register ?? null,
      query.limit,
    ],
  )
  return rows.map((row) => ({
    usagePointId: row.usage_point_id,
    usagePoint: row.code,
    account: row.account,
    date: row.date,
    register: row.register,
    energy: energyText(row.energy),
    unit: itemOf(row.register)?.unit ?? '',
    quality: qualityOf(row.quality),
    estimated: energyText(row.estimated),
    computedAt: row.computed_at,
  }))
}
