import type { Instant } from '#src/core'
import { type Database, timestamptz } from '#src/db'
import { lockGate } from './queries.ts'

const BLOCK_ROWS = 5_000
const NO_DIGEST = '0'.repeat(64)

interface BlockRow {
  readonly id: number
  readonly first_seq: bigint
  readonly last_seq: bigint
  readonly before_digest: string
  readonly digest: string
}

/**
 * Lets go of the journal before a moment, the oldest first: each block leaves a digest that is
 * chained to the one before, so that an export of it can be verified for ever. Returns how many rows.
 */
export async function retainJournal(db: Database, before: Instant, now: Instant): Promise<number> {
  let gone = 0
  for (;;) {
    const rows = await db.transaction(async (tx) => {
      await lockGate(tx)
      const [last] = await tx.query<BlockRow>(
        `select id, first_seq, last_seq, before_digest, digest from gate_journal_block
         order by id desc limit 1`,
      )
      const [made] = await tx.query<{ last_seq: bigint; rows: number; last_at: Instant }>(
        `with old as (
           select seq, at from gate_journal
           where seq < coalesce((select min(seq) from gate_journal where at >= $1::timestamptz),
             9223372036854775807)
           order by seq limit $2::int),
         block as (
           select min(seq) as first_seq, max(seq) as last_seq, count(*)::int as rows,
             min(at) as first_at, max(at) as last_at from old having count(*) > 0)
         insert into gate_journal_block (id, first_seq, last_seq, rows, first_at, last_at,
           before_digest, digest, written_at)
         select $3::int, first_seq, last_seq, rows, first_at, last_at, $4::text,
           gate_journal_digest(first_seq, last_seq, $4::text), $5::timestamptz
         from block returning last_seq, rows, last_at`,
        [
          timestamptz(before),
          BLOCK_ROWS,
          (last?.id ?? 0) + 1,
          last?.digest ?? NO_DIGEST,
          timestamptz(now),
        ],
      )
      if (!made) return 0
      await tx.query(`delete from gate_journal where seq <= $1::bigint`, [String(made.last_seq)])
      await tx.query(`delete from gate_permit_use where expires_at < $1::timestamptz`, [
        timestamptz(made.last_at),
      ])
      return made.rows
    })
    gone += rows
    if (rows < BLOCK_ROWS) return gone
  }
}

/** Whether the blocks follow each other without a gap, and the journal follows them. */
export async function isJournalWhole(db: Database): Promise<boolean> {
  const blocks = await db.query<BlockRow>(
    `select id, first_seq, last_seq, before_digest, digest from gate_journal_block order by id`,
  )
  let before = { id: 0, last_seq: 0n, digest: NO_DIGEST }
  for (const block of blocks) {
    const follows = block.id === before.id + 1 && block.first_seq > before.last_seq
    if (!follows || block.before_digest !== before.digest) return false
    before = block
  }
  const [kept] = await db.query<{ first: bigint | null }>(
    'select min(seq) as first from gate_journal',
  )
  return kept?.first == null || kept.first > before.last_seq
}
