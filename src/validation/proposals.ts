import type { BusinessDate, Clock, Instant } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import type { Also, Figures, FindingState, Proposal, ValueKind, ValueState } from './types.ts'

/** What should be computed again, newest first, before an id. */
export async function listProposals(
  db: Db,
  state: Proposal['state'],
  before: number | null,
  limit: number,
): Promise<readonly Proposal[]> {
  const rows = await db.query<{
    id: bigint
    kind: 'bill'
    usage_point: string
    account: string | null
    month: BusinessDate
    reason: string
    state: Proposal['state']
    made_at: Instant
  }>(
    `select p.id, p.kind, u.code as usage_point, a.no as account, p.business_month::text as month,
       p.reason, p.state, p.made_at
     from validation_proposal p join usage_point u on u.id = p.usage_point_id
     left join account a on a.id = p.account_id
     where p.state = $1::text and ($2::bigint is null or p.id < $2::bigint)
     order by p.id desc limit $3::int`,
    [state, before, limit],
  )
  return rows.map(({ id, usage_point, made_at, ...rest }) => ({
    ...rest,
    id: Number(id),
    usagePoint: usage_point,
    madeAt: made_at,
  }))
}

/** False where there is no such open proposal. */
export async function endProposal(
  db: Database,
  clock: Clock,
  id: number,
  state: 'done' | 'dismissed',
  by: string,
  also: Also,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const rows = await tx.query(
      `update validation_proposal set state = $2::text, ended_by = $3::text,
         ended_at = $4::timestamptz where id = $1::bigint and state = 'open' returning 1`,
      [id, state, by, timestamptz(clock.now())],
    )
    if (rows.length > 0) await also(tx, { state })
    return rows.length > 0
  })
}

/** How much people brought, how much was estimated, and what was found, in a time. */
export async function figuresOf(db: Db, from: Instant, to: Instant): Promise<Figures> {
  const bounds = [timestamptz(from), timestamptz(to)]
  const [meters] = await db.query<{ meters: bigint; brought: bigint }>(
    `select (select count(distinct meter_id) from installation where valid_from < $2::timestamptz
         and (valid_to is null or valid_to > $1::timestamptz)) as meters,
       (select count(distinct meter_id) from register_value
         where kind in ('handheld', 'self', 'manual') and state = 'in-force'
           and made_at >= $1::timestamptz and made_at < $2::timestamptz) as brought`,
    bounds,
  )
  const values = await db.query<{ kind: ValueKind; state: ValueState; count: bigint }>(
    `select kind, state, count(*) as count from register_value
     where measured_at >= $1::timestamptz and measured_at < $2::timestamptz
     group by kind, state order by kind, state`,
    bounds,
  )
  const findings = await db.query<{ code: string; state: FindingState; count: bigint }>(
    `select code, state, count(*) as count from validation_finding
     where found_at >= $1::timestamptz and found_at < $2::timestamptz
     group by code, state order by code, state`,
    bounds,
  )
  return {
    meters: Number(meters?.meters ?? 0n),
    brought: Number(meters?.brought ?? 0n),
    values: values.map((one) => ({ ...one, count: Number(one.count) })),
    findings: findings.map((one) => ({ ...one, count: Number(one.count) })),
  }
}
