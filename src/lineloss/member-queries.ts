import type { Db } from '#src/db'
import { gatewayCtes, memberCtes, periodsCte } from './parts.ts'
import { boundsOf, type NodePeriod, type Span, spanValues } from './spans.ts'

/** Laid down first, so that the planner knows how many there are: one late meter, or all. */
export async function gatherMembers(
  db: Db,
  spans: readonly Span[],
  keys: readonly NodePeriod[],
): Promise<void> {
  await db.query(
    `create temporary table if not exists loss_member (
       starts_on date not null, node_id int not null, usage_point_id int not null,
       cut boolean not null, held tstzmultirange, part text not null,
       fallen boolean not null default false
     ) on commit delete rows`,
  )
  await db.query('delete from loss_member')
  await db.query(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${memberCtes}
     insert into loss_member (starts_on, node_id, usage_point_id, cut, held, part)
     select starts_on, node_id, usage_point_id, cut, held, part from member`,
    [...spanValues(spans), keys.map(({ nodeId }) => nodeId), keys.map(({ startsOn }) => startsOn)],
  )
  await db.query('analyze loss_member')
}

/** Of so many members without energy it is looked whether their register fell. */
const LOOKED_AT = 5_000

/** A register that fell without having rolled over has no energy: metering leaves the day out. */
export async function markFallen(db: Db, spans: readonly Span[]): Promise<void> {
  await db.query(
    `with ${periodsCte},
    unread as materialized (
      select m.starts_on, m.usage_point_id, i.meter_id,
        greatest(d.starts_at - interval '1 hour', i.valid_from) as from_at,
        least(d.ends_at + interval '1 hour', i.valid_to) as to_at
      from loss_member m join d using (starts_on)
      join installation i on i.usage_point_id = m.usage_point_id and i.valid_from < d.ends_at
        and (i.valid_to is null or i.valid_to > d.starts_at)
      left join usage_day f on f.usage_point_id = m.usage_point_id and f.register = '1.8.0'
        and f.business_date = m.starts_on and f.business_date between $4::date and $5::date
      where f.energy is null or f.quality = 4 limit ${LOOKED_AT}),
    stepped as (
      select u.starts_on, u.usage_point_id, p.micro, lag(p.micro) over (
        partition by u.starts_on, u.usage_point_id, u.meter_id order by p.measured_at) as before
      from unread u
      join register_points((select coalesce(array_agg(distinct meter_id), '{}') from unread),
          '1.8.0', (select min(from_at) from unread), (select max(to_at) from unread)) p
        on p.meter_id = u.meter_id and p.measured_at between u.from_at and u.to_at)
    update loss_member m set fallen = true
    where (m.starts_on, m.usage_point_id) in (
      select starts_on, usage_point_id from stepped where micro < before)`,
    [...spanValues(spans), ...boundsOf(spans)],
  )
}
