import { type BusinessDate, type Instant, instant } from '#src/core'
import type { Db } from '#src/db'
import { timestamptz } from '#src/db'
import type { AreaManager } from '#src/grid/duty'
import { managerAt } from './indicator-queries.ts'
import {
  energyOf,
  gatewayCtes,
  inputOf,
  type LossPeriod,
  memberCtes,
  memberDays,
  outputOf,
  periodsCte,
  policyOf,
  tables,
} from './parts.ts'
import { isLossReason } from './reasons.ts'
import type { Span } from './spans.ts'
import type { Loss, LossFilter, LossMember, LossPart, LossScope } from './types.ts'

interface LossRow {
  readonly scope: LossScope
  readonly scope_id: number
  readonly code: string
  readonly name: string
  readonly starts_on: BusinessDate
  readonly input: bigint
  readonly output: bigint
  readonly supply: bigint
  readonly reverse: bigint
  readonly generation: bigint
  readonly passed: bigint
  readonly returned: bigint
  readonly sale: bigint
  readonly auxiliary: bigint
  readonly transformer_sale: bigint
  readonly estimated: bigint
  readonly loss: bigint | null
  readonly rate: string | null
  readonly technical: bigint | null
  readonly transformers: bigint | null
  readonly denominator: 'net' | 'gross'
  readonly users: number
  readonly users_read: number
  readonly gateways: number
  readonly gateways_read: number
  readonly sources: number
  readonly sources_read: number
  readonly reasons: readonly string[]
  readonly computed_at: Instant
  readonly manager: AreaManager | null
}

/** `zone`: the parameter with the zone of the civil days. */
const select = (period: LossPeriod, zone: string) => `
  select s.*, ${inputOf} as input, ${outputOf} as output,
    coalesce(n.code, s.scope_id::text) as code, coalesce(n.name, s.scope_id || ' V') as name,
    ${managerAt('n.id', `(s.starts_on + interval '1 ${period}') at time zone ${zone}::text`)}
      as manager
  from ${tables[period].loss} s ${policyOf}
  left join grid_node n on n.id = s.scope_id and s.scope <> 'voltage'`

const lossOf =
  (period: LossPeriod) =>
  (row: LossRow): Loss => ({
    scope: row.scope,
    id: row.scope_id,
    code: row.code,
    name: row.name,
    period,
    startsOn: row.starts_on,
    input: row.input,
    output: row.output,
    supply: row.supply,
    reverse: row.reverse,
    generation: row.generation,
    passed: row.passed,
    returned: row.returned,
    sale: row.sale,
    auxiliary: row.auxiliary,
    transformerSale: row.transformer_sale,
    estimated: row.estimated,
    loss: row.loss,
    rate: row.rate,
    technical: row.technical,
    transformers: row.transformers,
    denominator: row.denominator,
    users: { expected: row.users, read: row.users_read },
    gateways: { expected: row.gateways, read: row.gateways_read },
    sources: { expected: row.sources, read: row.sources_read },
    reasons: row.reasons.filter(isLossReason),
    computedAt: row.computed_at,
    manager: row.manager,
  })

/** What of a period is asked for. */
type Wanted = Omit<LossFilter, 'startsOn'> & { readonly span: Span }

/** $n: a node; only what hung below it at the end of the period, another parameter. */
const belowOf = (node: string, at: string) => `(${node}::int is null or s.scope_id in (
  select node_id from grid_below(${node}::int, ${at}::timestamptz)))`

const endOf = ({ end }: Span) => timestamptz(instant(end - 1))

export async function selectLosses(
  db: Db,
  { scope, period, span, computable, below }: Wanted,
  after: number,
  limit: number,
  zone: string,
): Promise<Loss[]> {
  const rows = await db.query<LossRow>(
    `${select(period, '$8')}
     where s.scope = $1 and s.starts_on = $2::date and s.scope_id > $3::int
       and ($4::boolean is null or (s.loss is not null) = $4) and ${belowOf('$5', '$6')}
     order by s.scope_id limit $7`,
    [scope, span.startsOn, after, computable ?? null, below ?? null, endOf(span), limit, zone],
  )
  return rows.map(lossOf(period))
}

/** By what a ranking goes: the rate, or the energy that is lost. */
export type LossRank = 'rate' | 'loss'

export async function selectRanking(
  db: Db,
  { scope, period, span, below }: Wanted,
  by: LossRank,
  order: 'highest' | 'lowest',
  limit: number,
  zone: string,
): Promise<Loss[]> {
  const rows = await db.query<LossRow>(
    `${select(period, '$6')}
     where s.scope = $1 and s.starts_on = $2::date and s.${by} is not null and ${belowOf('$3', '$4')}
     order by s.${by} ${order === 'highest' ? 'desc' : 'asc'}, s.scope_id limit $5`,
    [scope, span.startsOn, below ?? null, endOf(span), limit, zone],
  )
  return rows.map(lossOf(period))
}

export async function selectHistory(
  db: Db,
  scope: LossScope,
  id: number,
  period: LossPeriod,
  from: BusinessDate,
  to: BusinessDate,
  zone: string,
): Promise<Loss[]> {
  const rows = await db.query<LossRow>(
    `${select(period, '$5')}
     where s.scope = $1 and s.scope_id = $2::int and s.starts_on between $3::date and $4::date
     order by s.starts_on`,
    [scope, id, from, to, zone],
  )
  return rows.map(lossOf(period))
}

interface MemberRow {
  readonly usage_point_id: number
  readonly code: string
  readonly meter: string | null
  readonly part: LossPart
  readonly forward: bigint | null
  readonly back: bigint | null
  readonly quality: number | null
  readonly is_read: boolean
}

/** The points that a node's loss of a period is made of; what is missing first. */
export async function selectMembers(
  db: Db,
  nodeId: number,
  period: LossPeriod,
  span: Span,
  zone: string,
  limit: number,
): Promise<LossMember[]> {
  const isMonth = period === 'month'
  const rows = await db.query<MemberRow>(
    `with recursive ${periodsCte}, ${gatewayCtes}, ${memberCtes},
     dated as (${isMonth ? memberDays('member') : 'select * from member m'})
     select m.usage_point_id, u.code, m.part, f.energy as forward, b.energy as back, f.quality,
       (select string_agg(t.address, ', ' order by i.valid_from) from d
          join installation i on i.usage_point_id = m.usage_point_id
          and i.valid_from < d.ends_at and (i.valid_to is null or i.valid_to > d.starts_at)
          join meter t on t.id = i.meter_id) as meter,
       coalesce(f.energy is not null and f.quality <> 4
         and (m.part <> 'source' or b.energy is not null), false) as is_read
     from dated m join usage_point u on u.id = m.usage_point_id
     ${energyOf(period, 'f')} ${energyOf(period, 'b')}
     order by is_read, m.part, f.energy desc nulls first, m.usage_point_id
     limit $${isMonth ? 7 : 8}`,
    [
      [span.startsOn],
      [timestamptz(span.start)],
      [timestamptz(span.end)],
      [nodeId],
      [span.startsOn],
      ...(isMonth ? [zone] : [span.startsOn, span.startsOn]),
      limit,
    ],
  )
  return rows.map((row) => ({
    usagePointId: row.usage_point_id,
    usagePoint: row.code,
    meter: row.meter,
    part: row.part,
    forward: row.forward,
    back: row.back,
    quality: row.quality,
    read: row.is_read,
  }))
}
