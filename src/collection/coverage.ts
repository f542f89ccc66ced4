import { hours, type Instant, instant, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { kpi } from './kpis.ts'
import { cursorKeys, cursorText } from './list-cursor.ts'
import type { BadListCursor, Kpi, Listed, ListPage, UncoveredPoint } from './report-types.ts'

/** A terminal is active that was heard within this time; so is a meter that needs none. */
const ACTIVE_WITHIN = hours(24)

/** Every usage point with the meter that is there now, and why it is not covered; null: it is. */
const judged = `
  select up.id, up.code as usage_point, m.address, co.address as concentrator,
    case
      when m.id is null then 'no-meter'
      when co.id is not null and st.last_heard_at is null then 'never-heard'
      when co.id is not null and not coalesce(st.online, false)
        and st.last_heard_at < to_timestamp($1::float8 / 1000) then 'silent'
      when co.id is null and not exists (select from collection_slot s
        where s.meter_id = m.id and s.state in (2, 3)
          and s.slot_start >= to_timestamp($1::float8 / 1000)) then 'nothing-received'
    end as reason
  from usage_point up
  left join installation_now i on i.usage_point_id = up.id
  left join meter m on m.id = i.meter_id
  left join concentrator co on co.channel_id = m.channel_id
  left join concentrator_state st on st.concentrator_id = co.id`

/** How many usage points have an active terminal (采集覆盖率), and which have none. */
export async function coverageOf(
  db: Db,
  now: Instant,
  { limit, cursor }: ListPage,
): Promise<Result<Listed<UncoveredPoint> & { readonly kpi: Kpi }, BadListCursor>> {
  const after = cursorKeys(cursor, 1)
  if (!after.ok) return after
  const since = instant(now - ACTIVE_WITHIN)
  const [count] = await db.query<{ covered: bigint; points: bigint }>(
    `select count(*) filter (where reason is null) as covered, count(*) as points
     from (${judged}) j`,
    [since],
  )
  const rows = await db.query<UncoveredPoint & { id: number }>(
    `select id, usage_point as "usagePoint", address, concentrator, reason from (${judged}) j
     where reason is not null and id > $2::int order by id limit $3::int`,
    [since, after.value?.[0] ?? 0, limit + 1],
  )
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return ok({
    kpi: kpi('coverage', Number(count?.covered ?? 0n), Number(count?.points ?? 0n)),
    items: shown.map(({ id: _, ...point }) => point),
    next: rows.length > limit && last !== undefined ? cursorText([last.id]) : null,
  })
}
