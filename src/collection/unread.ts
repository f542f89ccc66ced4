import { type CivilTime, hours, type Instant, idOf, instant, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { cursorKeys, cursorText } from './list-cursor.ts'
import type { BadListCursor, Listed, ListPage, UnreadPoint } from './report-types.ts'

/** How far back the last value of a silent meter is looked for. */
const LOOK_BACK = hours(62 * 24)

/**
 * Points that have failed for so many days on end (连续抄表失败). Candidates are meters with a slot
 * that is empty since then, which an index of the empty ones gives; only theirs are looked at.
 */
export async function unreadPoints(
  db: Db,
  civil: CivilTime,
  now: Instant,
  days: number,
  { limit, cursor }: ListPage,
): Promise<Result<Listed<UnreadPoint>, BadListCursor>> {
  const after = cursorKeys(cursor, 1)
  if (!after.ok) return after
  const from = civil.startOf(civil.addDays(civil.dateOf(now), -days))
  const firstDayEnds = civil.startOf(civil.addDays(civil.dateOf(now), 1 - days))
  const rows = await db.query<{
    meter_id: number
    address: string
    usage_point: string | null
    concentrator: string | null
    last_received: Instant | null
    reason: string | null
  }>(
    `select m.id as meter_id, m.address, up.code as usage_point, co.address as concentrator,
       (select max(r.slot_start) from collection_slot r
         where r.meter_id = m.id and r.state in (2, 3)
           and r.slot_start >= to_timestamp($4::float8 / 1000)
           and r.slot_start < to_timestamp($1::float8 / 1000)) as last_received,
       (select e.reason from collection_slot e
         where e.meter_id = m.id and e.state in (1, 4)
           and e.slot_start >= to_timestamp($1::float8 / 1000)
           and e.slot_start <= to_timestamp($3::float8 / 1000)
         order by e.slot_start desc limit 1) as reason
     from (
       select c.meter_id from (
         select distinct s.meter_id from collection_slot s
         where s.state = 4 and s.reason is not null
           and s.slot_start >= to_timestamp($1::float8 / 1000)
           and s.slot_start < to_timestamp($2::float8 / 1000)
           and s.meter_id > $5::int) c
       where not exists (select from collection_slot r
           where r.meter_id = c.meter_id and r.state in (2, 3)
             and r.slot_start >= to_timestamp($1::float8 / 1000))
         -- What was removed since is owed by nobody.
         and exists (select from collection_member k
           where k.meter_id = c.meter_id and k.until is null)
       order by c.meter_id limit $6::int) u
     join meter m on m.id = u.meter_id
     left join concentrator co on co.channel_id = m.channel_id
     left join installation_now i on i.meter_id = m.id
     left join usage_point up on up.id = i.usage_point_id
     order by m.id`,
    [from, firstDayEnds, now, instant(now - LOOK_BACK), after.value?.[0] ?? 0, limit + 1],
  )
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return ok({
    items: shown.map((row) => ({
      meterId: idOf(row.meter_id),
      address: row.address,
      usagePoint: row.usage_point,
      concentrator: row.concentrator,
      lastReceived: row.last_received,
      reason: row.reason,
    })),
    next: rows.length > limit && last !== undefined ? cursorText([last.meter_id]) : null,
  })
}
