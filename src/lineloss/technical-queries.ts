import type { Db } from '#src/db'
import {
  daysOf,
  energyOf,
  gatewayCtes,
  hoursOf,
  type LossPeriod,
  periodsCte,
  tables,
  timeOf,
} from './parts.ts'
import { boundsOf, type NodePeriod, type Span, spanValues } from './spans.ts'

/** What a transformer or the lines carried and no meter said: the policy's power factor. */
const reactiveOr = (known: string, active: string) =>
  `round(coalesce(${known}, ${active} * sqrt(1 - y.power_factor ^ 2) / y.power_factor))::bigint`

/** The policy of scope `kind` on a row's day. */
const policy = (kind: string, on: string) => `cross join lateral (
  select * from loss_policy p where p.scope = ${kind} and p.valid_from <= ${on}
  order by p.valid_from desc limit 1) y`

/**
 * `stay`: the wanted nodes themselves and the areas that hung on them, each with the time of the
 * period that counts there: a day belongs to where something hung at its end.
 */
const stayCtes = (period: LossPeriod) => `whole as (
    select *, tstzmultirange(tstzrange(starts_at, ends_at)) as held from d),
  wanted as materialized (
    select distinct node_id, starts_on from unnest($4::int[], $5::date[]) as t (node_id, starts_on)),
  hanging as materialized (
    select h.starts_on, h.parent_id, h.node_id, range_agg(h.held) as held
    from hung h join wanted w on w.starts_on = h.starts_on and w.node_id = h.parent_id
    group by h.starts_on, h.parent_id, h.node_id),
  stay as materialized (
    select w.starts_on, w.node_id, w.node_id as area_id, 'high' as side, d.held,
      null::datemultirange as days
    from wanted w join whole d using (starts_on)
    union all
    ${
      period === 'day'
        ? `select h.starts_on, h.parent_id, h.node_id, 'low', d.held, null
    from hanging h join whole d using (starts_on)
    where upper(h.held) = d.ends_at or not exists (select from hung o
      where o.starts_on = h.starts_on and o.node_id = h.node_id and o.parent_id <> h.parent_id)`
        : `select h.starts_on, h.parent_id, h.node_id, 'low',
      case when x.days is null then h.held else ${timeOf('x.days')} end, x.days
    from hanging h join whole d using (starts_on) cross join lateral (
      select case when h.held <> d.held then ${daysOf('h.held')} end as days) x`
    }),
  plate as materialized (
    select w.starts_on, t.node_id as area_id, t.metered_side, t.rated_kva, t.no_load_loss_w,
      t.load_loss_w, w.held * tstzmultirange(tstzrange(t.valid_from, t.valid_to)) as held
    from whole w join power_transformer t on t.node_id is not null and t.valid_from < w.ends_at
      and (t.valid_to is null or t.valid_to > w.starts_at)),
  -- Where a transformer's loss is, of the nodes that are wanted.
  inside as materialized (
    select p.*, s.node_id, h.hours, coalesce(g.held @> (p.held * s.held), false) as is_metered
    from plate p join stay s on s.starts_on = p.starts_on and s.area_id = p.area_id
      and s.side = p.metered_side
    cross join lateral (select ${hoursOf('p.held * s.held')} as hours) h
    left join gated g on g.starts_on = p.starts_on and g.node_id = p.area_id
    where h.hours > 0)`

/** The gateways of what stays, each for as long as it counts there. */
const throughCtes = (period: LossPeriod) => `through as materialized (
    select s.starts_on, s.node_id, s.area_id, g.usage_point_id, w.held as whole, g.held, s.days,
      s.days is not null or g.held <> w.held as cut
    from stay s join whole w using (starts_on)
    join gate g on g.starts_on = s.starts_on and g.node_id = s.area_id
    where (s.starts_on, s.area_id) in (select starts_on, area_id from inside)
      or s.area_id in (select node_id from loss_network where equivalent_ohm is not null)),
  m as materialized (
    ${
      period === 'day'
        ? `select t.*, null as days from (
      select starts_on, node_id, area_id, usage_point_id, cut from through t
      where not cut or upper(held) >= upper(whole) or not exists (
        select from gate o join grid_node n on n.id = o.node_id
        join grid_node a on a.id = t.area_id and a.kind = n.kind and a.id <> n.id
        where o.starts_on = t.starts_on and o.usage_point_id = t.usage_point_id)) t`
        : `select t.* from (
      select starts_on, node_id, area_id, usage_point_id, cut, case when cut then
        coalesce(days, ${daysOf('whole')}) * ${daysOf('held')} end as days from through) t
    where not cut or not isempty(days)`
    })`

/**
 * Writes what transformers and lines lost in nodes and periods that were just computed. A
 * transformer that is metered on its low side loses in what its area hangs on, else in the area;
 * while nothing measured what went through, nobody knows.
 */
export async function computeTechnical(
  db: Db,
  period: LossPeriod,
  spans: readonly Span[],
  keys: readonly NodePeriod[],
  zone: string,
): Promise<void> {
  const isMonth = period === 'month'
  const { loss } = tables[period]
  await db.query(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${stayCtes(period)}, ${throughCtes(period)},
    head as materialized (
      select m.starts_on, m.node_id, m.area_id, sum(f.energy + coalesce(b.energy, 0))::bigint as active,
        case when count(q.energy) = count(*) then sum(q.energy)::bigint end as reactive,
        count(*) = count(*) filter (where f.energy is not null and f.quality <> 4) as is_known
      from m ${energyOf(period, 'f')} ${energyOf(period, 'b')} ${energyOf(period, 'q')}
      group by m.starts_on, m.node_id, m.area_id),
    carried as (
      select i.*, i.is_metered and h.is_known as is_known,
        h.active * i.rated_kva * i.hours / i.served as active,
        h.reactive * i.rated_kva * i.hours / i.served as reactive
      from (select i.*, sum(rated_kva * hours) over (partition by starts_on, node_id, area_id)
          as served from inside i) i
      left join head h using (starts_on, node_id, area_id)),
    transformers as materialized (
      select c.starts_on, c.node_id, case when bool_and(coalesce(c.is_known, false)) then
        sum(transformer_loss(c.no_load_loss_w, c.load_loss_w, c.rated_kva, c.hours, y.shape,
          round(c.active)::bigint, ${reactiveOr('c.reactive', 'c.active')})) end as loss
      from carried c ${policy(`'area'`, 'c.starts_on')}
      group by c.starts_on, c.node_id),
    lines as materialized (
      select w.starts_on, w.node_id, round(coalesce(n.shape, y.shape) * n.equivalent_ohm
        * (t.through::numeric ^ 2
          + ${reactiveOr('h.reactive', 't.through')}::numeric ^ 2)
        / (n.voltage::numeric ^ 2 * extract(epoch from d.ends_at - d.starts_at) / 3600
          * 1000))::bigint as loss
      from wanted w join whole d using (starts_on)
      -- As it was then: the lines of the day's or month's end.
      join lateral (select * from loss_network o where o.node_id = w.node_id
        and o.valid_from < d.ends_at order by o.valid_from desc limit 1) n
        on n.equivalent_ohm is not null
      join grid_node k on k.id = w.node_id
      join gated g on g.starts_on = w.starts_on and g.node_id = w.node_id and g.held @> d.held
      join head h on h.starts_on = w.starts_on and h.node_id = w.node_id and h.area_id = w.node_id
        and h.is_known
      join ${loss} e on e.starts_on = w.starts_on and e.scope_id = w.node_id and e.scope = k.kind
      cross join lateral (select e.supply + e.generation + e.returned as through) t
      ${policy('k.kind', 'w.starts_on')}),
    -- With an area whose transformer nobody entered, only a part is known.
    partial as materialized (
      select distinct s.starts_on, s.node_id from stay s where s.side = 'low' and not exists (
        select from plate p where p.starts_on = s.starts_on and p.area_id = s.area_id))
    update ${loss} e set transformers = t.loss,
      technical = case when l.loss is not null and (k.kind <> 'feeder' or t.loss is not null
        and (w.starts_on, w.node_id) not in (select starts_on, node_id from partial))
        then l.loss + coalesce(t.loss, 0) end
    from wanted w join grid_node k on k.id = w.node_id
    left join transformers t using (starts_on, node_id)
    left join lines l using (starts_on, node_id)
    where e.starts_on = w.starts_on and e.scope_id = w.node_id and e.scope = k.kind
      ${isMonth ? '' : 'and e.starts_on between $6::date and $7::date'}
      and (e.transformers is not null or e.technical is not null or t.loss is not null
        or l.loss is not null)`,
    [
      ...spanValues(spans),
      keys.map(({ nodeId }) => nodeId),
      keys.map(({ startsOn }) => startsOn),
      ...(isMonth ? [zone] : boundsOf(spans)),
    ],
  )
}
