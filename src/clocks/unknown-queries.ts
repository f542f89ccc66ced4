import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { ClockDevice } from './types.ts'

/**
 * What was on its way when its process died: nobody knows, until the clock is read, and so it is
 * read at once. In one statement, since the next process may die as well; for the same reason those
 * are looked for whose clocks were read and of which nothing was concluded.
 */
export async function markUnknown(
  db: Db,
  busy: readonly number[],
  times: { readonly atOnce: Instant; readonly farOff: Instant },
): Promise<void> {
  await db.query(
    `with lost as (
       update clock_correction set state = 'unknown'
       where state = 'sending' and channel_id <> all($1::int[]) returning kind, device_id),
     few as (
       select kind, device_id, true as just from lost
       union all
       select kind, device_id, false from clock_correction
       where state = 'unknown' and channel_id <> all($1::int[]))
     update clock_device d set next_at = to_timestamp($2::float8 / 1000)
     from few f where d.kind = f.kind and d.device_id = f.device_id
       and (f.just or d.next_at > to_timestamp($3::float8 / 1000))`,
    [busy, times.atOnce, times.farOff],
  )
}

export async function openUnknown(db: Db, { kind, id }: ClockDevice): Promise<number | undefined> {
  const [row] = await db.query<{ id: number }>(
    `select id from clock_correction
     where kind = $1::text and device_id = $2::int and state = 'unknown'`,
    [kind, id],
  )
  return row?.id
}

/** Of meters: few at any time. */
export async function unknownOfMeters(db: Db): Promise<ReadonlyMap<number, number>> {
  const rows = await db.query<{ meter: number; id: number }>(
    `select device_id as meter, id from clock_correction
     where state = 'unknown' and kind = 'meter'`,
  )
  return new Map(rows.map(({ meter, id }) => [meter, id]))
}
