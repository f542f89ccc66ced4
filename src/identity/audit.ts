import { createHash } from 'node:crypto'
import type { Clock, Instant } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import type { Actor } from './roles.ts'

/** Who did what to what, from where, and how it ended. */
export interface AuditEntry {
  readonly actor: Actor | 'system' | 'anonymous'
  /** A stable name: `session.create`, `read.request`. */
  readonly action: string
  /** What was acted upon: `user/1`, `read/42`, or '' where there is nothing yet. */
  readonly target: string
  /** `done`, or the stable code of why not. */
  readonly outcome: string
  /** Further facts; never a secret. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly remote: string
  readonly requestId: string
}

export interface AuditRecord {
  readonly seq: number
  readonly at: Instant
  readonly actorKind: string
  readonly actorId: number | null
  readonly actorName: string
  readonly action: string
  readonly target: string
  readonly outcome: string
  readonly detail: string
  readonly remote: string
  readonly requestId: string
  readonly hash: string
}

export type ChainState =
  | { readonly whole: true; readonly records: number }
  | { readonly whole: false; readonly brokenAt: number }

/** The append-only, chained trail of every write. */
export interface Audit {
  record(entry: AuditEntry): Promise<void>
  /** In the transaction of what it is about, as its last statement: both stand or neither. */
  recordIn(tx: Db, entry: AuditEntry): Promise<void>
  /** Newest first, before the given number. */
  page(beforeSeq: number | null, limit: number): Promise<AuditRecord[]>
  /** Recomputes every hash from the first record on. */
  verify(): Promise<ChainState>
}

const GENESIS = Buffer.alloc(32)
const VERIFY_BATCH_ROWS = 2_000
/** Any constant will do: it serialises the writers of the chain. */
const CHAIN_LOCK = 4_210_017

export function createAudit(db: Database, clock: Clock): Audit {
  async function recordIn(tx: Db, entry: AuditEntry) {
    await lockChain(tx)
    const last = await lastOfChain(tx)
    const fields = toFields(entry, (last?.seq ?? 0) + 1, clock.now())
    await insertRecord(tx, fields, chainHash(last?.hash ?? GENESIS, fields))
  }
  return {
    record: (entry) => db.transaction((tx) => recordIn(tx, entry)),
    recordIn,
    async page(beforeSeq, limit) {
      const rows = await recordsBefore(db, beforeSeq, limit)
      return rows.map((row) => ({ ...toRecord(row), hash: row.hash.toString('hex') }))
    },
    async verify() {
      let previous: Buffer = GENESIS
      let records = 0
      const batches = db.stream<Row>(`${SELECT} order by seq`, [], VERIFY_BATCH_ROWS)
      for await (const rows of batches) {
        for (const row of rows) {
          const expected = chainHash(previous, toRecord(row))
          const inOrder = Number(row.seq) === records + 1
          if (!inOrder || !expected.equals(row.hash)) {
            return { whole: false, brokenAt: records + 1 }
          }
          previous = row.hash
          records += 1
        }
      }
      return { whole: true, records }
    },
  }
}

type Fields = Omit<AuditRecord, 'hash'>

function toFields(entry: AuditEntry, seq: number, at: Instant): Fields {
  const { actor } = entry
  const named = typeof actor === 'string'
  return {
    seq,
    at,
    actorKind: named ? actor : actor.kind,
    actorId: named ? null : actor.id,
    actorName: named ? actor : actor.name,
    action: entry.action,
    target: entry.target,
    outcome: entry.outcome,
    detail: JSON.stringify(entry.detail),
    remote: entry.remote,
    requestId: entry.requestId,
  }
}

/** The order of the fields is part of the format: changing it breaks every chain. */
function chainHash(previous: Buffer, f: Fields): Buffer {
  const text = JSON.stringify([
    f.seq,
    f.at,
    f.actorKind,
    f.actorId,
    f.actorName,
    f.action,
    f.target,
    f.outcome,
    f.detail,
    f.remote,
    f.requestId,
  ])
  return createHash('sha256').update(previous).update(text).digest()
}

interface Row {
  readonly seq: bigint
  readonly at: Instant
  readonly actor_kind: string
  readonly actor_id: number | null
  readonly actor_name: string
  readonly action: string
  readonly target: string
  readonly outcome: string
  readonly detail: string
  readonly remote: string
  readonly request_id: string
  readonly hash: Buffer
}

function toRecord(row: Row): Fields {
  return {
    seq: Number(row.seq),
    at: row.at,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorName: row.actor_name,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    detail: row.detail,
    remote: row.remote,
    requestId: row.request_id,
  }
}

const SELECT = `select seq, at, actor_kind, actor_id, actor_name, action, target, outcome, detail,
  remote, request_id, hash from audit_record`

async function lockChain(tx: Db) {
  await tx.query('select pg_advisory_xact_lock($1::bigint)', [CHAIN_LOCK])
}

async function lastOfChain(tx: Db): Promise<{ seq: number; hash: Buffer } | undefined> {
  const rows = await tx.query<{ seq: bigint; hash: Buffer }>(
    'select seq, hash from audit_record order by seq desc limit 1',
  )
  const row = rows[0]
  return row && { seq: Number(row.seq), hash: row.hash }
}

async function insertRecord(tx: Db, f: Fields, hash: Buffer) {
  await tx.query(
    `insert into audit_record (seq, at, actor_kind, actor_id, actor_name, action, target, outcome,
       detail, remote, request_id, hash)
     values ($1::bigint, $2::timestamptz, $3::text, $4::integer, $5::text, $6::text, $7::text,
       $8::text, $9::text, $10::text, $11::text, $12::bytea)`,
    [
      f.seq,
      timestamptz(f.at),
      f.actorKind,
      f.actorId,
      f.actorName,
      f.action,
      f.target,
      f.outcome,
      f.detail,
      f.remote,
      f.requestId,
      hash,
    ],
  )
}

function recordsBefore(db: Db, beforeSeq: number | null, limit: number): Promise<Row[]> {
  return db.query<Row>(
    `${SELECT} where $1::bigint is null or seq < $1::bigint order by seq desc limit $2::integer`,
    [beforeSeq, limit],
  )
}
