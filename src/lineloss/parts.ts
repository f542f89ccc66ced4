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

/** The part of its time that a row held within the period. */
const heldOf = (row: string) =>
  `tstzrange(greatest(${row}.valid_from, d.starts_at), least(${row}.valid_to, d.ends_at))`

/**
 * `gate`: the supply points of all nodes, with their time there. `passed`: where such a point
 * counts as output, because its place says so, or because it measures what its node takes from the
 * next node above that is metered itself. It goes after `with recursive`.
 */
export const gatewayCtes = `gate as materialized (
    select d.starts_on, d.starts_at, d.ends_at, p.node_id, p.usage_point_id,
      range_agg(${heldOf('p')}) as held
    from d join usage_point_place p on p.role = 'supply' and ${held('p')}
    group by d.starts_on, d.starts_at, d.ends_at, p.node_id, p.usage_point_id),
  gated as materialized (
    select starts_on, node_id, range_agg(held) as held from gate group by starts_on, node_id),
  hung as materialized (
    select d.starts_on, l.node_id, l.parent_id, tstzmultirange(${heldOf('l')}) as held
    from d join grid_link l on ${held('l')}),
  climbing (starts_on, usage_point_id, node_id, held, left_over) as (
    select g.starts_on, g.usage_point_id, h.parent_id, g.held * h.held,
      g.held * h.held - coalesce(o.held, '{}')
    from gate g join hung h on h.starts_on = g.starts_on and h.node_id = g.node_id
    left join gated o on o.starts_on = g.starts_on and o.node_id = h.parent_id
    where not isempty(g.held * h.held)
    union all
    select c.starts_on, c.usage_point_id, h.parent_id, c.left_over * h.held,
      c.left_over * h.held - coalesce(o.held, '{}')
    from climbing c join hung h on h.starts_on = c.starts_on and h.node_id = c.node_id
    left join gated o on o.starts_on = c.starts_on and o.node_id = h.parent_id
    where not isempty(c.left_over * h.held)),
  passed as materialized (
    select starts_on, node_id, usage_point_id, range_agg(held) as held from (
      select starts_on, node_id, usage_point_id, held - left_over as held from climbing
      where held <> left_over
      union all
      select d.starts_on, p.node_id, p.usage_point_id, d.held * tstzmultirange(
        tstzrange(p.valid_from, p.valid_to))
      from gate d join usage_point_place p on p.usage_point_id = d.usage_point_id
        and p.role = 'receive' and p.node_id <> d.node_id and ${held('p')}) x
    where not isempty(held)
    group by starts_on, node_id, usage_point_id)`

/** $4, $5: the nodes and periods that are computed. */
export const wantedCte = `wanted as materialized (
    select distinct node_id, starts_on from unnest($4::int[], $5::date[]) as t (node_id, starts_on))`

/**
 * `member`: what counts at the wanted nodes, as what, and when: `held` is null of what was there
 * all the time, which nearly everything is.
 */
export const memberCtes = `${wantedCte},
  placed as materialized (
    select d.starts_on, d.starts_at, d.ends_at, p.node_id, p.usage_point_id,
      case p.role when 'receive' then 'user' when 'generation' then 'source'
        when 'supply' then 'gateway' else p.role end as part,
      p.valid_from <= d.starts_at and (p.valid_to is null or p.valid_to >= d.ends_at) as is_whole,
      p.valid_from, p.valid_to
    from wanted w join d using (starts_on) join usage_point_place p on p.node_id = w.node_id
      and ${held('p')}),
  stay as (
    select starts_on, starts_at, ends_at, node_id, usage_point_id, part,
      null::tstzmultirange as held
    from placed where is_whole
    union all
    select d.starts_on, d.starts_at, d.ends_at, d.node_id, d.usage_point_id, d.part,
      nullif(range_agg(${heldOf('d')}), tstzmultirange(tstzrange(d.starts_at, d.ends_at)))
    from placed d where not is_whole
    group by d.starts_on, d.starts_at, d.ends_at, d.node_id, d.usage_point_id, d.part),
  member as materialized (
    select s.starts_on, s.node_id, s.usage_point_id, s.part, h.held, h.held is not null as cut
    from stay s left join passed x on s.part = 'user' and x.starts_on = s.starts_on
      and x.node_id = s.node_id and x.usage_point_id = s.usage_point_id
    cross join lateral (select case when x.held is null then s.held
      else coalesce(s.held, tstzmultirange(tstzrange(s.starts_at, s.ends_at))) - x.held end
      as held) h
    where h.held is null or not isempty(h.held)
    union all
    select starts_on, x.node_id, x.usage_point_id, 'passed', h.held, h.held is not null
    from wanted w join d using (starts_on) join passed x using (node_id, starts_on)
    cross join lateral (
      select nullif(x.held, tstzmultirange(tstzrange(d.starts_at, d.ends_at))) as held) h)`

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
      select coalesce(sum(u.energy), 0)::bigint as energy,
        coalesce(sum(u.estimated), 0)::bigint as estimated, coalesce(max(u.quality), 1) as quality
      from usage_day u where m.cut and u.usage_point_id = m.usage_point_id
        and u.register = '${register}' and u.business_date >= m.starts_on
        and u.business_date < m.starts_on + interval '1 month' and m.days @> u.business_date
      having m.cut and count(*) = (
        select coalesce(sum(upper(r) - lower(r)), 0) from unnest(m.days) r)) ${name}d on true
    cross join lateral (select coalesce(${name}m.energy, ${name}d.energy) as energy,
      coalesce(${name}m.estimated, ${name}d.estimated) as estimated,
      coalesce(${name}m.quality, ${name}d.quality) as quality) ${name}`
}

export const energyOf = (period: LossPeriod, name: Name): string =>
  period === 'day' ? dayEnergy(name) : monthEnergy(name)

/**
 * The civil days of a time: one on which it ended belongs to what came then. $6: the zone.
 */
export const daysOf = (held: string) => `(
  select coalesce(range_agg(daterange((lower(r) at time zone $6::text)::date,
    (upper(r) at time zone $6::text)::date)), '{}') from unnest(${held}) r)`

/** The hours of a time. */
export const hoursOf = (held: string) => `(
  select coalesce(sum(extract(epoch from upper(r) - lower(r))), 0) / 3600 from unnest(${held}) r)`

/** The time of civil days. $6: the zone. */
export const timeOf = (days: string) => `(
  select coalesce(range_agg(tstzrange(lower(r)::timestamp at time zone $6::text,
    upper(r)::timestamp at time zone $6::text)), '{}') from unnest(${days}) r)`

/** Members with the days of those that were there for a part of the month. */
export const memberDays = (members: string) =>
  `select m.*, case when m.cut then ${daysOf('m.held')} end as days from ${members} m`

/** Input, output and what the rate is of, out of the sums of a row `s` and its policy `y`. */
export const inputOf = '(s.supply + s.generation + s.returned - s.reverse)'
export const outputOf = `(s.sale + s.passed
  + case when y.auxiliary = 'output' then s.auxiliary else 0 end)`
export const denominatorOf = `case when y.denominator = 'net' then ${inputOf}
  else ${inputOf} + s.reverse end`

/** Columns that a computation writes, in the order of its select. */
export const written = `scope, scope_id, starts_on, supply, reverse, generation, passed, returned,
  sale, auxiliary, transformer_sale, estimated, gateways_estimated, users, users_read, gateways,
  gateways_read, sources, sources_read, denominator, reasons, loss, rate, computed_at`

/** Writes rows `s` with their policy `y` and reasons `r`; a row that is the same is left alone. */
export const writing = (period: LossPeriod, from: string, now: string): string => `
  insert into ${tables[period].loss} as t (${written})
  select s.scope, s.scope_id, s.starts_on, s.supply, s.reverse, s.generation, s.passed, s.returned,
    s.sale, s.auxiliary, s.transformer_sale, s.estimated, s.gateways_estimated, s.users,
    s.users_read, s.gateways, s.gateways_read, s.sources, s.sources_read, y.denominator, r.reasons,
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
