import type { ProtocolName } from '#protocols/model'
import { type ConcentratorId, type Id, type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { Quarantined, QuarantineReason, QuarantineState, StrangeCall } from './types.ts'

/** Adds calls to what is known of each; a decision that was made stands. */
export async function addCalls(db: Db, calls: readonly StrangeCall[]): Promise<void> {
  await db.query(
    `insert into quarantine as q (identity, reason, rule, protocol, remote_address, first_seen_at,
       last_seen_at, calls)
     select u.identity, u.reason, u.rule, u.protocol, u.address, to_timestamp(u.first_ms / 1000),
       to_timestamp(u.last_ms / 1000), u.calls
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[],
         $7::float8[], $8::bigint[])
       as u (identity, reason, rule, protocol, address, first_ms, last_ms, calls)
     on conflict (identity) do update set reason = excluded.reason, rule = excluded.rule,
       protocol = coalesce(excluded.protocol, q.protocol),
       remote_address = excluded.remote_address, last_seen_at = excluded.last_seen_at,
       calls = q.calls + excluded.calls,
       -- Who was adopted and is refused again waits for a person again.
       state = case when q.state = 'adopted' and excluded.last_seen_at > q.decided_at then 'waiting'
         else q.state end`,
    [
      calls.map(({ identity }) => identity),
      calls.map(({ reason }) => reason),
      calls.map(({ rule }) => rule),
      calls.map(({ protocol }) => protocol),
      calls.map(({ remoteAddress }) => remoteAddress),
      calls.map(({ firstAt }) => firstAt),
      calls.map(({ lastAt }) => lastAt),
      calls.map(({ calls: count }) => count),
    ],
  )
}

/** Those that wait and were heard the longest ago make room. */
export async function trimQuarantine(db: Db, rowsMax: number): Promise<void> {
  await db.query(
    `delete from quarantine where state = 'waiting' and id in
       (select id from quarantine where state = 'waiting'
        order by last_seen_at desc, id desc offset $1::int)`,
    [rowsMax],
  )
}

interface QuarantineRow {
  readonly id: number
  readonly identity: string
  readonly reason: QuarantineReason
  readonly state: QuarantineState
  readonly rule: string
  readonly protocol: ProtocolName | null
  readonly remote_address: string
  readonly first_seen_at: Instant
  readonly last_seen_at: Instant
  readonly calls: bigint
  readonly concentrator_id: number | null
  readonly decided_by: string | null
  readonly decided_at: Instant | null
}

const columns = `id, identity, reason, state, rule, protocol, remote_address, first_seen_at,
  last_seen_at, calls, concentrator_id, decided_by, decided_at`

const quarantinedOf = (row: QuarantineRow): Quarantined => ({
  id: idOf(row.id),
  identity: row.identity,
  reason: row.reason,
  state: row.state,
  rule: row.rule,
  protocol: row.protocol,
  remoteAddress: row.remote_address,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  calls: Number(row.calls),
  concentratorId: row.concentrator_id === null ? null : idOf(row.concentrator_id),
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
})

/** Newest number first. */
export async function selectQuarantine(
  db: Db,
  state: QuarantineState | null,
  after: number | null,
  limit: number,
): Promise<Quarantined[]> {
  const rows = await db.query<QuarantineRow>(
    `select ${columns} from quarantine
     where ($1::text is null or state = $1::text) and ($2::int is null or id < $2::int)
     order by id desc limit $3::int`,
    [state, after, limit],
  )
  return rows.map(quarantinedOf)
}

/** Locked until the transaction ends: two people cannot decide at once. */
export async function lockQuarantined(
  db: Db,
  id: Id<'quarantine'>,
): Promise<Quarantined | undefined> {
  const rows = await db.query<QuarantineRow>(
    `select ${columns} from quarantine where id = $1::int for update`,
    [id],
  )
  return rows.map(quarantinedOf)[0]
}

export async function decideQuarantined(
  db: Db,
  id: Id<'quarantine'>,
  decision: {
    readonly state: QuarantineState
    readonly by: string
    readonly at: Instant
    readonly concentratorId: ConcentratorId | null
  },
): Promise<void> {
  await db.query(
    `update quarantine set state = $2::text, decided_by = $3::text,
       decided_at = to_timestamp($4::float8 / 1000), concentrator_id = $5::int
     where id = $1::int`,
    [id, decision.state, decision.by, decision.at, decision.concentratorId],
  )
}

export async function selectBlocked(db: Db): Promise<string[]> {
  const rows = await db.query<{ identity: string }>(
    `select identity from quarantine where state = 'blocked' order by id`,
  )
  return rows.map(({ identity }) => identity)
}
