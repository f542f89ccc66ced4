import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { gatherMembers, markFallen } from './member-queries.ts'
import {
  denominatorOf,
  energyOf,
  gatewayCtes,
  hoursOf,
  type LossPeriod,
  memberDays,
  periodsCte,
  policyOf,
  timeOf,
  wantedCte,
  writing,
} from './parts.ts'
import { boundsOf, type NodePeriod, type Span, spanValues } from './spans.ts'

const isRead = 'f.energy is not null and f.quality <> 4'

const nobodyWrote = (installation: string, at: string) => `not exists (
      select from installation_ends e where e.installation_id = ${installation}
        and e.register = '1.8.0' and e.at = ${at})`

/**
 * Meters taken down or put up, or given other transformers, with a register that nobody wrote down.
 */
const swapCte = `swapped as materialized (
    select d.starts_on, i.usage_point_id
    from d join installation i on i.valid_to > d.starts_at and i.valid_to <= d.ends_at
    where ${nobodyWrote('i.id', 'i.valid_to')}
    union
    -- What came at midnight opens the day that begins.
    select d.starts_on, n.usage_point_id
    from d join installation n on n.valid_from >= d.starts_at and n.valid_from < d.ends_at
    where exists (select from installation i where i.usage_point_id = n.usage_point_id
        and i.valid_to <= n.valid_from)
      and ${nobodyWrote('n.id', 'n.valid_from')})`

/** Counted at two nodes of one kind in a day: neither can have all of that day's energy. */
const movedOf = (period: LossPeriod) =>
  period === 'day'
    ? `m.cut and case m.part when 'passed' then exists (
         select from passed q where q.usage_point_id = m.usage_point_id
           and q.starts_on = m.starts_on and q.node_id <> m.node_id)
       else exists (select from usage_point_place q join grid_node qn on qn.id = q.node_id
         join grid_node mn on mn.id = m.node_id
         where q.usage_point_id = m.usage_point_id and q.node_id <> m.node_id
           and qn.kind = mn.kind and q.valid_from < d.ends_at
           and (q.valid_to is null or q.valid_to > d.starts_at)
           and q.role = case m.part when 'user' then 'receive' when 'source' then 'generation'
             when 'gateway' then 'supply' else m.part end) end`
    : '(m.starts_on, m.node_id) in (select starts_on, node_id from moved)'

/** Nodes with a day of the month of which that is true: as many look-ups as nodes, not as members. */
const movedCte = `moved as materialized (
    select w.starts_on, w.node_id from wanted w where exists (
      select from loss_day e where e.scope_id = w.node_id
        and e.scope in ('area', 'feeder', 'bus', 'node') and 'moved' = any(e.reasons)
        and e.starts_on >= w.starts_on and e.starts_on < w.starts_on + interval '1 month'))`

/**
 * What customers' transformers lose before meters on their low side, in the time that counts at the
 * node: of a customer who moved, each node has its days of it.
 */
const transformerOf = (period: LossPeriod) => `lost as materialized (
    select m.starts_on, m.node_id, m.usage_point_id, sum(transformer_loss(
      x.no_load_loss_w, x.load_loss_w, x.rated_kva, x.hours, y.shape,
      round(m.carried * x.rated_kva * x.hours / x.served)::bigint,
      round(coalesce(m.reactive, m.carried * sqrt(1 - y.power_factor ^ 2) / y.power_factor)
        * x.rated_kva * x.hours / x.served)::bigint)) as loss
    from (
      -- It carries what is fed back as well.
      select *, energy + coalesce(back, 0) as carried from metered where part = 'user' and energy is not null and not is_over
        and usage_point_id in (
          select usage_point_id from power_transformer where usage_point_id is not null)
      offset 0) m
    join grid_node n on n.id = m.node_id
    join lateral (
      select t.*, sum(t.rated_kva * t.hours) over () as served
      from (
        select p.*, ${hoursOf('h.held')} as hours
        from d join power_transformer p on p.usage_point_id = m.usage_point_id
          and p.metered_side = 'low' and p.valid_from < d.ends_at
          and (p.valid_to is null or p.valid_to > d.starts_at)
        cross join lateral (select tstzmultirange(tstzrange(greatest(p.valid_from, d.starts_at),
          least(p.valid_to, d.ends_at)))${
            period === 'month' ? ` * case when m.cut then ${timeOf('m.days')} else '{(,)}' end` : ''
          } as held) h
        where d.starts_on = m.starts_on) t
      where t.hours > 0) x on true
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
    `with recursive ${periodsCte}, ${gatewayCtes}, ${wantedCte}, ${swapCte},
    ${isMonth ? `${movedCte},` : ''}
    dated as (${isMonth ? memberDays('loss_member') : 'select * from loss_member'}),
    metered as materialized (
      -- What moved within a day counts once, at its end, so that whoever has both places is right.
      select m.starts_on, m.node_id, m.usage_point_id, m.part, m.cut, m.held, v.is_moved,
        o.is_over,${isMonth ? ' m.days,' : ''}
        case when o.is_over then 0 else f.energy end as energy,
        case when o.is_over then 0 else b.energy end as back,
        b.energy is not null as has_back, q.energy as reactive, ${isRead} as is_read,
        m.fallen or f.energy < 0 as is_fallen,
        case when o.is_over then 0
          else coalesce(f.estimated, 0) + coalesce(b.estimated, 0) end as estimated,
        (m.starts_on, m.usage_point_id) in (select starts_on, usage_point_id from swapped)
          and not (${isRead}) is not false as is_swapped
      from dated m join d using (starts_on)
      ${energyOf(period, 'f')} ${energyOf(period, 'b')} ${energyOf(period, 'q')}
      cross join lateral (select ${movedOf(period)} as is_moved) v
      cross join lateral (
        select ${isMonth ? 'false' : 'v.is_moved and upper(m.held) < d.ends_at'} as is_over) o),
    ${transformerOf(period)},
    unmetered as materialized (
      select distinct h.starts_on, h.parent_id from hung h
      left join gated g on g.starts_on = h.starts_on and g.node_id = h.node_id
      where g.node_id is null or not g.held @> h.held),
    sums as (
      select case n.kind when 'region' then 'node' when 'substation' then 'node' else n.kind end
          as scope, w.node_id as scope_id, w.starts_on,
        coalesce(sum(m.energy) filter (where part = 'gateway'), 0)::bigint as supply,
        coalesce(sum(m.back) filter (where part = 'gateway'), 0)::bigint as reverse,
        coalesce(sum(m.back) filter (where part in ('user', 'source')), 0)::bigint as generation,
        coalesce(sum(m.energy) filter (where part = 'passed'), 0)::bigint as passed,
        coalesce(sum(m.back) filter (where part = 'passed'), 0)::bigint as returned,
        (coalesce(sum(m.energy) filter (where part in ('user', 'source')), 0)
          + coalesce(sum(x.loss) filter (where part = 'user'), 0))::bigint as sale,
        coalesce(sum(m.energy) filter (where part = 'auxiliary'), 0)::bigint as auxiliary,
        coalesce(sum(x.loss) filter (where part = 'user'), 0)::bigint as transformer_sale,
        coalesce(sum(m.estimated), 0)::bigint as estimated,
        coalesce(sum(m.estimated) filter (where part in ('gateway', 'passed')), 0)::bigint
          as gateways_estimated,
        count(*) filter (where part in ('user', 'auxiliary'))::int as users,
        count(*) filter (where part in ('user', 'auxiliary') and is_read)::int as users_read,
        count(*) filter (where part in ('gateway', 'passed'))::int as gateways,
        count(*) filter (where part in ('gateway', 'passed') and is_read)::int as gateways_read,
        count(*) filter (where part = 'source')::int as sources,
        count(*) filter (where part = 'source' and is_read and m.has_back)::int
          as sources_read,
        count(*) filter (where part = 'gateway') as heads,
        count(*) filter (where part = 'gateway' and not m.has_back) as heads_one_way,
        -- While no gateway was there something else was.
        bool_and(m.cut) filter (where part = 'gateway')
          and not range_agg(m.held) filter (where part = 'gateway' and m.cut)
            @> case when bool_or(not m.cut) filter (where part <> 'gateway')
              then tstzmultirange(tstzrange(d.starts_at, d.ends_at))
              else range_agg(m.held) filter (where part <> 'gateway' and m.cut) end as is_dry,
        coalesce(bool_or(is_swapped), false) as is_swapped,
        coalesce(bool_or(is_fallen), false) as is_fallen,
        coalesce(bool_or(is_moved), false) as is_moved,
        n.kind
      from wanted w join d using (starts_on) join grid_node n on n.id = w.node_id
      left join metered m using (starts_on, node_id)
      left join lost x using (starts_on, node_id, usage_point_id)
      group by w.starts_on, w.node_id, n.kind, d.starts_at, d.ends_at)
    ${writing(
      period,
      `sums s ${policyOf} cross join lateral (select array_remove(array[
        case when s.heads = 0 or s.is_dry then 'no-gateway' end,
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
