import type { BusinessDate, Instant } from '#src/core'
import type { Db } from '#src/db'

/** By which a customer is told that the contracted capacity does not fit; see `capacity_rule`. */
export interface CapacityRule {
  readonly validFrom: BusinessDate
  readonly overShare: string
  readonly overDays: number
  readonly underShare: string
  readonly months: number
  readonly targetShare: string
  readonly powerFactor: string
  /** Yuan by kVA and month; null: advice has no money beside it. */
  readonly kvaMonthPrice: string | null
}

/** `at-times`: above it, on fewer days than make it too small. */
export const capacityVerdicts = ['over', 'at-times', 'under', 'fits', 'unknown'] as const
export type CapacityVerdict = (typeof capacityVerdicts)[number]

/** Load against the contract (增容/减容提醒). */
export interface CapacityAdvice {
  readonly account: string
  readonly customer: string
  readonly contract: string
  readonly capacityKva: string
  readonly verdict: CapacityVerdict
  /** Days with load; under-use is only said where nine of ten days are known. */
  readonly days: number
  readonly daysAbove: number
  /** Of all its usage points together, at most: their peaks of a day may not have met. */
  readonly peakKva: string | null
  readonly peakAt: Instant | null
  readonly share: string | null
  readonly powerFactor: string
  readonly advisedKva: string | null
  /** What the advised capacity costs more a month (less: below 0), in yuan. */
  readonly moneyPerMonth: string | null
}

export async function selectCapacityRule(db: Db, on: BusinessDate): Promise<CapacityRule | null> {
  const [rule] = await db.query<CapacityRule>(
    `select valid_from::text as "validFrom", over_share::text as "overShare",
       over_days as "overDays", under_share::text as "underShare", months,
       target_share::text as "targetShare", power_factor::text as "powerFactor",
       kva_month_price::text as "kvaMonthPrice"
     from capacity_rule where valid_from <= $1::date order by valid_from desc limit 1`,
    [on],
  )
  return rule ?? null
}

/** A rule from a day on; the same day again replaces it. */
export async function putCapacityRule(tx: Db, rule: CapacityRule, who: string): Promise<void> {
  await tx.query(
    `insert into capacity_rule values ($1::date, $2::numeric, $3::int, $4::numeric, $5::int,
       $6::numeric, $7::numeric, $8::numeric, $9)
     on conflict (valid_from) do update set over_share = excluded.over_share,
       over_days = excluded.over_days, under_share = excluded.under_share,
       months = excluded.months, target_share = excluded.target_share,
       power_factor = excluded.power_factor, kva_month_price = excluded.kva_month_price,
       changed_by = excluded.changed_by`,
    [
      ...[rule.validFrom, rule.overShare, rule.overDays, rule.underShare, rule.months],
      ...[rule.targetShare, rule.powerFactor, rule.kvaMonthPrice, who],
    ],
  )
}

/** Accounts with a capacity in their contract, the fullest first, over the months before a day. */
export async function selectCapacityAdvice(
  db: Db,
  zone: string,
  rule: CapacityRule,
  until: BusinessDate,
  verdict: CapacityVerdict | null,
  page: { readonly offset: number; readonly limit: number },
): Promise<readonly CapacityAdvice[]> {
  return await db.query<CapacityAdvice>(
    `with span as (
       select ($1::date - make_interval(months => $2::int))::date + 1 as first,
         (($1::date + 1)::timestamp at time zone $3) - interval '1 microsecond' as at),
     holder as materialized (
       select k.account_id, k.no as contract, k.capacity_kva, h.usage_point_id
       from span, contract k join account_usage_point h on h.account_id = k.account_id
       where k.capacity_kva is not null
         and k.valid_from <= span.at and (k.valid_to is null or k.valid_to > span.at)
         and h.valid_from <= span.at and (h.valid_to is null or h.valid_to > span.at)),
     factor as (
       select h.account_id,
         sum(u.energy) filter (where u.register = '1.8.0') as active,
         sum(u.energy) filter (where u.register = '3.8.0') as reactive
       from span, holder h join usage_day u on u.usage_point_id = h.usage_point_id
         and u.register in ('1.8.0', '3.8.0')
       where u.business_date between span.first and $1::date
       group by h.account_id),
     day as (
       select h.account_id, l.business_date, sum(l.peak) as peak,
         (array_agg(l.peak_at order by l.peak desc))[1] as peak_at
       from span, holder h join load_day l on l.usage_point_id = h.usage_point_id
       where l.business_date between span.first and $1::date
       group by h.account_id, l.business_date),
     contracted as (
       select h.account_id, h.contract, max(h.capacity_kva) as kva,
         coalesce(round(max(f.active) / nullif(sqrt(max(f.active) * max(f.active)
           + max(f.reactive) * max(f.reactive)), 0), 4), $4::numeric) as factor
       from holder h left join factor f using (account_id) group by h.account_id, h.contract),
     load as (
       select c.account_id, count(d.business_date)::int as days,
         max(d.peak) * 0.000004 / c.factor as peak,
         (array_agg(d.peak_at order by d.peak desc))[1] as peak_at,
         (count(*) filter (where d.peak * 0.000004 / c.factor > c.kva * $5::numeric))::int as above
       from contracted c left join day d using (account_id)
       group by c.account_id, c.factor),
     judged as (
       select c.*, l.days, l.peak, l.peak_at, l.above,
         case when l.days = 0 then 'unknown'
           when l.above >= $6::int then 'over'
           when l.above > 0 then 'at-times'
           when l.peak < c.kva * $7::numeric
             and l.days >= ($1::date - span.first + 1) * 0.9 then 'under'
           when l.days < ($1::date - span.first + 1) * 0.9 and l.peak < c.kva * $7::numeric
             then 'unknown'
           else 'fits' end as verdict
       from span, contracted c join load l using (account_id)),
     advised as (
       select *, case when verdict in ('over', 'under') then ceil(peak / $8::numeric) end as advice
       from judged)
     select a.no as account, k.name as customer, d.contract,
       trim_scale(d.kva)::text as "capacityKva", d.verdict, d.days, d.above as "daysAbove",
       round(d.peak, 3)::text as "peakKva", d.peak_at as "peakAt",
       round(d.peak / d.kva, 4)::text as share, d.factor::text as "powerFactor",
       d.advice::text as "advisedKva",
       round((d.advice - d.kva) * $9::numeric, 2)::text as "moneyPerMonth"
     from advised d join account a on a.id = d.account_id join customer k on k.id = a.customer_id
     where $10::text is null or d.verdict = $10
     order by d.peak / d.kva desc nulls last, a.no offset $11::int limit $12::int`,
    [
      ...[until, rule.months, zone, rule.powerFactor, rule.overShare, rule.overDays],
      ...[rule.underShare, rule.targetShare, rule.kvaMonthPrice, verdict],
      ...[page.offset, page.limit],
    ],
  )
}
