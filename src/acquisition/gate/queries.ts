import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Cut } from './budgets.ts'
import type { GateAct } from './gate-acts.ts'
import type { Asked, JournalEntry } from './ledger.ts'

/** Any constant will do: it lets one verdict about cutting supply be written at a time. */
const GATE_LOCK = 4_210_031

export async function lockGate(tx: Db): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1::bigint)', [GATE_LOCK])
}

export async function allActs(db: Db): Promise<readonly GateAct[]> {
  const rows = await db.query<{
    id: number
    at: Instant
    kind: GateAct['kind']
    requested_by: string
    confirmed_by: string | null
    reason: string
    seal: string | null
  }>('select id, at, kind, requested_by, confirmed_by, reason, seal from gate_act order by id')
  return rows.map(({ requested_by: requestedBy, confirmed_by: confirmedBy, ...row }) => ({
    ...row,
    requestedBy,
    confirmedBy,
  }))
}

export async function insertAct(tx: Db, act: GateAct): Promise<void> {
  await tx.query(
    `insert into gate_act (id, at, kind, requested_by, confirmed_by, reason, seal)
     values ($1::integer, $2::timestamptz, $3::text, $4::text, $5::text, $6::text, $7::text)`,
    [act.id, timestamptz(act.at), act.kind, act.requestedBy, act.confirmedBy, act.reason, act.seal],
  )
}

export async function isUsed(db: Db, permitId: string): Promise<boolean> {
  const rows = await db.query('select from gate_permit_use where permit_id = $1::uuid', [permitId])
  return rows.length > 0
}

export async function cutsSince(db: Db, since: Instant): Promise<readonly Cut[]> {
  return db.query<{ at: Instant; via: string }>(
    'select used_at as at, via from gate_permit_use where cuts and used_at > $1::timestamptz',
    [timestamptz(since)],
  )
}

export async function fleetSize(db: Db): Promise<number> {
  const [row] = await db.query<{ meters: number }>('select meters from gate_fleet')
  return row?.meters ?? 0
}

/** False where the id was used meanwhile. */
export async function insertUse(tx: Db, asked: Asked): Promise<boolean> {
  const { permit } = asked
  if (!permit) return false
  const rows = await tx.query(
    `insert into gate_permit_use
       (permit_id, used_at, cuts, via, effect, protocol, address, expires_at)
     values ($1::uuid, $2::timestamptz, $3::boolean, $4::text, $5::text, $6::text, $7::text,
       $8::timestamptz)
     on conflict (permit_id) do nothing returning permit_id`,
    [
      permit.id,
      timestamptz(asked.at),
      asked.cuts,
      asked.via,
      asked.effect,
      asked.protocol,
      permit.device.address,
      timestamptz(permit.expiresAt),
    ],
  )
  return rows.length === 1
}

export async function insertJournal(
  db: Db,
  event: 'passed' | 'refused' | 'dry-run' | 'ended',
  entry: JournalEntry,
  outcome: readonly string[],
): Promise<void> {
  const { permit } = entry
  await db.query(
    `insert into gate_journal (at, event, permit_id, via, protocol, effect, action, address,
       purpose, reference, requested_by, approvers, frame, outcome)
     values ($1::timestamptz, $2::text, $3::uuid, $4::text, $5::text, $6::text, $7::text, $8::text,
       $9::text, $10::text, $11::text, $12::text[], $13::text, $14::text[])`,
    [
      timestamptz(entry.at),
      event,
      permit?.id ?? null,
      entry.via,
      entry.protocol,
      entry.effect,
      entry.action,
      entry.address,
      permit?.purpose ?? null,
      permit?.reference ?? null,
      permit?.requestedBy ?? null,
      permit?.approvers ?? [],
      entry.frame,
      outcome,
    ],
  )
}

export interface RequestRow {
  readonly id: string
  readonly kind: 'arm' | 'resume'
  readonly requested_by: string
  readonly requested_name: string
  readonly requested_at: Instant
  readonly expires_at: Instant
  readonly reason: string
  readonly confirmed_at: Instant | null
}

const SELECT_REQUEST = `select id, kind, requested_by, requested_name, requested_at, expires_at,
  reason, confirmed_at from gate_request`

export async function insertRequest(tx: Db, row: Omit<RequestRow, 'confirmed_at'>): Promise<void> {
  await tx.query(
    `insert into gate_request
       (id, kind, requested_by, requested_name, requested_at, expires_at, reason)
     values ($1::uuid, $2::text, $3::text, $4::text, $5::timestamptz, $6::timestamptz, $7::text)`,
    [
      row.id,
      row.kind,
      row.requested_by,
      row.requested_name,
      timestamptz(row.requested_at),
      timestamptz(row.expires_at),
      row.reason,
    ],
  )
}

export async function requestOf(db: Db, id: string): Promise<RequestRow | undefined> {
  const [row] = await db.query<RequestRow>(`${SELECT_REQUEST} where id = $1::uuid`, [id])
  return row
}

export function waitingRequests(db: Db, now: Instant): Promise<RequestRow[]> {
  return db.query<RequestRow>(
    `${SELECT_REQUEST} where confirmed_at is null and expires_at > $1::timestamptz
      order by requested_at`,
    [timestamptz(now)],
  )
}

export async function confirmRequest(tx: Db, id: string, by: string, at: Instant): Promise<void> {
  await tx.query(
    `update gate_request set confirmed_by = $2::text, confirmed_at = $3::timestamptz
      where id = $1::uuid`,
    [id, by, timestamptz(at)],
  )
}
