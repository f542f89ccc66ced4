import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { gatherMembers, markFallen } from './member-queries.ts'
import {
  denominatorOf,
  energyOf,
  gatewayCtes,
  type LossPeriod,
  memberDays,
  periodsCte,
  policyOf,
  tables,
  wantedCte,
  writing,
} from './parts.ts'
import { boundsOf, type NodePeriod, type Span, spanValues } from './spans.ts'

const isRead = 'f.energy is not null and f.quality <> 4'

/** Meters taken down or put up with a register that nobody wrote down. */
const swapCte = `swapped as materialized (
    select distinct d.starts_on, i.usage_point_id
    from d join installation i on i.valid_to > d.starts_at and i.valid_to <= d.ends_at
    left join installation_register c on c.installation_id = i.id and c.register = '1.8.0'
    left join installation n on n.usage_point_id = i.usage_point_id and n.valid_from >= i.valid_to
      and n.valid_from < d.ends_at
    left join installation_register o on o.installation_id = n.id and o.register = '1.8.0'
    where c.closing_digits is null or (n.id is not null and o.opening_digits is null))`

/** Counted at two nodes of one kind in a day: neither can have all of that day's energy. */
const movedOf = (period: LossPeriod) =>
  period === 'day'
    ? `exists (select from usage_point_place q join grid_node qn on qn.id = q.node_id
         join grid_node mn on mn.id = m.node_id
         where m.cut and q.usage_point_id = m.usage_point_id and q.node_id <> m.node_id
           and qn.kind = mn.kind and q.valid_from < d.ends_at
           and (q.valid_to is null or q.valid_to > d.starts_at)
           and q.role = case m.part when 'user' then 'receive' when 'source' then 'generation'
             when 'gateway' then 'supply' else m.part end)`
    : `exists (select from loss_day e where e.scope_id = m.node_id
         and e.scope in ('area', 'feeder', 'bus', 'node') and 'moved' = any(e.reasons)
         and e.starts_on >= m.starts_on and e.starts_on < m.starts_on + interval '1 month')`

/** What customers' transformers lose before meters on their low side. */
const transformerCte = `lost as materialized (
    select m.starts_on, m.node_id, m.usage_point_id, sum(transformer_loss(
      x.no_load_loss_w, x.load_loss_w, x.rated_kva, x.hours, y.shape,
      round(m.energy * x.rated_kva * x.hours / x.served)::bigint,
      round(coalesce(m.reactive, m.energy * sqrt(1 - y.power_factor ^ 2) / y.power_factor)
        * x.rated_kva * x.hours / x.served)::bigint)) as loss
    from (
      select * from metered where part = 'user' and energy is not null and usage_point_id in (
        select usage_point_id from power_transformer where usage_point_id is not null)
      offset 0) m
    join grid_node n on n.id = m.node_id
    join lateral (
      select t.*, sum(t.rated_kva * t.hours) over () as served
      from (
        select p.*, extract(epoch from least(coalesce(p.valid_to, d.ends_at), d.ends_at)
          - greatest(p.valid_from, d.starts_at)) / 3600 as hours
        from d join power_transformer p on p.usage_point_id = m.usage_point_id
          and p.metered_side = 'low' and p.valid_from < d.ends_at
          and (p.valid_to is null or p.valid_to > d.starts_at)
        where d.starts_on = m.starts_on) t) x on true
    cross join lateral (
      select p.shape, p.power_factor from loss_policy p
      where p.scope = case n.kind when 'area' then 'area' else 'feeder' end
        and p.valid_from <= m.starts_on order by p.valid_from desc limit 1) y
    group by m.starts_on, m.node_id, m.usage_point_id)`

/**
 * Computes nodes in periods, in one statement: each usage point where it counted then, with its
 * energy of the same period, summed, gated and written.
 */
export async function computeNodes(
  db: Db,
  period: LossPeriod,
  spans: readonly Span[],
  keys: readonly NodePeriod[],
  zone: string,
  now: Instant,
): Promise<number> {
  const isMonth = period === 'month'
  await gatherMembers(db, spans, keys)
  if (!isMonth) await markFallen(db, spans)
  const rows = await db.query(
    `with ${periodsCte}, ${gatewayCtes}, ${wantedCte}, ${swapCte},
    placed as (${isMonth ? memberDays('loss_member') : 'select * from loss_member'}),
    metered as materialized (
      select m.starts_on, m.node_id, m.usage_point_id, m.part, f.energy, b.energy as back,
        q.energy as reactive, ${isRead} as is_read, m.fallen or f.energy < 0 as is_fallen,
        coalesce(f.estimated, 0) + coalesce(b.estimated, 0) as estimated,
        (m.starts_on, m.usage_point_id) in (select starts_on, usage_point_id from swapped)
          and not (${isRead}) is not false as is_swapped,
        ${movedOf(period)} as is_moved
      from placed m join d using (starts_on)
      ${energyOf(period, 'f')} ${energyOf(period, 'b')} ${energyOf(period, 'q')}),
    ${transformerCte},
    unmetered as materialized (
      select distinct d.starts_on, l.parent_id from d
      join grid_link l on l.valid_from < d.ends_at
        and (l.valid_to is null or l.valid_to > d.starts_at)
      left join gate g on g.starts_on = d.starts_on and g.node_id = l.node_id
      where g.node_id is null),
    sums as (
      select case n.kind when 'region' then 'node' when 'substation' then 'node' else n.kind end
          as scope, w.node_id as scope_id, w.starts_on,
        coalesce(sum(m.energy) filter (where part = 'gateway'), 0)::bigint as supply,
        coalesce(sum(m.back) filter (where part = 'gateway'), 0)::bigint as reverse,
        coalesce(sum(m.back) filter (where part in ('user', 'source')), 0)::bigint as generation,
        coalesce(sum(m.energy) filter (where part = 'passed'), 0)::bigint as passed,
        coalesce(sum(m.back) filter (where part = 'passed'), 0)::bigint as returned,
        (coalesce(sum(m.energy) filter (where part in ('user', 'source')), 0)
          + coalesce(sum(x.loss), 0))::bigint as sale,
        coalesce(sum(m.energy) filter (where part = 'auxiliary'), 0)::bigint as auxiliary,
        coalesce(sum(x.loss), 0)::bigint as transformer_sale,
        coalesce(sum(m.estimated), 0)::bigint as estimated,
        count(*) filter (where part in ('user', 'auxiliary'))::int as users,
        count(*) filter (where part in ('user', 'auxiliary') and is_read)::int as users_read,
        count(*) filter (where part in ('gateway', 'passed'))::int as gateways,
        count(*) filter (where part in ('gateway', 'passed') and is_read)::int as gateways_read,
        count(*) filter (where part = 'source')::int as sources,
        count(*) filter (where part = 'source' and is_read and m.back is not null)::int
          as sources_read,
        count(*) filter (where part = 'gateway') as heads,
        count(*) filter (where part = 'gateway' and m.back is null) as heads_one_way,
        coalesce(bool_or(is_swapped), false) as is_swapped,
        coalesce(bool_or(is_fallen), false) as is_fallen,
        coalesce(bool_or(is_moved), false) as is_moved,
        n.kind
      from wanted w join grid_node n on n.id = w.node_id
      left join metered m using (starts_on, node_id)
      left join lost x using (starts_on, node_id, usage_point_id)
      group by w.starts_on, w.node_id, n.kind)
    ${writing(
      period,
      `sums s ${policyOf} cross join lateral (select array_remove(array[
        case when s.heads = 0 then 'no-gateway' end,
        case when s.users + s.gateways - s.heads + s.sources = 0 then 'no-users' end,
        case when s.gateways_read < s.gateways then 'gateway-unread' end,
        case when s.generation > 0 and s.heads_one_way > 0 then 'reverse-unread' end,
        case when s.sources_read < s.sources then 'source-unread' end,
        case when s.users_read < s.users * y.user_success_min then 'users-unread' end,
        case when s.is_swapped then 'swap-unresolved' end,
        case when s.is_fallen then 'register-fell' end,
        case when s.is_moved then 'moved' end,
        case when s.heads > 0 and (s.starts_on, s.scope_id) in (
          select starts_on, parent_id from unmetered) then 'child-unmetered' end,
        case when s.estimated > y.estimated_max * (${denominatorOf}) then 'estimated' end
      ], null) as reasons offset 0) r`,
      isMonth ? '$7::timestamptz' : '$8::timestamptz',
    )} returning 1`,
    [
      ...spanValues(spans),
      keys.map(({ nodeId }) => nodeId),
      keys.map(({ startsOn }) => startsOn),
      ...(isMonth ? [zone] : boundsOf(spans)),
      timestamptz(now),
    ],
  )
  return rows.length
}

/** Which nodes belong to a set at a time. */
const setCte = `linked as materialized (
    select distinct d.starts_on, l.node_id, l.parent_id from d
    join grid_link l on l.valid_from < d.ends_at and (l.valid_to is null or l.valid_to > d.starts_at)),
  below (starts_on, scope, scope_id, node_id) as (
    select d.starts_on, n.kind, n.id, n.id from d cross join grid_node n
    where n.kind in ('region', 'substation')
    union
    select b.starts_on, b.scope, b.scope_id, l.node_id from below b
    join linked l on l.starts_on = b.starts_on and l.parent_id = b.node_id),
  inside as materialized (
    select * from below
    union all
    select d.starts_on, 'voltage', n.nominal_voltage, n.id from d
    join grid_node n on n.nominal_voltage is not null)`

/**
 * Computes regions, substations and voltage levels out of the stored rows of their nodes and of
 * the gateways at their border.
 */
export async function computeSets(
  db: Db,
  period: LossPeriod,
  spans: readonly Span[],
  now: Instant,
): Promise<number> {
  const { loss, usage, date } = tables[period]
  const energy = (name: string, register: string) =>
    `left join ${usage} ${name} on ${name}.usage_point_id = g.usage_point_id
      and ${name}.register = '${register}' and ${name}.${date} = g.starts_on
      and ${name}.${date} between $4::date and $5::date`
  const rows = await db.query(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${setCte},
    side as (
      select starts_on, node_id, usage_point_id, 'gateway' as part from gate
      union all select starts_on, node_id, usage_point_id, 'passed' from passed),
    border as (
      select i.starts_on, i.scope, i.scope_id, s.usage_point_id, min(s.part) as part
      from inside i join side s using (starts_on, node_id)
      group by i.starts_on, i.scope, i.scope_id, s.usage_point_id
      having count(distinct s.part) = 1),
    heads as (
      select g.starts_on, g.scope, g.scope_id,
        coalesce(sum(f.energy) filter (where part = 'gateway'), 0)::bigint as supply,
        coalesce(sum(b.energy) filter (where part = 'gateway'), 0)::bigint as reverse,
        coalesce(sum(f.energy) filter (where part = 'passed'), 0)::bigint as passed,
        coalesce(sum(b.energy) filter (where part = 'passed'), 0)::bigint as returned,
        coalesce(sum(f.estimated), 0) + coalesce(sum(b.estimated), 0) as estimated,
        count(*)::int as gateways, count(*) filter (where ${isRead})::int as gateways_read,
        count(*) filter (where part = 'gateway') as heads,
        count(*) filter (where part = 'gateway' and b.energy is null) as heads_one_way
      from border g ${energy('f', '1.8.0')} ${energy('b', '2.8.0')}
      group by g.starts_on, g.scope, g.scope_id),
    local as (
      select i.starts_on, i.scope, i.scope_id, sum(e.generation)::bigint as generation,
        sum(e.sale)::bigint as sale, sum(e.auxiliary)::bigint as auxiliary,
        sum(e.transformer_sale)::bigint as transformer_sale, sum(e.estimated) as estimated,
        sum(e.users)::int as users, sum(e.users_read)::int as users_read,
        sum(e.sources)::int as sources, sum(e.sources_read)::int as sources_read,
        bool_or('moved' = any(e.reasons)) as is_moved
      from inside i join ${loss} e on e.starts_on = i.starts_on and e.scope_id = i.node_id
        and e.scope in ('area', 'feeder', 'bus', 'node')
        and e.starts_on between $4::date and $5::date
      group by i.starts_on, i.scope, i.scope_id),
    sums as (
      select l.scope, l.scope_id, l.starts_on, coalesce(h.supply, 0) as supply,
        coalesce(h.reverse, 0) as reverse, l.generation, coalesce(h.passed, 0) as passed,
        coalesce(h.returned, 0) as returned, l.sale, l.auxiliary, l.transformer_sale,
        l.estimated::bigint as estimated, l.users, l.users_read, coalesce(h.gateways, 0) as gateways,
        coalesce(h.gateways_read, 0) as gateways_read, l.sources, l.sources_read,
        coalesce(h.heads, 0) as heads, coalesce(h.heads_one_way, 0) as heads_one_way
      from local l left join heads h using (starts_on, scope, scope_id))
    ${writing(
      period,
      `sums s ${policyOf} cross join lateral (select array_remove(array[
        case when s.heads = 0 then 'no-gateway' end,
        case when s.users + s.gateways - s.heads + s.sources = 0 then 'no-users' end,
        case when s.gateways_read < s.gateways then 'gateway-unread' end,
        case when s.generation > 0 and s.heads_one_way > 0 then 'reverse-unread' end,
        case when s.sources_read < s.sources then 'source-unread' end,
        case when s.users_read < s.users * y.user_success_min then 'users-unread' end,
        case when s.estimated > y.estimated_max * (${denominatorOf}) then 'estimated' end
      ], null) as reasons offset 0) r`,
      '$6::timestamptz',
    )} returning 1`,
    [...spanValues(spans), ...boundsOf(spans), timestamptz(now)],
  )
  return rows.length
}
