import { assert, type Clock } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import type { Also, Limit } from './types.ts'

type LimitName = 'edit-alone-kwh' | 'bulk' | 'price' | 'self-reading-days' | 'photo-mib'

/** A number that people work by; every one of them is there since the installation. */
export async function limitOf(db: Db, name: LimitName): Promise<string> {
  const [row] = await db.query<{ value: string }>(
    'select value from validation_limit where name = $1::text',
    [name],
  )
  assert(row !== undefined, `the limit ${name} is there`)
  return row.value
}

export async function listLimits(db: Db): Promise<readonly Limit[]> {
  return await db.query<{ name: string; value: string; meaning: string }>(
    'select name, value::text, meaning from validation_limit order by name',
  )
}

/** False where there is no such limit. */
export async function changeLimit(
  db: Database,
  clock: Clock,
  name: string,
  value: string,
  by: string,
  also: Also,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const rows = await tx.query(
      `update validation_limit set value = $2::numeric, changed_by = $3::text,
         changed_at = $4::timestamptz where name = $1::text returning 1`,
      [name, value, by, timestamptz(clock.now())],
    )
    if (rows.length > 0) await also(tx, { name, value })
    return rows.length > 0
  })
}
