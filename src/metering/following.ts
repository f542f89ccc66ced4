import type { BusinessDate, CivilTime } from '#src/core'
import type { Db } from '#src/db'

/** Holds a follower's position in usage_change until the transaction ends: one follows at a time. */
export async function lockPosition(tx: Db, name: string): Promise<bigint> {
  await tx.query('insert into usage_follower (name, seq) values ($1, 0) on conflict do nothing', [
    name,
  ])
  const [row] = await tx.query<{ seq: bigint }>(
    'select seq from usage_follower where name = $1 for update',
    [name],
  )
  return row?.seq ?? 0n
}

/**
 * The last change that is known of with everything before it. A writer that is still at it may
 * commit a lower number later, so it is waited for; ask in a transaction of its own, so that nobody
 * waits for more than that.
 */
export async function settledChange(
  tx: Db,
  followed: 'usage_change' | 'grid_change',
): Promise<bigint> {
  await tx.query(`lock table ${followed} in share mode`)
  const rows = await tx.query<{ seq: bigint }>(
    `select coalesce(max(seq), 0)::bigint as seq from ${followed}`,
  )
  return rows[0]?.seq ?? 0n
}

export async function movePosition(tx: Db, name: string, seq: bigint): Promise<void> {
  await tx.query('update usage_follower set seq = $2::bigint where name = $1', [name, seq])
}

/**
 * The finished days that a follower has not listed yet, the oldest first: those after `through`, or
 * yesterday alone at the first look; after a long pause only the last `daysMax`.
 */
export function finishedDays(
  civil: CivilTime,
  today: BusinessDate,
  through: BusinessDate | undefined,
  daysMax: number,
): BusinessDate[] {
  const yesterday = civil.addDays(today, -1)
  const earliest = civil.addDays(today, -daysMax)
  const first = through === undefined ? yesterday : civil.addDays(through, 1)
  const days: BusinessDate[] = []
  for (let day = first; day <= yesterday; day = civil.addDays(day, 1)) {
    if (day >= earliest) days.push(day)
  }
  return days
}
