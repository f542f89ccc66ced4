import { type BusinessDate, instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { dayFindings, monthFindings } from './exception-catalogue.ts'
import { type ExceptionKind, isExceptionKind } from './exception-kinds.ts'
import { policyOf } from './parts.ts'
import type { Span } from './spans.ts'

const monthKinds = `('new-this-month', 'two-months', 'three-months')`

/**
 * Opens, extends and ends what is found of a day, or of a month by its last day. Only a loss that
 * is known to be right again ends what was wrong with it.
 */
export async function settleExceptions(
  db: Db,
  period: 'day' | 'month',
  span: Span,
  seenOn: BusinessDate,
): Promise<void> {
  const findings = period === 'day' ? dayFindings : monthFindings
  const ofPeriod = period === 'day' ? `not in ${monthKinds}` : `in ${monthKinds}`
  await db.query(
    `${findings},
     known as materialized (
       select distinct on (f.scope, f.scope_id, f.kind) f.* from found f
       join loss_exception_kind k on k.code = f.kind and k.enabled
       where f.scope in ('area', 'feeder', 'bus') and $2::timestamptz is not null),
     ended as (
       update loss_exception x set ended_on = greatest($3::date, x.began_on)
       from loss_exception_kind k
       where k.code = x.kind and x.ended_on is null and x.kind ${ofPeriod}
         and x.last_on <= $3::date
         and not exists (select from known f
           where (f.scope, f.scope_id, f.kind) = (x.scope, x.scope_id, x.kind))
         and exists (select from e
           where e.scope = x.scope and e.scope_id = x.scope_id
             and (k.class <> 'loss' or e.rate is not null)))
     insert into loss_exception as x (scope, scope_id, kind, began_on, last_on, detail)
     select scope, scope_id, kind, $3::date, $3::date, detail from known
     on conflict (scope, scope_id, kind) where ended_on is null do update set
       days = x.days + case when x.last_on < excluded.last_on then 1 else 0 end,
       last_on = greatest(x.last_on, excluded.last_on), detail = excluded.detail`,
    [span.startsOn, timestamptz(span.start), seenOn],
  )
}

export interface CaseRow {
  readonly id: number
  readonly scope: string
  readonly scopeId: number
  readonly kind: string
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly code: string
  readonly areaId: number | null
  readonly gatewayId: number | null
  readonly beganOn: BusinessDate
  readonly lastOn: BusinessDate
  readonly endedOn: BusinessDate | null
  readonly days: number
  readonly detail: Readonly<Record<string, unknown>>
}

const caseColumns = `x.id, x.scope, x.scope_id as "scopeId", x.kind, k.severity, n.code,
  t.id as "areaId", (select p.usage_point_id from usage_point_place_now p
    where p.node_id = n.id and p.role = 'supply'
    order by p.usage_point_id limit 1) as "gatewayId",
  x.began_on as "beganOn", x.last_on as "lastOn", x.ended_on as "endedOn", x.days, x.detail`
const caseTables = `loss_exception x join loss_exception_kind k on k.code = x.kind
  join grid_node n on n.id = x.scope_id left join transformer t on t.node_id = n.id`

/** What has stood long enough to be work, and was seen last on the day. */
export async function exceptionsForWork(db: Db, seenOn: BusinessDate): Promise<CaseRow[]> {
  return await db.query<CaseRow>(
    `select ${caseColumns} from ${caseTables}
     where x.ended_on is null and x.last_on = $1::date and k.opens_case
       and x.days >= k.case_after_days`,
    [seenOn],
  )
}

/** What was work and is over. */
export async function exceptionsOver(db: Db): Promise<CaseRow[]> {
  return await db.query<CaseRow>(
    `select ${caseColumns} from ${caseTables} where x.ended_on is not null and x.has_case`,
  )
}

export async function markCases(db: Db, ids: readonly number[], hasCase: boolean): Promise<void> {
  await db.query('update loss_exception set has_case = $2 where id = any($1::int[])', [
    ids,
    hasCase,
  ])
}

export interface LossException {
  readonly id: number
  readonly scope: 'area' | 'feeder' | 'bus'
  readonly scopeId: number
  readonly code: string
  readonly name: string
  readonly kind: ExceptionKind
  readonly severity: string
  readonly beganOn: BusinessDate
  readonly lastOn: BusinessDate
  readonly endedOn: BusinessDate | null
  readonly days: number
  readonly detail: Readonly<Record<string, unknown>>
}

export interface ExceptionFilter {
  readonly scope?: string
  readonly scopeId?: number
  readonly kind?: string
  readonly open?: boolean
}

/** Newest first, before a number. */
export async function selectExceptions(
  db: Db,
  { scope, scopeId, kind, open }: ExceptionFilter,
  before: number | null,
  limit: number,
): Promise<LossException[]> {
  const rows = await db.query<Omit<LossException, 'kind'> & { readonly kind: string }>(
    `select x.id, x.scope, x.scope_id as "scopeId", n.code, n.name, x.kind, k.severity,
       x.began_on as "beganOn", x.last_on as "lastOn", x.ended_on as "endedOn", x.days, x.detail
     from loss_exception x join loss_exception_kind k on k.code = x.kind
     join grid_node n on n.id = x.scope_id
     where ($1::text is null or x.scope = $1) and ($2::int is null or x.scope_id = $2)
       and ($3::text is null or x.kind = $3)
       and ($4::boolean is null or (x.ended_on is null) = $4) and ($5::int is null or x.id < $5)
     order by x.id desc limit $6`,
    [scope ?? null, scopeId ?? null, kind ?? null, open ?? null, before, limit],
  )
  return rows.flatMap(({ kind: text, ...row }) =>
    isExceptionKind(text) ? [{ ...row, kind: text }] : [],
  )
}

export interface LossIndicators {
  readonly scopes: number
  readonly computable: number
  /** Computable, and within the band of the policy. */
  readonly qualified: number
  readonly high: number
  /** Below the band, and not below zero; `negative` is what is below both. */
  readonly low: number
  readonly negative: number
  /** Losses that became wrong, and that were seen to be right again, on those days. */
  readonly newAbnormal: number
  readonly cured: number
}

/** Of the areas or feeders of a period, at or below a node where one is named. */
export async function selectIndicators(
  db: Db,
  table: 'loss_day' | 'loss_month',
  scope: string,
  span: Span,
  to: BusinessDate,
  below: number | null,
): Promise<LossIndicators> {
  const inside = (id: string) =>
    `($3::int is null or ${id} in (select node_id from grid_below($3::int, $4::timestamptz)))`
  const rows = await db.query<LossIndicators>(
    `select count(*)::int as scopes, count(s.loss)::int as computable,
       count(*) filter (where s.rate between y.rate_low and y.rate_high)::int as qualified,
       count(*) filter (where s.rate > y.rate_high)::int as high,
       count(*) filter (where s.rate < y.rate_low and s.rate >= 0)::int as low,
       count(*) filter (where s.rate < y.rate_low and s.rate < 0)::int as negative,
       (select count(distinct x.scope_id)::int from loss_exception x
         join loss_exception_kind k on k.code = x.kind and k.class = 'loss'
         where x.scope = $2 and x.began_on between $1::date and $5::date and ${inside('x.scope_id')})
         as "newAbnormal",
       (select count(distinct x.scope_id)::int from loss_exception x
         join loss_exception_kind k on k.code = x.kind and k.class = 'loss'
         where x.scope = $2 and x.ended_on between $1::date and $5::date
           and ${inside('x.scope_id')}
           and not exists (select from loss_exception o
             join loss_exception_kind ok on ok.code = o.kind and ok.class = 'loss'
             where o.scope = x.scope and o.scope_id = x.scope_id and o.ended_on is null)) as cured
     from ${table} s ${policyOf}
     where s.scope = $2 and s.starts_on = $1::date and ${inside('s.scope_id')}`,
    [span.startsOn, scope, below, timestamptz(instant(span.end - 1)), to],
  )
  const [row] = rows
  return (
    row ?? {
      scopes: 0,
      computable: 0,
      qualified: 0,
      high: 0,
      low: 0,
      negative: 0,
      newAbnormal: 0,
      cured: 0,
    }
  )
}
