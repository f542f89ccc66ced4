import type { BusinessDate } from '#src/core'
import type { Db } from '#src/db'
import { aboveWithGaps } from './above.ts'
import { lengths, starts } from './periods.ts'
import { type Dimension, type EnergyQuery, gridKinds } from './types.ts'

/** A stretch of days on which the members of a group were the same. */
export interface GroupSpan {
  readonly group: number
  /** Both included. */
  readonly from: BusinessDate
  readonly to: BusinessDate
}

export interface EnergyRow {
  readonly key: string
  readonly name: string
  readonly starts: BusinessDate
  readonly ends: BusinessDate
  readonly energy: string
  readonly estimated: string
  readonly share: string | null
  readonly known: bigint
  readonly estimated_days: bigint
  readonly incomplete: bigint
  readonly expected: bigint
}

/** What a row is told apart by: its key, and where a name comes from. */
const keys: Readonly<Record<Dimension, { readonly key: string; readonly name: string }>> = {
  none: { key: `'all'`, name: `''` },
  region: { key: 'n.code', name: 'n.name' },
  substation: { key: 'n.code', name: 'n.name' },
  bus: { key: 'n.code', name: 'n.name' },
  feeder: { key: 'n.code', name: 'n.name' },
  area: { key: 'n.code', name: 'n.name' },
  trade: { key: `nullif(c.trade, '')`, name: `''` },
  tariff: { key: `nullif(c.tariff, '')`, name: `''` },
  class: { key: `nullif(c.customer_class, '')`, name: `''` },
  role: { key: 'c.role', name: `''` },
  group: { key: 'g.name', name: 'g.note' },
}

/**
 * Energy by dimension and period. Sums of cells unless a group is asked for: its members may be
 * anybody, so their own energy is added up. `until`: the last day that is over.
 */
export async function selectEnergy(
  db: Db,
  zone: string,
  query: EnergyQuery,
  spans: readonly GroupSpan[] | null,
  until: BusinessDate,
  page: { readonly offset: number; readonly limit: number },
): Promise<readonly EnergyRow[]> {
  const { key, name } = keys[query.by]
  const start = (day: string) => starts[query.period](day, '$2')
  const ofGroups = spans !== null
  const kind = gridKinds.includes(query.by) ? `'${query.by}'` : null
  // Joined to `d`, days or stretches of days of cells: what the row is of, and what is left out.
  const joined = (day: string) => `
    join statistics_cell c on c.id = d.cell_id and c.role = any($4::text[])
    ${
      kind === null
        ? ''
        : `left join above a on a.node_id = c.node_id
             and a.valid_from <= ${day} and a.valid_to > ${day}
           left join grid_node n on n.id = a.ancestor_id`
    }
    ${ofGroups ? 'join usage_group g on g.id = d.group_id' : ''}
    ${
      query.node === null
        ? ''
        : `join inside i on i.node_id = c.node_id
             and i.valid_from <= ${day} and i.valid_to > ${day}`
    }`
  const cuts = [kind === null ? null : 'a', query.node === null ? null : 'i'].filter(Boolean)
  const from = ['d.valid_from', 'p.starts', ...cuts.map((cut) => `${cut}.valid_from`)].join(', ')
  const to = ['d.valid_to', 'p.ends', ...cuts.map((cut) => `${cut}.valid_to`)].join(', ')
  const overlaps = `
    join statistics_cell c on c.id = d.cell_id and c.role = any($4::text[])
    ${
      kind === null
        ? ''
        : `left join above a on a.node_id = c.node_id
             and a.valid_from < least(d.valid_to, p.ends)
             and a.valid_to > greatest(d.valid_from, p.starts)
           left join grid_node n on n.id = a.ancestor_id`
    }
    ${ofGroups ? 'join usage_group g on g.id = d.group_id' : ''}
    ${
      query.node === null
        ? ''
        : `join inside i on i.node_id = c.node_id
             and i.valid_from < least(${kind === null ? '' : `coalesce(a.valid_to, 'infinity'), `}d.valid_to, p.ends)
             and i.valid_to > greatest(${kind === null ? '' : `coalesce(a.valid_from, '-infinity'), `}d.valid_from, p.starts)`
    }`
  return await db.query<EnergyRow>(
    `with
     ${aboveWithGaps(kind ?? `''`, '$5')},
     inside as materialized (
       select node_id, valid_from, valid_to from statistics_above($5)
       where ancestor_id = $6::int),
     ${ofGroups ? memberDays : cellDays},
     sums as (
       select coalesce(${key}, '') as key, max(${name}) as name, ${start('d.business_date')} as starts,
         sum(d.energy) as energy, sum(d.estimated) as estimated, sum(d.points)::bigint as known,
         sum(d.estimated_points)::bigint as estimated_days,
         sum(d.incomplete_points)::bigint as incomplete
       from days d ${joined('d.business_date')}
       group by 1, 3),
     calendar as (
       select s::date as starts, least((s + interval '${lengths[query.period]}')::date,
         $10::date + 1) as ends
       from generate_series(${start('$2::date')}::timestamp, $10::date, '${lengths[query.period]}') s),
     due as (
       select coalesce(${key}, '') as key, max(${name}) as name, p.starts,
         sum(d.count * (least(${to}) - greatest(${from}))) as expected
       from steps d join calendar p on p.starts < d.valid_to and p.ends > d.valid_from
       ${overlaps}
       group by 1, 3)
     select coalesce(s.key, e.key) as key, coalesce(s.name, e.name, '') as name,
       greatest(coalesce(s.starts, e.starts), $2::date)::text as starts,
       least((coalesce(s.starts, e.starts) + interval '${lengths[query.period]}')::date - 1,
         $3::date)::text as ends,
       trim_scale(coalesce(s.energy, 0) * 0.000001)::text as energy,
       trim_scale(coalesce(s.estimated, 0) * 0.000001)::text as estimated,
       round(s.estimated / nullif(s.energy, 0), 4)::text as share,
       coalesce(s.known, 0) as known, coalesce(s.estimated_days, 0) as estimated_days,
       coalesce(s.incomplete, 0) as incomplete, coalesce(e.expected, 0)::bigint as expected
     from sums s full join due e on e.key = s.key and e.starts = s.starts
     where s.key is not null or e.expected > 0
     order by 3, 1 offset $11::int limit $12::int`,
    [
      query.register,
      query.from,
      query.to,
      [...query.roles],
      zone,
      query.node,
      (spans ?? []).map(({ group }) => group),
      (spans ?? []).map((span) => span.from),
      (spans ?? []).map((span) => span.to),
      until < query.to ? until : query.to,
      page.offset,
      page.limit,
    ],
  )
}

/** Days and stretches of days of cells, of everybody. */
const cellDays = `
  days as (
    select cell_id, business_date, energy, estimated, points, estimated_points, incomplete_points
    from statistics_energy
    where register = $1 and business_date >= $2::date and business_date <= $3::date
      and $7::int[] is not null and $8::date[] is not null and $9::date[] is not null),
  edges as (
    select cell_id, greatest(day, $2::date) as day, step from statistics_edge
    where day <= $10::date),
  steps as (
    select cell_id, day as valid_from, sum(sum(step)) over w as count,
      lead(day, 1, $10::date + 1) over w as valid_to
    from edges group by cell_id, day window w as (partition by cell_id order by day))`

/** The same of the members of groups, by the archive of each day. */
const memberDays = `
  member as materialized (
    select s.group_id, p.usage_point_id, c.cell_id, c.is_metered,
      greatest(s.starts, c.valid_from) as valid_from,
      least(s.ends + 1, c.valid_to) as valid_to
    from unnest($7::int[], $8::date[], $9::date[]) s (group_id, starts, ends),
      usage_group_point(s.group_id,
        ((s.ends + 1)::timestamp at time zone $5) - interval '1 microsecond') p
      join statistics_segment c on c.usage_point_id = p.usage_point_id
    where c.valid_from <= s.ends and c.valid_to > s.starts),
  days as (
    select m.group_id, m.cell_id, u.business_date, sum(u.energy) as energy,
      sum(u.estimated) as estimated, count(*) as points,
      count(*) filter (where u.estimated <> 0 or u.quality in (5, 6)) as estimated_points,
      count(*) filter (where u.quality = 4) as incomplete_points
    from member m join usage_day u on u.usage_point_id = m.usage_point_id
      and u.business_date >= m.valid_from and u.business_date < m.valid_to
    where u.register = $1 and u.business_date >= $2::date and u.business_date <= $3::date
    group by m.group_id, m.cell_id, u.business_date),
  steps as (
    select group_id, cell_id, valid_from, least(valid_to, $10::date + 1) as valid_to,
      count(*) as count
    from member where is_metered and valid_from <= $10::date
    group by group_id, cell_id, valid_from, valid_to)`

/**
 * The stretches of days within which nobody can have come into a group or left it: between the days
 * on which anything began or ended that its rules look at.
 */
export async function selectGroupSpans(
  db: Db,
  zone: string,
  group: number | null,
  from: BusinessDate,
  to: BusinessDate,
): Promise<readonly GroupSpan[]> {
  return await db.query<GroupSpan>(
    `with chosen as (
       select id, exists (select from usage_group_rule r where r.group_id = g.id) as has_rule
       from usage_group g
       where ($1::int is null and retired_at is null) or id = $1::int
       order by id limit ${GROUPS_MAX}),
     moment as (
       select group_id, valid_from, valid_to from usage_group_member
       union all select group_id, valid_from, valid_to from usage_group_rule
       union all select c.id, x.valid_from, x.valid_to from chosen c, (
         select valid_from, valid_to from usage_point_place
         union all select valid_from, valid_to from grid_link
         union all select valid_from, valid_to from account_usage_point
         union all select valid_from, valid_to from contract) x
       where c.has_rule),
     day as (
       select c.id as group_id, $2::date as starts from chosen c
       union
       select m.group_id, (x.at at time zone $4)::date from moment m
       join chosen c on c.id = m.group_id,
       lateral (values (m.valid_from), (m.valid_to)) x (at)
       where x.at is not null and (x.at at time zone $4)::date > $2::date
         and (x.at at time zone $4)::date <= $3::date)
     select group_id as "group", starts::text as "from",
       (lead(starts, 1, $3::date + 1) over (partition by group_id order by starts) - 1)::text as "to"
     from day order by 1, 2`,
    [group, from, to, zone],
  )
}

const GROUPS_MAX = 200
