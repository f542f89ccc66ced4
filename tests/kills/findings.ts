import type { Database } from '#src/db'
import { numberOf, reportOf } from './messages.ts'

export interface Findings {
  readonly sent: number
  readonly acknowledged: number
  /** Of those that were sent, also those that nobody acknowledged. */
  readonly stored: number
  /** What is not as it should be, in sentences; the first ones. */
  readonly wrong: readonly string[]
}

const WRONG_MAX = 20

/** What was stored, as often and in the order in which it was. */
export const KILL_EVENT = `create table kill_event (id bigint generated always as identity,
  tx xid8 not null default pg_current_xact_id(), number int not null)`

/** Lays the database beside what devices remember. */
export async function findings(
  db: Database,
  acknowledged: ReadonlySet<number>,
  sent: number,
): Promise<Findings> {
  const wrong: string[] = []
  const claim = (isTrue: boolean, otherwise: string) => {
    if (!isTrue && wrong.length < WRONG_MAX) wrong.push(otherwise)
  }
  const readings = await db.query<{ meter_id: number; ms: number; value: bigint }>(
    `select meter_id, extract(epoch from measured_at)::float8 * 1000 as ms,
       energy_import as value from reading_curve`,
  )
  const stored = new Map<number, bigint>()
  for (const { meter_id, ms, value } of readings) stored.set(numberOf(meter_id, ms), value)
  const events = await countsOf(db, `select number as key, count(*)::int as n from kill_event`)
  const attempts = new Map<number, number>()
  const slots = await db.query<{ meter_id: number; ms: number; attempts: number }>(
    `select meter_id, extract(epoch from slot_start)::float8 * 1000 as ms, attempts
     from collection_slot`,
  )
  for (const slot of slots) attempts.set(numberOf(slot.meter_id, slot.ms), slot.attempts)
  const frames = await countsOf(
    db,
    `select convert_from(frame, 'UTF8')::int as key, count(*)::int as n from frame_evidence`,
  )
  for (let number = 0; number < sent; number++) {
    const times = events.get(number) ?? 0
    const { digits } = reportOf(number)
    const isStored = stored.has(number)
    claim(isStored || !acknowledged.has(number), `${number} was acknowledged and is lost`)
    claim(times <= 1, `${number} was stored ${times} times`)
    claim(isStored === (times === 1), `${number}: its reading and its event do not agree`)
    claim((attempts.get(number) ?? 0) === times, `${number} has a slot of a wrong count`)
    claim((frames.get(number) ?? 0) === times, `${number} has evidence of a wrong count`)
    // A column holds kWh with four decimals, the report three.
    const value = stored.get(number)
    claim(value === undefined || value === BigInt(digits) * 10n, `${number} has a wrong value`)
  }
  for (const table of ['reading_revision', 'outbox_refused']) {
    const [row] = await db.query<{ n: number }>(`select count(*)::int as n from ${table}`)
    claim(row?.n === 0, `${table} is not empty`)
  }
  return { sent, acknowledged: acknowledged.size, stored: stored.size, wrong }
}

async function countsOf(db: Database, query: string): Promise<ReadonlyMap<number, number>> {
  const rows = await db.query<{ key: number; n: number }>(`${query} group by 1`)
  return new Map(rows.map(({ key, n }) => [key, n]))
}
