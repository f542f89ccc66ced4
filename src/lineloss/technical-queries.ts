import { type Db, timestamptz } from '#src/db'
import { energyOf, gatewayCtes, type LossPeriod, periodsCte, tables } from './parts.ts'
import type { NodePeriod, Span } from './spans.ts'

/** What a transformer or the lines carried and no meter said: the policy's power factor. */
const reactiveOr = (known: string, active: string) =>
  `round(coalesce(${known}, ${active} * sqrt(1 - y.power_factor ^ 2) / y.power_factor))::bigint`

/** The policy of scope `kind` on a row's day. */
const policy = (kind: string, on: string) => `cross join lateral (
  select * from loss_policy p where p.scope = ${kind} and p.valid_from <= ${on}
  order by p.valid_from desc limit 1) y`

/**
 * Writes what transformers and lines lost in nodes and periods that were just computed. A
 * transformer that is metered on its low side loses in what its area hangs on, else in the area.
 */
export async function computeTechnical(
  db: Db,
  period: LossPeriod,
  spans: readonly Span[],
  keys: readonly NodePeriod[],
): Promise<void> {
  const { loss } = tables[period]
  const dates = spans.map(({ startsOn }) => startsOn).toSorted()
  await db.query(
    `with recursive ${periodsCte}, ${gatewayCtes},
    wanted as materialized (
      select distinct node_id, starts_on from unnest($4::int[], $5::date[]) as t (node_id, starts_on)),
    plate as materialized (
      select d.starts_on, d.starts_at, d.ends_at, t.node_id as area_id, t.metered_side, t.rated_kva,
        t.no_load_loss_w, t.load_loss_w, extract(epoch from least(coalesce(t.valid_to, d.ends_at),
          d.ends_at) - greatest(t.valid_from, d.starts_at)) / 3600 as hours
      from d join power_transformer t on t.node_id is not null and t.valid_from < d.ends_at
        and (t.valid_to is null or t.valid_to > d.starts_at)),
    -- Where a transformer's loss is, of the nodes that are wanted.
    inside as materialized (
      select p.*, w.node_id from plate p join wanted w
        on w.starts_on = p.starts_on and w.node_id = p.area_id and p.metered_side = 'high'
      union all
      select p.*, w.node_id from plate p
      join grid_link l on l.node_id = p.area_id and l.valid_from < p.ends_at
        and (l.valid_to is null or l.valid_to > p.starts_at)
      join wanted w on w.starts_on = p.starts_on and w.node_id = l.parent_id
      where p.metered_side = 'low'),
    m as (
      select g.starts_on, g.node_id, g.usage_point_id, false as cut,
        null::datemultirange as days
      from gate g where (g.starts_on, g.node_id) in (
        select starts_on, area_id from inside union select starts_on, node_id from wanted)),
    head as materialized (
      select m.starts_on, m.node_id, sum(f.energy + coalesce(b.energy, 0))::bigint as active,
        case when count(q.energy) = count(*) then sum(q.energy)::bigint end as reactive,
        count(f.energy) = count(*) as is_known
      from m ${energyOf(period, 'f')} ${energyOf(period, 'b')} ${energyOf(period, 'q')}
      group by m.starts_on, m.node_id),
    carried as (
      select i.*, h.is_known, h.active * i.rated_kva * i.hours / i.served as active,
        h.reactive * i.rated_kva * i.hours / i.served as reactive
      from (select i.*, sum(rated_kva * hours) over (partition by starts_on, node_id, area_id)
          as served from inside i) i
      left join head h on h.starts_on = i.starts_on and h.node_id = i.area_id),
    transformers as (
      select c.starts_on, c.node_id, case when bool_and(coalesce(c.is_known, false)) then
        sum(transformer_loss(c.no_load_loss_w, c.load_loss_w, c.rated_kva, c.hours, y.shape,
          round(c.active)::bigint, ${reactiveOr('c.reactive', 'c.active')})) end as loss
      from carried c ${policy(`'area'`, 'c.starts_on')}
      group by c.starts_on, c.node_id),
    lines as (
      select w.starts_on, w.node_id, round(coalesce(n.shape, y.shape) * n.equivalent_ohm
        * (t.through::numeric ^ 2
          + ${reactiveOr('h.reactive', 't.through')}::numeric ^ 2)
        / (n.voltage::numeric ^ 2 * extract(epoch from d.ends_at - d.starts_at) / 3600
          * 1000))::bigint as loss
      from wanted w join d using (starts_on)
      join loss_network n on n.node_id = w.node_id and n.equivalent_ohm is not null
      join grid_node k on k.id = w.node_id
      join head h on h.starts_on = w.starts_on and h.node_id = w.node_id and h.is_known
      join ${loss} e on e.starts_on = w.starts_on and e.scope_id = w.node_id and e.scope = k.kind
      cross join lateral (select e.supply + e.generation + e.returned as through) t
      ${policy('k.kind', 'w.starts_on')})
    update ${loss} e set transformers = t.loss,
      -- Without its lines, or with an area whose transformer nobody entered, only a part is known.
      technical = case when l.loss is not null and (k.kind <> 'feeder' or t.loss is not null
        and not exists (
          select from d join grid_link c on c.parent_id = w.node_id and c.valid_from < d.ends_at
            and (c.valid_to is null or c.valid_to > d.starts_at)
          where d.starts_on = w.starts_on and not exists (select from plate p
            where p.starts_on = w.starts_on and p.area_id = c.node_id)))
        then l.loss + coalesce(t.loss, 0) end
    from wanted w join grid_node k on k.id = w.node_id
    left join transformers t using (starts_on, node_id)
    left join lines l using (starts_on, node_id)
    where e.starts_on = w.starts_on and e.scope_id = w.node_id and e.scope = k.kind
      and e.starts_on between $6::date and $7::date
      and (e.transformers is not null or e.technical is not null or t.loss is not null
        or l.loss is not null)`,
    [
      spans.map(({ startsOn }) => startsOn),
      spans.map(({ start }) => timestamptz(start)),
      spans.map(({ end }) => timestamptz(end)),
      keys.map(({ nodeId }) => nodeId),
      keys.map(({ startsOn }) => startsOn),
      dates[0],
      dates.at(-1),
    ],
  )
}
