import { policyOf } from './parts.ts'

/** The rate lies out of its policy's band. */
const outOfBand = '(s.rate > y.rate_high or s.rate < y.rate_low)'

/** $2: a moment of the day. */
const holds = (row: string) =>
  `${row}.valid_from <= $2::timestamptz and (${row}.valid_to is null or ${row}.valid_to > $2::timestamptz)`

/** How a reason against the computation is an exception. */
const byReason = `(values ('users-unread', 'users-failed'), ('gateway-unread', 'reading-missing'),
  ('source-unread', 'source-abnormal'), ('register-fell', 'register-fell'),
  ('swap-unresolved', 'swap-unresolved'), ('reverse-unread', 'feedback-not-output'))`

/** Everything of a day's losses that is in the catalogue, each kind once for a scope. */
export const dayFindings = `
  with e as materialized (
    select * from loss_day where starts_on = $1::date and scope in ('area', 'feeder', 'bus')),
  -- Feeds in, by contract.
  generator as materialized (
    select distinct a.usage_point_id from contract c
    join account_usage_point a on a.account_id = c.account_id and ${holds('a')}
    where c.generates and ${holds('c')}),
  found (scope, scope_id, kind, detail) as (
    select s.scope, s.scope_id, case when s.rate > y.rate_high then 'high'
        when s.rate < 0 then 'negative' else 'low' end,
      jsonb_build_object('rate', s.rate::text, 'low', y.rate_low::text, 'high', y.rate_high::text)
    from e s ${policyOf} where s.scope <> 'bus' and ${outOfBand}
    union all
    select s.scope, s.scope_id, 'sudden-change',
      jsonb_build_object('rate', s.rate::text, 'usual', round(b.median::numeric, 6)::text,
        'limit', y.change_max::text)
    from e s ${policyOf} cross join lateral (
      select percentile_cont(0.5) within group (order by w.rate) as median, count(*) as days
      from loss_day w where w.scope = s.scope and w.scope_id = s.scope_id and w.rate is not null
        and w.starts_on < $1::date and w.starts_on >= $1::date - 7) b
    where b.days >= 3 and abs(s.rate - b.median::numeric) > y.change_max
    union all
    select s.scope, s.scope_id, 'bus-imbalance',
      jsonb_build_object('rate', s.rate::text, 'limit', l.rate_max::text)
    from e s join grid_node n on n.id = s.scope_id cross join lateral (
      select rate_max from loss_bus_limit where voltage_from <= coalesce(n.nominal_voltage, 0)
      order by voltage_from desc limit 1) l
    where s.scope = 'bus' and abs(s.rate) > l.rate_max
    union all
    select s.scope, s.scope_id, r.kind, jsonb_build_object('users', s.users, 'usersRead',
      s.users_read, 'gateways', s.gateways, 'gatewaysRead', s.gateways_read)
    from e s cross join lateral unnest(s.reasons) as u (reason)
    join ${byReason} as r (reason, kind) on r.reason = u.reason
    where s.users + s.gateways + s.sources > 0
    union all
    select s.scope, s.scope_id,
      case when s.users + s.gateways + s.sources = 0 then 'no-model'
        when 'no-gateway' = any(s.reasons) then 'no-metering-point' else 'relation-empty' end,
      '{}'
    from e s where s.reasons && array['no-gateway', 'no-users']
      and (s.scope = 'area' or s.users + s.gateways + s.sources > 0)
    union all
    select s.scope, s.scope_id, 'no-transformer', '{}' from e s
    where s.scope = 'area' and s.users + s.gateways > 0 and not exists (
      select from power_transformer t where t.node_id = s.scope_id and ${holds('t')})
    union all
    -- What the marketing system said last, of accounts that use one point or where it names it.
    select 'area', p.node_id, 'relation-differs', jsonb_build_object('points', count(*),
      'some', (array_agg(u.code || ': ' || r.area order by u.code))[1:10])
    from marketing_record r
    join account c on c.no = r.account_no
    join account_usage_point a on a.account_id = c.id and ${holds('a')}
    join usage_point u on u.id = a.usage_point_id and r.usage_point in ('', u.code)
    join usage_point_place p on p.usage_point_id = u.id and p.role <> 'supply' and ${holds('p')}
    join grid_node n on n.id = p.node_id and n.kind = 'area'
    where r.area <> n.code and r.closed_at is null
    group by p.node_id
    union all
    select n.kind, p.node_id, 'no-archive', jsonb_build_object('points', count(*),
      'some', (array_agg(u.code order by u.code))[1:10])
    from usage_point_place p join grid_node n on n.id = p.node_id
    join usage_point u on u.id = p.usage_point_id
    where ${holds('p')}
      and not exists (select from installation i
        where i.usage_point_id = p.usage_point_id and ${holds('i')})
      and not exists (select from account_usage_point a
        where a.usage_point_id = p.usage_point_id and ${holds('a')})
    group by n.kind, p.node_id
    union all
    select n.kind, p.node_id, 'source-not-input',
      jsonb_build_object('points', jsonb_agg(distinct u.code))
    from generator g join usage_point_place p on p.usage_point_id = g.usage_point_id
      and ${holds('p')}
    join grid_node n on n.id = p.node_id join usage_point u on u.id = p.usage_point_id
    left join usage_day b on b.usage_point_id = p.usage_point_id and b.register = '2.8.0'
      and b.business_date = $1::date
    where p.role not in ('receive', 'generation') or b.energy is null
    group by n.kind, p.node_id
    union all
    select n.kind, p.node_id, 'source-abnormal',
      jsonb_build_object('points', jsonb_agg(distinct u.code))
    from usage_day b join usage_point_place p on p.usage_point_id = b.usage_point_id
      and ${holds('p')}
    join grid_node n on n.id = p.node_id join usage_point u on u.id = p.usage_point_id
    where b.business_date = $1::date and b.register = '2.8.0' and (
      (p.role = 'receive' and b.energy > 100000
        and p.usage_point_id not in (select usage_point_id from generator)
        and not exists (select from usage_point_place o where o.usage_point_id = p.usage_point_id
          and o.role = 'supply' and ${holds('o')}))
      or (p.role = 'generation' and b.energy = 0 and (
        select percentile_cont(0.5) within group (order by w.energy) > 0 from usage_day w
        where w.usage_point_id = b.usage_point_id and w.register = '2.8.0'
          and w.business_date < $1::date and w.business_date >= $1::date - 7)))
    group by n.kind, p.node_id)`

/** Abnormal months on end, up to the month $1. */
export const monthFindings = `
  with recursive abnormal as materialized (
    select s.scope, s.scope_id, s.starts_on, s.rate from loss_month s ${policyOf}
    where s.scope in ('area', 'feeder') and ${outOfBand}
      and s.starts_on <= $1::date and s.starts_on > $1::date - interval '1 year'),
  running (scope, scope_id, starts_on, months, rate) as (
    select scope, scope_id, starts_on, 1, rate from abnormal where starts_on = $1::date
    union all
    select a.scope, a.scope_id, a.starts_on, r.months + 1, r.rate from running r
    join abnormal a on a.scope = r.scope and a.scope_id = r.scope_id
      and a.starts_on = r.starts_on - interval '1 month'),
  e as materialized (select * from loss_month where starts_on = $1::date),
  found (scope, scope_id, kind, detail) as (
    select scope, scope_id, case least(max(months), 3) when 1 then 'new-this-month'
      when 2 then 'two-months' else 'three-months' end,
      jsonb_build_object('months', max(months), 'rate', max(rate)::text)
    from running group by scope, scope_id)`
