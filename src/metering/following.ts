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

export async function movePosition(tx: Db, name: string, seq: bigint): Promise<void> {
  await tx.query('update usage_follower set seq = $2::bigint where name = $1', [name, seq])
}
