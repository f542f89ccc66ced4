import type { BusinessDate } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { gatewayCtes, memberCtes, periodsCte } from './parts.ts'
import type { Span } from './spans.ts'
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
 * What of a node's points changed against the days before, each by what that adds to the loss. The
 * days before are those of the same members with a loss that was computable.
 */
export async function selectCauses(
  db: Db,
  nodeId: number,
  scope: string,
  span: Span,
  from: BusinessDate,
  limit: number,
): Promise<LossCause[]> {
  return await db.query<LossCause>(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${memberCtes},
     known as materialized (
       select starts_on, rate::float8 as rate, (supply + generation + returned)::float8 as input
       from loss_day where scope = $8 and scope_id = $9 and loss is not null
         and starts_on between $6::date and $7::date),
     own as materialized (
       select distinct m.usage_point_id, m.part from member m),
     used as materialized (
       select o.usage_point_id, o.part, u.business_date as starts_on,
         -- What counts as output is lost where it is less; what comes in, where it is more.
         sum(case when (u.register = '1.8.0') = (o.part <> 'gateway') then -u.energy
           else u.energy end) as adds,
         sum(u.energy) filter (where u.register = case when o.part = 'source' then '2.8.0'
           else '1.8.0' end) as energy
       from own o join usage_day u on u.usage_point_id = o.usage_point_id
         and u.register in ('1.8.0', '2.8.0') and u.business_date between $6::date and $7::date
       group by o.usage_point_id, o.part, u.business_date),
     compared as (
       select x.usage_point_id, x.part,
         max(x.energy) filter (where x.starts_on = $7::date)::bigint as energy,
         round(avg(x.energy) filter (where x.starts_on < $7::date))::bigint as usual,
         round(max(x.adds) filter (where x.starts_on = $7::date)
           - avg(x.adds) filter (where x.starts_on < $7::date and k.rate is not null))::bigint as adds,
         corr(x.energy::float8 / nullif(k.input, 0), k.rate) as correlation,
         count(k.rate)::int as days
       from used x left join known k using (starts_on)
       group by x.usage_point_id, x.part)
     select o.usage_point_id as "usagePointId", p.code as "usagePoint", o.part, c.energy, c.usual,
       c.adds, round(c.correlation::numeric, 3)::text as correlation, coalesce(c.days, 0) as days
     from own o join usage_point p on p.id = o.usage_point_id
     left join compared c using (usage_point_id, part)
     order by abs(c.adds) desc nulls last, o.usage_point_id limit $10`,
    [
      [span.startsOn],
      [timestamptz(span.start)],
      [timestamptz(span.end)],
      [nodeId],
      [span.startsOn],
      from,
      span.startsOn,
      scope,
      nodeId,
      limit,
    ],
  )
}
