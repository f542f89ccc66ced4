/** A civil day or month that losses are computed for. */
export type LossPeriod = 'day' | 'month'

/** Where a period's losses are stored, and the energy that they are made of. */
export const tables = {
  day: { loss: 'loss_day', usage: 'usage_day', date: 'business_date' },
  month: { loss: 'loss_month', usage: 'usage_month', date: 'business_month' },
} as const satisfies Record<LossPeriod, object>

/** Held at some time of the period. */
const held = (row: string) =>
  `${row}.valid_from < d.ends_at and (${row}.valid_to is null or ${row}.valid_to > d.starts_at)`

/** $1 to $3: the periods, each with its first and its last moment. */
export const periodsCte = `d as materialized (
  select * from unnest($1::date[], $2::timestamptz[], $3::timestamptz[])
    as t (starts_on, starts_at, ends_at))`

/**
 * `gate`: the supply points of all nodes. `passed`: where such a point counts as output, because
 * its place says so, or because its node hangs on one that is metered itself.
 */
export const gatewayCtes = `gate as materialized (
    select distinct d.starts_on, d.starts_at, d.ends_at, p.node_id, p.usage_point_id
    from d join usage_point_place p on p.role = 'supply' and ${held('p')}),
  passed as materialized (
    select d.starts_on, p.node_id, p.usage_point_id
    from gate d join usage_point_place p on p.usage_point_id = d.usage_point_id
      and p.role = 'receive' and p.node_id <> d.node_id and ${held('p')}
    union
    select d.starts_on, l.parent_id, d.usage_point_id
    from gate d join grid_link l on l.node_id = d.node_id and ${held('l')}
    where exists (select from gate own
      where own.node_id = l.parent_id and own.starts_on = d.starts_on))`

/** $4, $5: the nodes and periods that are computed. */
export const wantedCte = `wanted as materialized (
    select distinct node_id, starts_on from unnest($4::int[], $5::date[]) as t (node_id, starts_on))`

/** `member`: what counts at the wanted nodes, and as what. */
export const memberCtes = `${wantedCte},
  member as materialized (
    select d.starts_on, p.node_id, p.usage_point_id,
      p.valid_from > d.starts_at or coalesce(p.valid_to < d.ends_at, false) as cut,
      p.valid_from as begins, p.valid_to as ends,
      case p.role when 'receive' then 'user' when 'generation' then 'source'
        when 'supply' then 'gateway' else p.role end as part
    from wanted w join d using (starts_on) join usage_point_place p on p.node_id = w.node_id
      and ${held('p')}
    where not (p.role = 'receive' and exists (select from passed x
        where (x.starts_on, x.node_id, x.usage_point_id) = (d.starts_on, p.node_id, p.usage_point_id)))
      and (p.valid_to is null or p.valid_to >= d.ends_at
        or not exists (select from usage_point_place q where q.usage_point_id = p.usage_point_id
          and q.node_id = p.node_id and q.valid_from >= p.valid_to and q.valid_from < d.ends_at))
    union all
    select x.starts_on, x.node_id, x.usage_point_id, false, null, null, 'passed'
    from wanted join passed x using (node_id, starts_on))`

/** The registers of a member: forward, back, and reactive. */
type Name = 'f' | 'b' | 'q'
const registers: Readonly<Record<Name, string>> = { f: '1.8.0', b: '2.8.0', q: '3.8.0' }

/** Joins the energy of one register of the members' whole period; the bounds leave chunks out. */
function dayEnergy(name: Name): string {
  return `left join usage_day ${name} on ${name}.usage_point_id = m.usage_point_id
    and ${name}.register = '${registers[name]}' and ${name}.business_date = m.starts_on
    and ${name}.business_date between $6::date and $7::date`
}

/** A month's energy, or where the place was there for a part of it, that of its days. */
function monthEnergy(name: Name): string {
  const { [name]: register } = registers
  return `left join usage_month ${name}m on ${name}m.usage_point_id = m.usage_point_id
      and ${name}m.register = '${register}' and ${name}m.business_month = m.starts_on
      and not m.cut
    left join lateral (
      select sum(u.energy)::bigint as energy, sum(u.estimated)::bigint as estimated,
        max(u.quality) as quality
      from usage_day u where m.cut and u.usage_point_id = m.usage_point_id
        and u.register = '${register}' and u.business_date >= m.from_date
        and u.business_date < m.to_date
      having count(*) = m.to_date - m.from_date) ${name}d on true
    cross join lateral (select coalesce(${name}m.energy, ${name}d.energy) as energy,
      coalesce(${name}m.estimated, ${name}d.estimated) as estimated,
      coalesce(${name}m.quality, ${name}d.quality) as quality) ${name}`
}

export const energyOf = (period: LossPeriod, name: Name): string =>
  period === 'day' ? dayEnergy(name) : monthEnergy(name)

/** The first and last civil day of a member that was there for a part of the month. $6: the zone. */
export const memberDays = (members: string) => `select m.*,
    greatest(m.starts_on, (m.begins at time zone $6::text)::date) as from_date,
    least((m.starts_on + interval '1 month')::date,
      coalesce((m.ends at time zone $6::text)::date, 'infinity')) as to_date
  from ${members} m`

/** Input, output and what the rate is of, out of the sums of a row `s` and its policy `y`. */
export const inputOf = '(s.supply + s.generation + s.returned - s.reverse)'
export const outputOf = `(s.sale + s.passed
  + case when y.auxiliary = 'output' then s.auxiliary else 0 end)`
export const denominatorOf = `case when y.denominator = 'net' then ${inputOf}
  else ${inputOf} + s.reverse end`

/** Columns that a computation writes, in the order of its select. */
export const written = `scope, scope_id, starts_on, supply, reverse, generation, passed, returned,
  sale, auxiliary, transformer_sale, estimated, users, users_read, gateways, gateways_read, sources,
  sources_read, denominator, reasons, loss, rate, computed_at`

/** Writes rows `s` with their policy `y` and reasons `r`; a row that is the same is left alone. */
export const writing = (period: LossPeriod, from: string, now: string): string => `
  insert into ${tables[period].loss} as t (${written})
  select s.scope, s.scope_id, s.starts_on, s.supply, s.reverse, s.generation, s.passed, s.returned,
    s.sale, s.auxiliary, s.transformer_sale, s.estimated, s.users, s.users_read, s.gateways,
    s.gateways_read, s.sources, s.sources_read, y.denominator, r.reasons,
    case when r.reasons = '{}' then ${inputOf} - ${outputOf} end,
    case when r.reasons = '{}' and ${denominatorOf} > 0
      then round((${inputOf} - ${outputOf})::numeric / (${denominatorOf}), 6) end, ${now}
  from ${from}
  on conflict (scope, scope_id, starts_on) do update set
    ${written
      .split(',')
      .map((name) => name.trim())
      .slice(3)
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')}`

/** The policy of a row `s` on its day. */
export const policyOf = `cross join lateral (
  select * from loss_policy p
  where p.scope = case s.scope when 'node' then 'region' else s.scope end
    and p.valid_from <= s.starts_on order by p.valid_from desc limit 1) y`
