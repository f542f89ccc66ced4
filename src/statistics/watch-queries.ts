import type { Instant } from '#src/core'
import type { Db } from '#src/db'

export interface WatchedRow {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly account: string | null
  readonly customer: string | null
  readonly capacityKva: string | null
  readonly meter: string | null
  readonly meterId: number | null
  readonly concentratorOnline: boolean | null
  readonly lastHeardAt: Instant | null
}

/** The usage points of a list, in its order. */
export async function selectListed(db: Db, list: number): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `select w.usage_point_id as id from watch_list_member w
     join usage_point u on u.id = w.usage_point_id
     where w.watch_list_id = $1::int order by w.position, u.code`,
    [list],
  )
  return rows.map(({ id }) => id)
}

/** Usage points in this order, with who they are and what hangs there now. */
export async function selectWatched(
  db: Db,
  points: readonly number[],
  at: string,
): Promise<readonly WatchedRow[]> {
  const held = (alias: string) =>
    `${alias}.valid_from <= $2::timestamptz
       and (${alias}.valid_to is null or ${alias}.valid_to > $2::timestamptz)`
  return await db.query<WatchedRow>(
    `select u.id, u.code, u.name, a.no as account, c.name as customer,
       trim_scale(k.capacity_kva)::text as "capacityKva", m.address as meter, m.id as "meterId",
       s.online as "concentratorOnline", s.last_heard_at as "lastHeardAt"
     from unnest($1::int[]) with ordinality w (usage_point_id, position)
     join usage_point u on u.id = w.usage_point_id
     left join account_usage_point h on h.usage_point_id = u.id and ${held('h')}
     left join account a on a.id = h.account_id
     left join customer c on c.id = a.customer_id
     left join contract k on k.account_id = a.id and ${held('k')}
     left join installation i on i.usage_point_id = u.id and ${held('i')}
     left join meter m on m.id = i.meter_id
     left join concentrator t on t.channel_id = m.channel_id
     left join concentrator_state s on s.concentrator_id = t.id
     order by w.position`,
    [points, at],
  )
}

/** What devices say has begun and did not end, by meter. */
export async function selectEvents(
  db: Db,
  meters: readonly number[],
): Promise<readonly { id: number; code: string; since: Instant }[]> {
  return await db.query(
    `select meter_id as id, code, raised_at as since from device_event
     where device = any(select 'm' || m from unnest($1::int[]) m)
       and is_span and raised_at is not null and cleared_at is null and not superseded
     order by raised_at desc`,
    [meters],
  )
}

interface FindingRow {
  readonly id: number
  readonly source: 'case' | 'validation'
  readonly reference: string
  readonly kind: string
  readonly since: Instant
}

/** Work that is open, and values that wait for a judgement, by usage point. */
export async function selectFindings(
  db: Db,
  points: readonly number[],
  meters: readonly number[],
): Promise<readonly FindingRow[]> {
  return await db.query<FindingRow>(
    `select coalesce(w.usage_point_id, i.usage_point_id) as id, 'case' as source,
       w.id::text as reference, w.kind, w.opened_at as since
     from work_case w left join installation_now i on i.meter_id = w.meter_id
     where w.ended_at is null
       and (w.usage_point_id = any($1::int[]) or w.meter_id = any($2::int[]))
     union all
     select f.usage_point_id, 'validation', f.id::text, f.code, f.found_at
     from validation_finding f
     where f.state = 'open' and f.usage_point_id = any($1::int[])
     order by since desc`,
    [points, meters],
  )
}
