import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type {
  CheckPage,
  ComparisonDay,
  Difference,
  DifferenceFilter,
  DifferenceKind,
} from './types.ts'

const held = (alias: string) => `(${alias}.valid_from <= $1::timestamptz
  and (${alias}.valid_to is null or ${alias}.valid_to > $1::timestamptz))`

/** A ratio as one number, so that 100/5 and 20 are the same. */
const ratio = (text: string) => `case when ${text} ~ '^\\d{1,9}(/[1-9]\\d{0,8})?$' then
  trim_scale(round(split_part(${text}, '/', 1)::numeric
    / coalesce(nullif(split_part(${text}, '/', 2), ''), '1')::numeric, 9))::text else ${text} end`

/** As people write it. */
const written = (of: 'ct' | 'pt') => `case i.${of}_denominator when 1 then i.${of}_numerator::text
  else i.${of}_numerator || '/' || i.${of}_denominator end as our_${of}`

/** What is compared: its name, ours and theirs, and what it is of. */
const fields = [
  ['customer', 'our_customer', 'customer', 'account'],
  ['class', 'our_class', 'class', 'account'],
  ['contract', 'our_contract', 'contract_no', 'account'],
  ['tariff', 'our_tariff', 'tariff', 'account'],
  ['trade', 'our_trade', 'trade', 'account'],
  ['capacity', 'our_capacity', 'capacity', 'account'],
  ['generates', 'our_generates', 'their_generates', 'account'],
  ['area', 'our_area', 'area', 'point'],
  ['feeder', 'our_feeder', 'feeder', 'point'],
  ['meter', 'our_meter', 'their_meter', 'point'],
  ['ct', 'our_ct', 'ct', 'point'],
  ['pt', 'our_pt', 'pt', 'point'],
] as const

/** Of nearly all rows every field is the same: they are passed over in one look. */
const odd = fields
  .map(([, ours, theirs]) => `${theirs} is not null and ${theirs} is distinct from ${ours}`)
  .join(' or ')
const pairs = fields
  .map(([field, ours, theirs, of]) => `('${field}', o.${ours}, o.${theirs}, '${of}')`)
  .join(', ')

/**
 * What the marketing system said last (`marketing_record`) against the archive of an instant, in
 * both directions and field by field. What it did not say is not compared.
 */
const differences = `
  used as materialized (
    select h.account_id, h.usage_point_id, u.code from account_usage_point h
    join usage_point u on u.id = h.usage_point_id where ${held('h')}),
  lone as (
    select account_id, min(usage_point_id) as usage_point_id from used
    group by account_id having count(*) = 1),
  theirs as materialized (
    select r.*, a.id as account_id,
      coalesce(r.closed_at <= $1::timestamptz, false) as is_closed,
      coalesce(p.usage_point_id, case when r.usage_point = '' then l.usage_point_id end)
        as usage_point_id
    from marketing_record r
    left join account a on a.no = r.account_no
    left join used p on p.account_id = a.id and p.code = r.usage_point
    left join lone l on l.account_id = a.id),
  area as (
    select w.usage_point_id, min(w.node_id) as node_id
    from usage_point_place w join grid_node k on k.id = w.node_id
    where w.role <> 'supply' and k.kind = 'area' and ${held('w')} group by w.usage_point_id),
  ours as (
    select t.*, trim_scale(t.capacity_kva)::text as capacity,
      t.generates::text as their_generates, cu.name as our_customer, cu.class as our_class,
      c.no as our_contract, c.tariff as our_tariff, c.trade as our_trade,
      trim_scale(c.capacity_kva)::text as our_capacity, c.generates::text as our_generates,
      n.code as our_area, f.code as our_feeder, m.address as our_meter,
      case when ltrim(t.meter, '0') = ltrim(m.address, '0') then m.address else t.meter end
        as their_meter,
      ${written('ct')}, ${written('pt')}
    from theirs t
    join account a on a.id = t.account_id
    join customer cu on cu.id = a.customer_id
    left join contract c on c.account_id = a.id and ${held('c')}
    left join area w on w.usage_point_id = t.usage_point_id
    left join grid_node n on n.id = w.node_id
    left join grid_link l on l.node_id = n.id and ${held('l')}
    left join grid_node f on f.id = l.parent_id and f.kind = 'feeder'
    left join installation i on i.usage_point_id = t.usage_point_id and ${held('i')}
    left join meter m on m.id = i.meter_id
    where not t.is_closed),
  odd as materialized (select * from ours where ${odd}),
  found as (
    select o.account_no, o.usage_point, case when v.ours is null then 'unset' else 'differs' end
        as kind, v.field,
      case when v.field in ('ct', 'pt') then ${ratio('v.ours')} else v.ours end as ours,
      case when v.field in ('ct', 'pt') then ${ratio('v.theirs')} else v.theirs end as theirs
    from odd o cross join lateral (values ${pairs}) v (field, ours, theirs, of)
    where v.theirs is not null and v.theirs is distinct from v.ours
      and (v.of = 'account' or o.usage_point_id is not null)
      and (v.field not in ('ct', 'pt')
        or ${ratio('v.theirs')} is distinct from ${ratio('v.ours')})
    union all
    -- They know an account, or a point of it, that we do not have there.
    select t.account_no, t.usage_point, 'theirs-only', 'account', null, t.account_no from theirs t
    where t.account_id is null and not t.is_closed
    union all
    select t.account_no, t.usage_point,
      case when b.no is null then 'theirs-only' else 'differs' end, 'usage-point', b.no, t.account_no
    from theirs t left join usage_point u on u.code = t.usage_point
    left join used x on x.usage_point_id = u.id left join account b on b.id = x.account_id
    where t.account_id is not null and not t.is_closed and t.usage_point <> ''
      and t.usage_point_id is null
    union all
    -- They ended what goes on here.
    select t.account_no, t.usage_point, 'differs', 'closed', 'false', 'true' from theirs t
    where t.is_closed and t.usage_point_id is not null
    union all
    -- We have what they say nothing of. Of a million accounts that they name none is looked up.
    select a.no, '', 'ours-only', 'account', a.no, null from (
      select distinct u.account_id from used u
      where not exists (select from theirs t where t.account_id = u.account_id)) unnamed
    join account a on a.id = unnamed.account_id
    union all
    select a.no, unnamed.code, 'ours-only', 'usage-point', unnamed.code, null from (
      select u.account_id, u.code from used u
      where exists (select from theirs t where t.account_id = u.account_id)
        and not exists (select from theirs t where t.account_id = u.account_id
          and (t.usage_point = u.code or t.usage_point_id = u.usage_point_id
            or t.usage_point = ''))) unnamed
    join account a on a.id = unnamed.account_id),
  once as (select distinct on (account_no, usage_point, field) * from found
    order by account_no, usage_point, field, kind)`

/** All rows there are go through hashes: a million of them fit into so much. */
const JOINING_MEMORY = '128MB'

export async function joinInMemory(tx: Db): Promise<void> {
  await tx.query(`set local work_mem = '${JOINING_MEMORY}'`)
}

/** Null where the marketing system never said anything. */
export async function replaceDifferences(
  tx: Db,
  at: Instant,
  date: BusinessDate,
): Promise<{ readonly accounts: number; readonly differences: number } | null> {
  const [told] = await tx.query<{ accounts: bigint }>(
    `select count(distinct account_no) as accounts from marketing_record`,
  )
  const accounts = Number(told?.accounts ?? 0n)
  if (accounts === 0) return null
  await joinInMemory(tx)
  const rows = await tx.query<{ count: bigint }>(
    `with ${differences},
     gone as (
       delete from marketing_difference d where not exists (
         select from once o where o.account_no = d.account_no and o.usage_point = d.usage_point
           and o.field = d.field)),
     kept as (
       insert into marketing_difference (account_no, usage_point, kind, field, ours, theirs, found_on)
       select account_no, usage_point, kind, field, ours, theirs, $2::date from once
       on conflict (account_no, usage_point, field) do update
         set kind = excluded.kind, ours = excluded.ours, theirs = excluded.theirs
       returning 1)
     select count(*) as count from kept`,
    [timestamptz(at), date],
  )
  await tx.query(`delete from marketing_difference_day where business_date = $1::date`, [date])
  await tx.query(
    `insert into marketing_difference_day (business_date, kind, field, differences)
     select $1::date, kind, field, count(*) from marketing_difference group by kind, field`,
    [date],
  )
  await tx.query(
    `insert into marketing_comparison_day (business_date, accounts, compared_at)
     values ($1::date, $2::int, $3::timestamptz)
     on conflict (business_date) do update
       set accounts = excluded.accounts, compared_at = excluded.compared_at`,
    [date, accounts, timestamptz(at)],
  )
  return { accounts, differences: Number(rows[0]?.count ?? 0n) }
}

export async function selectDifferences(
  db: Db,
  { kind, field, account }: DifferenceFilter,
  { after, limit }: CheckPage,
): Promise<Difference[]> {
  return await db.query<Difference>(
    `select id, account_no as account, usage_point as "usagePoint", kind, field, ours, theirs,
       found_on::text as "foundOn"
     from marketing_difference
     where id > $1::int and ($2::text is null or kind = $2::text)
       and ($3::text is null or field = $3::text) and ($4::text is null or account_no = $4::text)
     order by id limit $5::int`,
    [after, kind ?? null, field ?? null, account ?? null, limit],
  )
}

/** Days on which nothing was compared are absent. */
export async function selectComparisonDays(
  db: Db,
  from: BusinessDate,
  to: BusinessDate,
): Promise<ComparisonDay[]> {
  const rows = await db.query<{
    date: BusinessDate
    accounts: number
    kind: DifferenceKind | null
    field: string | null
    differences: number | null
  }>(
    `select c.business_date::text as date, c.accounts, d.kind, d.field, d.differences
     from marketing_comparison_day c
     left join marketing_difference_day d on d.business_date = c.business_date
     where c.business_date between $1::date and $2::date
     order by c.business_date, d.differences desc, d.kind, d.field`,
    [from, to],
  )
  const days = Map.groupBy(rows, ({ date }) => date)
  return [...days].map(([date, found]) => ({
    date,
    accounts: found[0]?.accounts ?? 0,
    differences: found.flatMap(({ kind, field, differences: count }) =>
      kind === null || field === null || count === null
        ? []
        : [{ kind, field, differences: count }],
    ),
  }))
}

/** What was done of a day; a batch that came after the comparison is to be compared as well. */
export async function selectDone(
  db: Db,
  date: BusinessDate,
): Promise<{ readonly scored: boolean; readonly compared: boolean }> {
  const [done] = await db.query<{ scored: boolean; compared: boolean }>(
    `select exists (select from archive_score_day where business_date = $1::date) as scored,
       exists (select from marketing_comparison_day d where d.business_date = $1::date
         and not exists (select from marketing_record r where r.received_at > d.compared_at))
         as compared`,
    [date],
  )
  return done ?? { scored: false, compared: false }
}
