import type { Instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { Ranges, type Stretch, stretchesOf } from './ranges.ts'

/** A record that the database refused for good, as it was. */
export interface Refusal {
  readonly number: number
  readonly record: Uint8Array
  readonly refusedAt: Instant
  readonly reason: string
}

/**
 * What the database has taken of an outbox. It is noted in the transaction that takes it, so that
 * a record is never taken twice, whenever the process ends.
 */
export interface OutboxLedger {
  taken(outbox: string): Promise<Ranges>
  /**
   * Gives `work` those that were not taken before, and notes all of them. Nothing below `floor` is
   * pending any more.
   */
  take(
    outbox: string,
    numbers: readonly number[],
    floor: number,
    work: (fresh: ReadonlySet<number>, tx: Db) => Promise<void>,
  ): Promise<void>
  /** Sets a record aside, where it can be looked at and tried again. */
  refuse(outbox: string, refusal: Refusal, floor: number): Promise<void>
}

export function createOutboxLedger(db: Pick<Database, 'query' | 'transaction'>): OutboxLedger {
  async function take(
    outbox: string,
    numbers: readonly number[],
    floor: number,
    work: (fresh: ReadonlySet<number>, tx: Db) => Promise<void>,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      const taken = await lockPosition(tx, outbox)
      const fresh = numbers.filter((number) => !taken.has(number))
      if (fresh.length === 0) return
      await work(new Set(fresh), tx)
      const settled = new Ranges(stretchesOf(fresh.toSorted((a, b) => a - b)))
      settled.add(0, floor)
      await movePosition(tx, outbox, settled.stretches)
    })
  }
  return {
    taken: (outbox) => selectPosition(db, outbox),
    take,
    refuse: (outbox, refusal, floor) =>
      take(outbox, [refusal.number], floor, (_, tx) => insertRefusal(tx, outbox, refusal)),
  }
}

interface PositionRow {
  readonly from_number: bigint
  readonly to_number: bigint
}

const rangesOf = (rows: readonly PositionRow[]): Ranges =>
  new Ranges(
    rows.map(({ from_number, to_number }) => {
      return { from: Number(from_number), to: Number(to_number) }
    }),
  )

async function selectPosition(db: Db, outbox: string): Promise<Ranges> {
  const rows = await db.query<PositionRow>(
    `select lower(r) as from_number, upper(r) as to_number
     from outbox_position p cross join lateral unnest(p.taken) as r where p.outbox = $1::uuid`,
    [outbox],
  )
  return rangesOf(rows)
}

/** The row is there afterwards, and nobody else moves it before we do. */
async function lockPosition(tx: Db, outbox: string): Promise<Ranges> {
  await tx.query(
    `insert into outbox_position (outbox) values ($1::uuid)
     on conflict (outbox) do update set moved_at = now()`,
    [outbox],
  )
  return selectPosition(tx, outbox)
}

async function movePosition(tx: Db, outbox: string, taken: readonly Stretch[]): Promise<void> {
  await tx.query(
    `update outbox_position set taken = taken + $2::int8multirange where outbox = $1::uuid`,
    [outbox, `{${taken.map(({ from, to }) => `[${from},${to})`).join(',')}}`],
  )
}

async function insertRefusal(tx: Db, outbox: string, refusal: Refusal): Promise<void> {
  const { number, record, refusedAt, reason } = refusal
  await tx.query(
    `insert into outbox_refused (outbox, number, record, refused_at, reason)
     values ($1::uuid, $2::int8, $3::bytea, to_timestamp($4::float8 / 1000), $5::text)`,
    [outbox, number, Buffer.from(record), refusedAt, reason],
  )
}
