import type { Instant } from '#src/core'
import type { Db } from '#src/db'

export const refusedStates = ['waiting', 'replayed', 'dismissed'] as const
export type RefusedState = (typeof refusedStates)[number]

export interface RefusedRow {
  readonly id: number
  readonly outbox: string
  readonly number: number
  readonly record: Uint8Array
  readonly refusedAt: Instant
  readonly reason: string
  readonly state: RefusedState
  readonly decidedAt: Instant | null
  readonly decidedBy: string | null
}

const columns = `id::int4 as id, outbox, number::float8 as number, record,
  refused_at as "refusedAt", reason, decided_by as "decidedBy",
  coalesce(replayed_at, dismissed_at) as "decidedAt",
  case when replayed_at is not null then 'replayed'
    when dismissed_at is not null then 'dismissed' else 'waiting' end as state`

export function selectRefused(
  db: Db,
  state: RefusedState | null,
  before: number | null,
  limitMax: number,
): Promise<readonly RefusedRow[]> {
  return db.query<RefusedRow>(
    `select * from (select ${columns} from outbox_refused) as r
     where ($1::text is null or state = $1::text) and ($2::int8 is null or id < $2::int8)
     order by id desc limit $3::int`,
    [state, before, limitMax],
  )
}

export async function selectRefusedForUpdate(tx: Db, id: number): Promise<RefusedRow | undefined> {
  const [row] = await tx.query<RefusedRow>(
    `select ${columns} from outbox_refused where id = $1::int8 for update`,
    [id],
  )
  return row
}

export async function selectWaitingCount(db: Db): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `select count(*)::int as n from outbox_refused
     where replayed_at is null and dismissed_at is null`,
  )
  return row?.n ?? 0
}

export async function updateReplayed(tx: Db, id: number, by: string, at: Instant): Promise<void> {
  await tx.query(
    `update outbox_refused set replayed_at = to_timestamp($3::float8 / 1000), decided_by = $2::text
     where id = $1::int8`,
    [id, by, at],
  )
}

export async function updateDismissed(tx: Db, id: number, by: string, at: Instant): Promise<void> {
  await tx.query(
    `update outbox_refused set dismissed_at = to_timestamp($3::float8 / 1000), decided_by = $2::text
     where id = $1::int8`,
    [id, by, at],
  )
}
