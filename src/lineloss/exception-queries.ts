import type { BusinessDate } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { AreaManager } from '#src/grid/duty'
import { dayFindings, monthFindings } from './exception-catalogue.ts'
import { type ExceptionKind, isExceptionKind } from './exception-kinds.ts'
import { managerAt } from './indicator-queries.ts'
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
  /** Who was responsible at the end of `lastOn`. */
  readonly manager: AreaManager | null
}

const caseColumns = `x.id, x.scope, x.scope_id as "scopeId", x.kind, k.severity, n.code,
  t.id as "areaId", (select p.usage_point_id from usage_point_place_now p
    where p.node_id = n.id and p.role = 'supply'
    order by p.usage_point_id limit 1) as "gatewayId",
  x.began_on as "beganOn", x.last_on as "lastOn", x.ended_on as "endedOn", x.days, x.detail`
const manager = (zone: string) =>
  `${managerAt('n.id', `(x.last_on + interval '1 day') at time zone ${zone}::text`)} as manager`
const caseTables = `loss_exception x join loss_exception_kind k on k.code = x.kind
  join grid_node n on n.id = x.scope_id left join transformer t on t.node_id = n.id`

/** What has stood long enough to be work, and was seen last on the day. */
export async function exceptionsForWork(
  db: Db,
  seenOn: BusinessDate,
  zone: string,
): Promise<CaseRow[]> {
  return await db.query<CaseRow>(
    `select ${caseColumns}, ${manager('$2')} from ${caseTables}
     where x.ended_on is null and x.last_on = $1::date and k.opens_case
       and x.days >= k.case_after_days`,
    [seenOn, zone],
  )
}

/** What was work and is over. */
export async function exceptionsOver(db: Db): Promise<Omit<CaseRow, 'manager'>[]> {
  return await db.query<Omit<CaseRow, 'manager'>>(
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
  /** Who was responsible at the end of `lastOn`. */
  readonly manager: AreaManager | null
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
  zone: string,
): Promise<LossException[]> {
  const rows = await db.query<Omit<LossException, 'kind'> & { readonly kind: string }>(
    `select x.id, x.scope, x.scope_id as "scopeId", n.code, n.name, x.kind, k.severity,
       x.began_on as "beganOn", x.last_on as "lastOn", x.ended_on as "endedOn", x.days, x.detail,
       ${manager('$7')}
     from loss_exception x join loss_exception_kind k on k.code = x.kind
     join grid_node n on n.id = x.scope_id
     where ($1::text is null or x.scope = $1) and ($2::int is null or x.scope_id = $2)
       and ($3::text is null or x.kind = $3)
       and ($4::boolean is null or (x.ended_on is null) = $4) and ($5::int is null or x.id < $5)
     order by x.id desc limit $6`,
    [scope ?? null, scopeId ?? null, kind ?? null, open ?? null, before, limit, zone],
  )
  return rows.flatMap(({ kind: text, ...row }) =>
    isExceptionKind(text) ? [{ ...row, kind: text }] : [],
  )
}
