import type { Db } from '#src/db'
import { gatewayCtes, memberCtes, periodsCte } from './parts.ts'
import { boundsOf, type Span, spanValues } from './spans.ts'
import type { LossPart } from './types.ts'

/** A point, and what its change has to do with the change of the loss. Energy in 10^-6 kWh. */
export interface LossCause {
  readonly usagePointId: number
  readonly usagePoint: string
  readonly part: LossPart
  readonly energy: bigint | null
  /** Its mean on the days before. */
  readonly usual: bigint | null
  /** What the change adds to the loss: less sold is more lost. */
  readonly adds: bigint | null
  /** Of its share of the input with the rate, over the days; -1: the loss grows as it falls. */
  readonly correlation: string | null
  readonly days: number
}

/**
 * What of a node's points changed against the days before, each by what that adds to the loss. On
 * each day those count that were there: what the archive hung elsewhere since is a cause as well.
 * The days before are those with a loss that was computable; `spans` ends with the day itself.
 */
export async function selectCauses(
  db: Db,
  nodeId: number,
  scope: string,
  spans: readonly Span[],
  limit: number,
): Promise<LossCause[]> {
  return await db.query<LossCause>(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${memberCtes},
     known as materialized (
       select starts_on, rate::float8 as rate, (supply + generation + returned)::float8 as input
       from loss_day where scope = $8 and scope_id = $9 and loss is not null
         and starts_on between $6::date and $7::date),
     own as materialized (
       select distinct m.starts_on, m.usage_point_id, m.part from member m),
     told as materialized (
       select o.usage_point_id, o.part, o.starts_on,
         -- What counts as output is lost where it is less; what comes in, where it is more.
         sum(case when (u.register = '1.8.0') = (o.part <> 'gateway') then -u.energy
           else u.energy end) as adds,
         sum(u.energy) filter (where u.register = case when o.part = 'source' then '2.8.0'
           else '1.8.0' end) as energy
       from own o left join usage_day u on u.usage_point_id = o.usage_point_id
         and u.business_date = o.starts_on and u.register in ('1.8.0', '2.8.0')
         and u.business_date between $6::date and $7::date
       group by o.usage_point_id, o.part, o.starts_on),
     used as materialized (
       select p.usage_point_id, p.part, d.starts_on, t.usage_point_id is not null as is_here,
         case when t.usage_point_id is null then 0 else t.adds end as adds,
         case when t.usage_point_id is null then 0 else t.energy end as energy
       from (select distinct usage_point_id, part from own) p cross join d
       left join told t using (usage_point_id, part, starts_on)),
     compared as (
       select x.usage_point_id, x.part,
         max(x.energy) filter (where x.starts_on = $7::date)::bigint as energy,
         round(avg(x.energy) filter (where x.starts_on < $7::date and k.rate is not null))::bigint
           as usual,
         round(max(x.adds) filter (where x.starts_on = $7::date)
           - avg(x.adds) filter (where x.starts_on < $7::date and k.rate is not null))::bigint as adds,
         corr(x.energy::float8 / nullif(k.input, 0), k.rate) filter (where x.is_here)
           as correlation,
         count(k.rate) filter (where x.is_here and x.energy is not null)::int as days
       from used x left join known k using (starts_on)
       group by x.usage_point_id, x.part)
     select c.usage_point_id as "usagePointId", p.code as "usagePoint", c.part, c.energy, c.usual,
       c.adds, round(c.correlation::numeric, 3)::text as correlation, c.days
     from compared c join usage_point p on p.id = c.usage_point_id
     order by abs(c.adds) desc nulls last, c.usage_point_id limit $10`,
    [
      ...spanValues(spans),
      spans.map(() => nodeId),
      spans.map(({ startsOn }) => startsOn),
      ...boundsOf(spans),
      scope,
      nodeId,
      limit,
    ],
  )
}
