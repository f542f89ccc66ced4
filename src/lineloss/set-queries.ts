import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import {
  daysOf,
  denominatorOf,
  energyOf,
  gatewayCtes,
  type LossPeriod,
  periodsCte,
  policyOf,
  tables,
  writing,
} from './parts.ts'
import { boundsOf, type Span, spanValues } from './spans.ts'

const isRead = 'f.energy is not null and f.quality <> 4'
const ofNodes = `e.scope in ('area', 'feeder', 'bus', 'node')`

/** Which nodes belong to a set, and when; `whole` is all of the period. */
const setCtes = `whole as (
    select *, tstzmultirange(tstzrange(starts_at, ends_at)) as held from d),
  below (starts_on, scope, scope_id, node_id, held) as (
    select d.starts_on, n.kind, n.id, n.id, d.held from whole d cross join grid_node n
    where n.kind in ('region', 'substation')
    union all
    select b.starts_on, b.scope, b.scope_id, h.node_id, b.held * h.held from below b
    join hung h on h.starts_on = b.starts_on and h.parent_id = b.node_id
    where not isempty(b.held * h.held)),
  inside as materialized (
    select b.starts_on, b.scope, b.scope_id, b.node_id, range_agg(b.held) as held
    from below b group by b.starts_on, b.scope, b.scope_id, b.node_id
    union all
    select d.starts_on, 'voltage', n.nominal_voltage, n.id, d.held from whole d
    join grid_node n on n.nominal_voltage is not null)`

/** Gateways that have the set on one side only: what crosses its border. */
const borderCtes = `side as materialized (
    select starts_on, node_id, usage_point_id, held, 'gateway' as part from gate
    union all select starts_on, node_id, usage_point_id, held, 'passed' from passed),
  near as (
    select i.starts_on, i.scope, i.scope_id, s.usage_point_id,
      coalesce(range_agg(i.held * s.held) filter (where s.part = 'gateway'), '{}') as gateway,
      coalesce(range_agg(i.held * s.held) filter (where s.part = 'passed'), '{}') as passed
    from inside i join side s on s.starts_on = i.starts_on and s.node_id = i.node_id
    where not isempty(i.held * s.held)
    group by i.starts_on, i.scope, i.scope_id, s.usage_point_id
    having range_agg(i.held * s.held) filter (where s.part = 'gateway') is distinct from
      range_agg(i.held * s.held) filter (where s.part = 'passed')),
  border as materialized (
    select n.starts_on, n.scope, n.scope_id, n.usage_point_id, x.part, x.held <> w.held as cut,
      x.held
    from near n join whole w on w.starts_on = n.starts_on cross join lateral (values
      ('gateway', n.gateway - n.passed), ('passed', n.passed - n.gateway)) x (part, held)
    where not isempty(x.held))`

/**
 * `dry`: sets in which something is used at a node that no gateway of the set feeds, not even one
 * above it. `open`: sets out of which something hangs that is not metered.
 */
const gapCtes = `thirst as materialized (
    select d.starts_on, n.id as node_id, n.nominal_voltage, d.held - coalesce(g.held, '{}') as held
    from whole d cross join grid_node n
    left join gated g on g.starts_on = d.starts_on and g.node_id = n.id
    where g.held is null or not g.held @> d.held),
  using_ as materialized (
    select t.starts_on, t.node_id, t.nominal_voltage, t.held * u.held as held
    from thirst t join (
      select starts_on, node_id, range_agg(held) as held from (
        select t.starts_on, p.node_id, tstzrange(p.valid_from, p.valid_to) as held
        from thirst t join usage_point_place p on p.node_id = t.node_id and p.role <> 'supply'
        union all
        select starts_on, node_id, unnest(held) from passed) x
      group by starts_on, node_id) u on u.starts_on = t.starts_on and u.node_id = t.node_id
    where not isempty(t.held * u.held)),
  rising (starts_on, node_id, nominal_voltage, at_id, held, is_level) as (
    select starts_on, node_id, nominal_voltage, node_id, held, true from using_
    union all
    select r.starts_on, r.node_id, r.nominal_voltage, h.parent_id,
      r.held * h.held - case when r.at_id = r.node_id then '{}' else coalesce(g.held, '{}') end,
      r.is_level and n.nominal_voltage = r.nominal_voltage
    from rising r join hung h on h.starts_on = r.starts_on and h.node_id = r.at_id
    join grid_node n on n.id = h.parent_id
    left join gated g on g.starts_on = r.starts_on and g.node_id = r.at_id
    where not isempty(r.held * h.held
      - case when r.at_id = r.node_id then '{}' else coalesce(g.held, '{}') end)),
  fed as materialized (
    select i.starts_on, i.scope, i.scope_id, r.node_id, range_agg(r.held * g.held * i.held) as held
    from rising r join gated g on g.starts_on = r.starts_on and g.node_id = r.at_id
    join inside i on i.starts_on = r.starts_on and i.node_id = r.at_id
      and (i.scope <> 'voltage' or r.is_level)
    group by i.starts_on, i.scope, i.scope_id, r.node_id),
  dry as materialized (
    select distinct i.starts_on, i.scope, i.scope_id
    from using_ u join inside i on i.starts_on = u.starts_on and i.node_id = u.node_id
    left join fed f on f.starts_on = i.starts_on and f.scope = i.scope
      and f.scope_id = i.scope_id and f.node_id = i.node_id
    where not isempty(u.held * i.held - coalesce(f.held, '{}'))),
  open as materialized (
    select distinct i.starts_on, i.scope, i.scope_id
    from hung h join inside i on i.starts_on = h.starts_on and i.node_id = h.parent_id
    left join gated g on g.starts_on = h.starts_on and g.node_id = h.node_id
    left join inside c on c.starts_on = h.starts_on and c.node_id = h.node_id
      and c.scope = i.scope and c.scope_id = i.scope_id
    where not isempty(h.held * i.held - coalesce(g.held, '{}') - coalesce(c.held, '{}')))`

/** Sets that something left, or came into, within a day on which it counted elsewhere too. */
const splitOf = (period: LossPeriod) =>
  period === 'month'
    ? `split as (
        select distinct d.starts_on, e.scope, e.scope_id from d join loss_day e
          on e.scope in ('region', 'substation', 'voltage') and 'moved' = any(e.reasons)
          and e.starts_on >= d.starts_on and e.starts_on < d.starts_on + interval '1 month')`
    : `pair as (
        select d.starts_on, p.node_id, q.node_id as other_id
        from d join usage_point_place p on p.valid_to > d.starts_at and p.valid_to < d.ends_at
        join usage_point_place q on q.usage_point_id = p.usage_point_id
          and q.node_id <> p.node_id and q.role = p.role and q.valid_from < d.ends_at
          and (q.valid_to is null or q.valid_to > d.starts_at)
        join grid_node pn on pn.id = p.node_id
        join grid_node qn on qn.id = q.node_id and qn.kind = pn.kind),
      split as (
        select i.starts_on, i.scope, i.scope_id
        from inside i join pair p on p.starts_on = i.starts_on
          and i.node_id in (p.node_id, p.other_id)
        group by i.starts_on, i.scope, i.scope_id, p.node_id, p.other_id
        having count(distinct i.node_id) = 1
        union
        select i.starts_on, i.scope, i.scope_id
        from inside i join whole w on w.starts_on = i.starts_on and i.held <> w.held
        join hung h on h.starts_on = i.starts_on and h.node_id = i.node_id
        group by i.starts_on, i.scope, i.scope_id, i.node_id
        having count(distinct h.parent_id) > 1)`

/** What nodes of a set used and fed in; of one that was there for a part of a month, on its days. */
function localOf(period: LossPeriod): string {
  const { loss } = tables[period]
  const columns = `e.generation, e.sale, e.auxiliary, e.transformer_sale,
    e.estimated - e.gateways_estimated as estimated, e.users, e.users_read, e.sources,
    e.sources_read`
  const stored = `select i.starts_on, i.scope, i.scope_id, ${columns}
    from inside i join whole w on w.starts_on = i.starts_on
    join ${loss} e on e.starts_on = i.starts_on and e.scope_id = i.node_id and ${ofNodes}
      and e.starts_on between $4::date and $5::date`
  if (period === 'day') return stored
  return `${stored} where i.held = w.held
    union all
    select i.starts_on, i.scope, i.scope_id, sum(e.generation), sum(e.sale), sum(e.auxiliary),
      sum(e.transformer_sale), sum(e.estimated - e.gateways_estimated), max(e.users),
      max(e.users) - max(e.users - e.users_read), max(e.sources),
      max(e.sources) - max(e.sources - e.sources_read)
    from inside i join whole w on w.starts_on = i.starts_on and i.held <> w.held
    cross join lateral (select ${daysOf('i.held')} as days) x
    join loss_day e on e.scope_id = i.node_id and ${ofNodes} and e.starts_on >= i.starts_on
      and e.starts_on < i.starts_on + interval '1 month' and x.days @> e.starts_on
    group by i.starts_on, i.scope, i.scope_id, i.node_id`
}

/**
 * Computes regions, substations and voltage levels out of the stored rows of their nodes and of
 * the gateways at their border.
 */
export async function computeSets(
  db: Db,
  period: LossPeriod,
  spans: readonly Span[],
  zone: string,
  now: Instant,
): Promise<number> {
  const isMonth = period === 'month'
  const { loss, usage, date } = tables[period]
  await db.query(
    `delete from ${loss} where scope = 'voltage' and starts_on = any($1::date[])
       and scope_id not in (
         select nominal_voltage from grid_node where nominal_voltage is not null)`,
    [spans.map(({ startsOn }) => startsOn)],
  )
  // The day's lookups are bound to the day, so that whole chunks are left out.
  const energy = (name: 'f' | 'b', register: string) =>
    isMonth
      ? energyOf(period, name)
      : `left join ${usage} ${name} on ${name}.usage_point_id = m.usage_point_id
          and ${name}.register = '${register}' and ${name}.${date} = m.starts_on
          and ${name}.${date} between $4::date and $5::date`
  const rows = await db.query(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${setCtes}, ${borderCtes}, ${gapCtes},
    ${splitOf(period)},
    dated as (
      select b.*, ${isMonth ? `case when b.cut then ${daysOf('b.held')} end` : 'null'} as days
      from border b),
    heads as (
      select m.starts_on, m.scope, m.scope_id,
        coalesce(sum(f.energy) filter (where part = 'gateway'), 0)::bigint as supply,
        coalesce(sum(b.energy) filter (where part = 'gateway'), 0)::bigint as reverse,
        coalesce(sum(f.energy) filter (where part = 'passed'), 0)::bigint as passed,
        coalesce(sum(b.energy) filter (where part = 'passed'), 0)::bigint as returned,
        coalesce(sum(coalesce(f.estimated, 0) + coalesce(b.estimated, 0)), 0)::bigint as estimated,
        count(*)::int as gateways, count(*) filter (where ${isRead})::int as gateways_read,
        count(*) filter (where part = 'gateway') as heads,
        count(*) filter (where part = 'gateway' and b.energy is null) as heads_one_way
      from dated m ${energy('f', '1.8.0')} ${energy('b', '2.8.0')}
      group by m.starts_on, m.scope, m.scope_id),
    local as (
      select starts_on, scope, scope_id, sum(generation)::bigint as generation,
        sum(sale)::bigint as sale, sum(auxiliary)::bigint as auxiliary,
        sum(transformer_sale)::bigint as transformer_sale, sum(estimated)::bigint as estimated,
        sum(users)::int as users, sum(users_read)::int as users_read,
        sum(sources)::int as sources, sum(sources_read)::int as sources_read
      from (${localOf(period)}) e group by starts_on, scope, scope_id),
    sums as (
      select l.scope, l.scope_id, l.starts_on, coalesce(h.supply, 0) as supply,
        coalesce(h.reverse, 0) as reverse, l.generation, coalesce(h.passed, 0) as passed,
        coalesce(h.returned, 0) as returned, l.sale, l.auxiliary, l.transformer_sale,
        l.estimated + coalesce(h.estimated, 0) as estimated,
        coalesce(h.estimated, 0) as gateways_estimated, l.users, l.users_read,
        coalesce(h.gateways, 0) as gateways,
        coalesce(h.gateways_read, 0) as gateways_read, l.sources, l.sources_read,
        coalesce(h.heads, 0) as heads, coalesce(h.heads_one_way, 0) as heads_one_way
      from local l left join heads h using (starts_on, scope, scope_id))
    ${writing(
      period,
      `sums s ${policyOf} cross join lateral (select array_remove(array[
        case when s.heads = 0 or (s.starts_on, s.scope, s.scope_id) in (
          select starts_on, scope, scope_id from dry) then 'no-gateway' end,
        case when s.users + s.gateways - s.heads + s.sources = 0 then 'no-users' end,
        case when s.gateways_read < s.gateways then 'gateway-unread' end,
        case when s.generation > 0 and s.heads_one_way > 0 then 'reverse-unread' end,
        case when s.sources_read < s.sources then 'source-unread' end,
        case when s.users_read < s.users * y.user_success_min then 'users-unread' end,
        case when (s.starts_on, s.scope, s.scope_id) in (
          select starts_on, scope, scope_id from split) then 'moved' end,
        case when s.heads > 0 and (s.starts_on, s.scope, s.scope_id) in (
          select starts_on, scope, scope_id from open) then 'child-unmetered' end,
        case when s.estimated > y.estimated_max * (${denominatorOf}) then 'estimated' end
      ], null) as reasons offset 0) r`,
      isMonth ? '$7::timestamptz' : '$6::timestamptz',
    )} returning 1`,
    [...spanValues(spans), ...boundsOf(spans), ...(isMonth ? [zone] : []), timestamptz(now)],
  )
  return rows.length
}
