import { assert, type BusinessDate, instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { AreaManager } from '#src/grid/duty'
import { policyOf } from './parts.ts'
import type { Span } from './spans.ts'
import type { LossScope } from './types.ts'

/** Who was responsible for a node just before a moment, as an object; null where nobody was. */
export const managerAt = (node: string, before: string) => `(
  select jsonb_build_object('name', r.name, 'staffNo', r.staff_no, 'phone', r.phone)
  from area_duty_of r where r.node_id = ${node} and r.valid_from < ${before}
    and (r.valid_to is null or r.valid_to >= ${before}))`

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

export interface ManagerIndicators extends LossIndicators {
  /** Null: of what nobody was responsible for. */
  readonly manager: AreaManager | null
  /** By the share that is qualified, the highest is 1; null where it says nothing. */
  readonly rank: number | null
}

interface Row extends ManagerIndicators {
  readonly isTotal: boolean
}

/**
 * Every scope of the period, or with an exception that began or ended in it, is in `each` once: so
 * parts add up to the whole. `$3` to `$5`: below what, the end of the period, its last day.
 */
const eachCtes = (table: string) => `inside as (
    select node_id from grid_below($3::int, $4::timestamptz) where $3::int is not null),
  losses as (
    select s.scope_id, s.loss, s.rate, y.rate_low, y.rate_high from ${table} s ${policyOf}
    where s.scope = $2 and s.starts_on = $1::date),
  wrong as (
    select x.scope_id, bool_or(x.began_on between $1::date and $5::date) as is_new,
      bool_or(x.ended_on between $1::date and $5::date) and not exists (
        select from loss_exception o
        join loss_exception_kind ok on ok.code = o.kind and ok.class = 'loss'
        where o.scope = $2 and o.scope_id = x.scope_id and o.ended_on is null) as is_cured
    from loss_exception x join loss_exception_kind k on k.code = x.kind and k.class = 'loss'
    where x.scope = $2 and (x.began_on between $1::date and $5::date
      or x.ended_on between $1::date and $5::date)
    group by x.scope_id),
  each as (
    select scope_id, l.scope_id is not null as is_computed, l.loss, l.rate, l.rate_low,
      l.rate_high, coalesce(w.is_new, false) as is_new, coalesce(w.is_cured, false) as is_cured
    from (select scope_id from losses union select scope_id from wrong) a
    left join losses l using (scope_id) left join wrong w using (scope_id)
    where $3::int is null or scope_id in (select node_id from inside))`

const counts = [
  ...['scopes', 'computable', 'qualified', 'high', 'low', 'negative', 'newAbnormal', 'cured'],
]
const figures = `count(*) filter (where is_computed)::int as scopes, count(loss)::int as computable,
  count(*) filter (where rate between rate_low and rate_high)::int as qualified,
  count(*) filter (where rate > rate_high)::int as high,
  count(*) filter (where rate < rate_low and rate >= 0)::int as low,
  count(*) filter (where rate < rate_low and rate < 0)::int as negative,
  count(*) filter (where is_new)::int as "newAbnormal",
  count(*) filter (where is_cured)::int as cured`

/** The areas or feeders of a period, at or below a node where one is named. */
export interface IndicatorsAsked {
  readonly table: 'loss_day' | 'loss_month'
  readonly scope: LossScope
  readonly span: Span
  /** The last day of the period. */
  readonly to: BusinessDate
  readonly below: number | null
}

const valuesOf = ({ scope, span, to, below }: IndicatorsAsked) => [
  ...[span.startsOn, scope, below, timestamptz(instant(span.end - 1)), to],
]

export async function selectIndicators(db: Db, asked: IndicatorsAsked): Promise<LossIndicators> {
  const [row] = await db.query<LossIndicators>(
    `with ${eachCtes(asked.table)} select ${figures} from each`,
    valuesOf(asked),
  )
  assert(row !== undefined, 'counts are one row')
  return row
}

/** The best first, and last what nobody is responsible for. */
export async function selectIndicatorsByManager(
  db: Db,
  asked: IndicatorsAsked,
): Promise<{ readonly total: LossIndicators; readonly items: readonly ManagerIndicators[] }> {
  const rows = await db.query<Row>(
    `with ${eachCtes(asked.table)},
     parts as (
       select grouping(r.manager_id) = 1 as is_total, r.manager_id, r.name, r.staff_no, r.phone,
         ${figures}
       from each left join area_duty_of r on r.node_id = each.scope_id
         and r.valid_from <= $4::timestamptz
         and (r.valid_to is null or r.valid_to > $4::timestamptz)
       group by grouping sets ((r.manager_id, r.name, r.staff_no, r.phone), ())),
     judged as (
       select *, manager_id is not null and scopes > 0 as is_judged,
         qualified::numeric / nullif(scopes, 0) as share from parts)
     select ${counts.map((name) => `"${name}"`).join(', ')}, is_total as "isTotal",
       case when is_judged then rank() over (partition by is_judged order by share desc)::int
         end as rank,
       case when manager_id is not null then
         jsonb_build_object('name', name, 'staffNo', staff_no, 'phone', phone) end as manager
     from judged order by manager_id is null, rank nulls last, scopes desc, name, manager_id`,
    valuesOf(asked),
  )
  const total = rows.find(({ isTotal }) => isTotal)
  assert(total !== undefined, 'counts of all are one row')
  const items = rows.filter(({ isTotal }) => !isTotal)
  return { total: countsOf(total), items: items.map(itemOf) }
}

const countsOf = ({ isTotal: _, manager: __, rank: ___, ...figures }: Row): LossIndicators =>
  figures
const itemOf = ({ isTotal: _, ...item }: Row): ManagerIndicators => item
