import type { ItemCode } from '#protocols/model'
import type { CivilTime, Instant } from '#src/core'
import type { Db } from '#src/db'
import { energyText } from '#src/metering'
import { unitOf } from './batch-queries.ts'
import type { Batch, Difference, Reconciliation } from './types.ts'

const DIFFERENCES_MAX = 1_000

interface TotalRow {
  readonly register: ItemCode
  readonly rows: bigint
  readonly energy: string
  readonly compared: bigint
  readonly sent: string
  readonly kept: string
}

interface DifferenceRow {
  readonly usage_point: string
  readonly account_no: string
  readonly register: ItemCode
  readonly from_at: Instant
  readonly to_at: Instant
  readonly sent: string
  readonly kept: string | null
}

/**
 * What left of usage points against the days that are kept of them. Pieces of one usage point that
 * follow each other are taken together; those that begin or end within a day cannot be compared.
 */
const compared = `
  with line as (
    select r.usage_point_id, r.register, r.from_at, r.to_at, r.energy, r.usage_point, r.account_no
    from reading_day_row r where r.reading_date = $1::date and r.batch_id = $2::int),
  place as (
    select l.usage_point_id, l.register, min(l.from_at) as from_at, max(l.to_at) as to_at,
      sum(l.energy) as sent, count(*) as rows, min(l.usage_point) as usage_point,
      max(l.account_no) as account_no,
      sum(extract(epoch from l.to_at - l.from_at)) = extract(epoch from max(l.to_at) - min(l.from_at))
        and min(l.from_at) = date_trunc('day', min(l.from_at), $3::text)
        and max(l.to_at) = date_trunc('day', max(l.to_at), $3::text) as is_whole
    from line l group by l.usage_point_id, l.register),
  beside as (
    select p.*, k.kept,
      p.is_whole and k.days = (p.to_at at time zone $3::text)::date
        - (p.from_at at time zone $3::text)::date as is_comparable
    from place p
    left join lateral (
      select sum(d.energy) as kept, count(*) filter (where d.quality <> 4) as days
      from usage_day d
      where d.usage_point_id = p.usage_point_id and d.register = p.register
        and d.business_date >= (p.from_at at time zone $3::text)::date
        and d.business_date < (p.to_at at time zone $3::text)::date) k on true)`

export async function reconcile(
  db: Db,
  civil: CivilTime,
  { id, date }: Batch,
): Promise<Reconciliation> {
  const totals = await db.query<TotalRow>(
    `${compared}
     select register, sum(rows)::bigint as rows, sum(sent)::text as energy,
       coalesce(sum(rows) filter (where is_comparable), 0)::bigint as compared,
       coalesce(sum(sent) filter (where is_comparable), 0)::text as sent,
       coalesce(sum(kept) filter (where is_comparable), 0)::text as kept
     from beside group by register order by register`,
    [date, id, civil.zone],
  )
  const differences = await db.query<DifferenceRow>(
    `${compared}
     select usage_point, account_no, register, from_at, to_at, sent::text,
       case when is_comparable then kept::text end as kept
     from beside where not is_comparable or sent <> kept
     order by is_comparable desc, abs(sent - coalesce(kept, 0)) desc, usage_point, register
     limit $4::int`,
    [date, id, civil.zone, DIFFERENCES_MAX],
  )
  const text = (micro: string) => energyText(BigInt(micro))
  return {
    totals: totals.map(({ register, ...total }) => ({
      ...{ register, unit: unitOf(register), rows: Number(total.rows) },
      ...{ energy: text(total.energy), compared: Number(total.compared) },
      ...{ sent: text(total.sent), kept: text(total.kept) },
    })),
    differences: differences.map(
      (row): Difference => ({
        ...{ usagePoint: row.usage_point, account: row.account_no, register: row.register },
        ...{ from: row.from_at, to: row.to_at, sent: text(row.sent) },
        kept: row.kept === null ? null : text(row.kept),
        unit: unitOf(row.register),
      }),
    ),
  }
}
