import { fail, type Instant, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { selectBatch, selectEnding } from './batch-queries.ts'
import type { Batch, EndRefusal, Receipt } from './types.ts'

/**
 * The marketing system has taken a batch. What it refused is due again, a usage point's piece with
 * all its registers. The same receipt again changes nothing.
 */
export async function acknowledge(
  tx: Db,
  id: number,
  receipt: Receipt,
  by: string,
  now: Instant,
): Promise<Result<Batch, EndRefusal>> {
  const batch = await lockBatch(tx, id)
  if (batch === undefined) return fail({ kind: 'not-found' })
  const said = { receipt: sorted(receipt) }
  if (batch.state !== 'published') return await again(tx, batch, 'acknowledged', said)
  const differences = differencesOf(batch, receipt)
  if (differences.length > 0) return fail({ kind: 'mismatch', differences })
  const unknown = receipt.rejected.filter(({ line }) => line < 1 || line > batch.rows)
  if (unknown.length > 0) {
    return fail({ kind: 'unknown-lines', lines: unknown.map(({ line }) => line) })
  }
  await reject(tx, batch, receipt.rejected)
  await end(tx, id, 'acknowledged', said, by, now)
  return ok((await selectBatch(tx, id)) ?? batch)
}

/** Takes a batch back that nobody has acknowledged: all of it is due again. */
export async function withdraw(
  tx: Db,
  id: number,
  reason: string,
  by: string,
  now: Instant,
): Promise<Result<Batch, EndRefusal>> {
  const batch = await lockBatch(tx, id)
  if (batch === undefined) return fail({ kind: 'not-found' })
  if (batch.state !== 'published') return await again(tx, batch, 'withdrawn', { reason })
  await tx.query(`delete from reading_day_span where batch_id = $1::int`, [id])
  await end(tx, id, 'withdrawn', { reason }, by, now)
  return ok((await selectBatch(tx, id)) ?? batch)
}

async function lockBatch(tx: Db, id: number): Promise<Batch | undefined> {
  await tx.query(`select from reading_day_batch where id = $1::int for update`, [id])
  return await selectBatch(tx, id)
}

/** Said twice with the same words it was done once. */
async function again(
  tx: Db,
  batch: Batch,
  state: Batch['state'],
  said: object,
): Promise<Result<Batch, EndRefusal>> {
  const before = await selectEnding(tx, batch.id)
  const isSame = batch.state === state && sameText(before, said)
  return isSame ? ok(batch) : fail({ kind: 'ended', state: batch.state })
}

/** Whatever order the keys come back in. */
function sameText(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1)))
        : inner,
    )
  return text(a) === text(b)
}

const sorted = ({ rows, totals, rejected }: Receipt): Receipt => ({
  rows,
  totals: [...totals].sort((a, b) => (a.register < b.register ? -1 : 1)),
  rejected: [...rejected].sort((a, b) => a.line - b.line),
})

function differencesOf(batch: Batch, receipt: Receipt): string[] {
  const differences: string[] = []
  if (receipt.rows !== batch.rows) {
    differences.push(`rows: ${batch.rows} left, ${receipt.rows} arrived`)
  }
  const said = new Map(receipt.totals.map(({ register, energy }) => [register, energy]))
  for (const { register, energy } of batch.totals) {
    const arrived = said.get(register)
    said.delete(register)
    if (arrived === undefined || plain(arrived) !== plain(energy)) {
      differences.push(`${register}: ${energy} left, ${arrived ?? 'nothing'} arrived`)
    }
  }
  for (const register of said.keys()) differences.push(`${register}: nothing of it left`)
  return differences
}

/** Without the zeros that say nothing. */
const plain = (decimal: string): string =>
  decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal

async function reject(tx: Db, { id, date }: Batch, rejected: Receipt['rejected']): Promise<void> {
  if (rejected.length === 0) return
  const lines = rejected.map(({ line }) => line)
  await tx.query(
    `insert into reading_day_rejection (batch_id, line, reason)
     select $1::int, u.line, u.reason from unnest($2::int[], $3::text[]) as u (line, reason)
     on conflict do nothing`,
    [id, lines, rejected.map(({ reason }) => reason)],
  )
  await tx.query(
    `delete from reading_day_span s using reading_day_row r
     where r.batch_id = $1::int and r.reading_date = $2::date and r.line = any($3::int[])
       and s.id = r.span_id`,
    [id, date, lines],
  )
}

async function end(
  tx: Db,
  id: number,
  state: Batch['state'],
  ending: object,
  by: string,
  now: Instant,
): Promise<void> {
  await tx.query(
    `update reading_day_batch set state = $2::text, ending = $3::jsonb, ended_by = $4::text,
       ended_at = to_timestamp($5::float8 / 1000)
     where id = $1::int`,
    [id, state, JSON.stringify(ending), by, now],
  )
}
