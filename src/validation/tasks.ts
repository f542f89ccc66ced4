import { type BusinessDate, type CivilTime, hours, type Instant, instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { DayTask } from './types.ts'

/** How far back the reading before a day is looked for, and the one behind it. */
const BEFORE_DAYS = 62
const AFTER_DAYS = 40

/**
 * The days to judge with what is known of each meter then, as the temporary table
 * `validating_task`, a row for each installation of that day; and the rule of each code that counts for it, as `validating_rule`.
 */
export async function prepareTasks(
  tx: Db,
  civil: CivilTime,
  tasks: readonly DayTask[],
): Promise<void> {
  const starts = new Map<BusinessDate, { readonly start: Instant; readonly end: Instant }>()
  for (const { date } of tasks) {
    if (starts.has(date)) continue
    starts.set(date, { start: civil.startOf(date), end: civil.startOf(civil.addDays(date, 1)) })
  }
  const at = (date: BusinessDate, edge: 'start' | 'end') =>
    timestamptz(starts.get(date)?.[edge] ?? civil.startOf(date))
  await tx.query(
    `create temp table validating_task on commit drop as
     select row_number() over (order by t.no, i.valid_from)::int as no, t.meter_id, t.business_date, t.starts_at, t.ends_at,
       greatest(t.starts_at, i.valid_from) as from_at,
       least(t.ends_at, coalesce(i.valid_to, 'infinity')) as to_at,
       i.id as installation_id, i.valid_from as installed_at, i.usage_point_id,
       i.ct_numerator::numeric * i.pt_numerator as numerator,
       i.ct_denominator::numeric * i.pt_denominator as denominator,
       m.wiring, m.nominal_voltage, m.max_current, m.register_digits,
       a.account_id, c.class as customer_class, k.capacity_kva, k.trade,
       coalesce(g.ids, '{}') as groups
     from unnest($1::int[], $2::int[], $3::date[], $4::timestamptz[], $5::timestamptz[])
       as t (no, meter_id, business_date, starts_at, ends_at)
     join meter m on m.id = t.meter_id
     join installation i on i.meter_id = t.meter_id and i.valid_from < t.ends_at
       and (i.valid_to is null or i.valid_to > t.starts_at)
     left join account_usage_point a on a.usage_point_id = i.usage_point_id
       and a.valid_from < t.ends_at and (a.valid_to is null or a.valid_to >= t.ends_at)
     left join account n on n.id = a.account_id
     left join customer c on c.id = n.customer_id
     left join contract k on k.account_id = a.account_id
       and k.valid_from < t.ends_at and (k.valid_to is null or k.valid_to >= t.ends_at)
     left join lateral (
       select array_agg(b.group_id order by b.group_id) as ids from meter_group_member b
       where b.meter_id = t.meter_id and b.group_id in (
         select group_id from validation_rule where group_id is not null)) g on true`,
    [
      tasks.map((_, index) => index),
      tasks.map(({ meterId }) => meterId),
      tasks.map(({ date }) => date),
      tasks.map(({ date }) => at(date, 'start')),
      tasks.map(({ date }) => at(date, 'end')),
    ],
  )
  await tx.query('create unique index on validating_task (no)')
  await tx.query('analyze validating_task')
  await prepareRules(tx)
}

/** One row a task's audience and code: the rule of a group before that of a class before that of all. */
async function prepareRules(tx: Db): Promise<void> {
  await tx.query('alter table validating_task add column audience bigint')
  await tx.query(
    `update validating_task t set audience = a.audience from (
       select no, dense_rank() over (order by business_date, customer_class, groups) as audience
       from validating_task) a where a.no = t.no`,
  )
  await tx.query(
    `create temp table validating_rule on commit drop as
     select distinct on (a.audience, r.code) a.audience, r.kind, r.code, r.version, r.act,
       array_position(array['low', 'medium', 'high', 'critical'], r.severity)::smallint as severity,
       r.parameters, r.position
     from (select distinct audience, customer_class, groups, ends_at from validating_task) a
     join validation_rule r on (r.customer_class is null or r.customer_class = a.customer_class)
       and (r.group_id is null or r.group_id = any(a.groups))
       and r.valid_from < a.ends_at and (r.valid_to is null or r.valid_to >= a.ends_at)
     order by a.audience, r.code, r.group_id nulls last, r.customer_class nulls last,
       r.version desc`,
  )
  await tx.query(`delete from validating_rule where act = 'off'`)
  await tx.query('analyze validating_rule')
}

/**
 * What the registers showed on these days and next to them, as `validating_point`: `is_inside` the
 * day (its end belongs to it, its start to the day before); `is_main` where it counts, of several
 * of one moment the freeze before the curve. `proposed` are values that people brought, judged
 * as if they counted.
 */
export async function preparePoints(
  tx: Db,
  proposed: readonly bigint[] = [],
  reachDays = BEFORE_DAYS,
): Promise<void> {
  await tx.query(
    `create temp table validating_point (
       task int not null, register text collate "C" not null, measured_at timestamptz not null,
       value bigint not null, scale smallint not null, data_class smallint not null,
       quality smallint not null, is_inside boolean not null, is_main boolean not null default true
     ) on commit drop`,
  )
  await tx.query(
    `create temp table validating_found (
       task int not null, register text collate "C" not null, measured_at timestamptz,
       code text not null, version int not null, act text not null, severity smallint not null,
       evidence jsonb not null, stake numeric not null default 0
     ) on commit drop`,
  )
  const [range] = await tx.query<{ first: Instant | null; last: Instant | null; meters: number[] }>(
    `select min(starts_at) as first, max(ends_at) as last,
       coalesce(array_agg(distinct meter_id), '{}') as meters from validating_task`,
  )
  if (range === undefined || range.first === null || range.last === null) return
  const { first, last, meters } = range
  await tx.query(
    `insert into validating_point
       (task, register, measured_at, value, scale, data_class, quality, is_inside)
     select t.no, r.register, r.measured_at, r.value, r.scale, r.data_class, r.quality,
       r.measured_at > t.from_at or r.measured_at = t.installed_at
     from validating_task t join register_reading r on r.meter_id = t.meter_id
       and r.measured_at >= t.from_at and r.measured_at <= t.to_at
     -- Named once more, so that nobody else's readings of these days are unfolded.
     where r.measured_at between $1::timestamptz and $2::timestamptz
       and r.meter_id = any($3::int[])`,
    [timestamptz(first), timestamptz(last), meters],
  )
  await addAround(tx, first, last, reachDays)
  await addBrought(tx, proposed, reachDays)
  await markMain(tx)
}

/** The last two readings before each day and the first two after it, of whatever kind. */
async function addAround(tx: Db, first: Instant, last: Instant, reachDays: number): Promise<void> {
  // The fence keeps each moment a look-up: joined, all readings of months would be read.
  await tx.query(
    `insert into validating_point
       (task, register, measured_at, value, scale, data_class, quality, is_inside)
     select t.no, r.register, r.measured_at, r.value, r.scale, r.data_class, r.quality, false
     from validating_task t
     cross join lateral (
       select distinct u.measured_at from (${tables.flatMap(probesOf).join(' union all ')}) u) p
     cross join lateral (
       select * from register_reading r
       where r.meter_id = t.meter_id and r.measured_at = p.measured_at
         and r.measured_at between $1::timestamptz and $4::timestamptz offset 0) r`,
    [
      timestamptz(instant(first - hours(24 * reachDays))),
      timestamptz(first),
      timestamptz(last),
      timestamptz(instant(last + hours(24 * AFTER_DAYS))),
    ],
  )
}

const tables = ['reading_curve', 'reading_daily', 'reading_item'] as const

/** The last two readings before a task's day and the first two after it. */
function probesOf(table: (typeof tables)[number]): readonly string[] {
  const probe = (where: string, order: 'asc' | 'desc') =>
    `(select r.measured_at from ${table} r where r.meter_id = t.meter_id and ${where}
      order by r.measured_at ${order} limit 2)`
  return [
    probe(
      `r.measured_at < t.from_at and r.measured_at >= t.installed_at
        and r.measured_at between $1::timestamptz and $3::timestamptz`,
      'desc',
    ),
    probe(
      `r.measured_at > t.to_at and t.to_at = t.ends_at
        and r.measured_at between $2::timestamptz and $4::timestamptz`,
      'asc',
    ),
  ]
}

/** What people wrote or brought counts like what a meter said; what was estimated does not. */
async function addBrought(tx: Db, proposed: readonly bigint[], reachDays: number): Promise<void> {
  await tx.query(
    `insert into validating_point
       (task, register, measured_at, value, scale, data_class, quality, is_inside)
     select t.no, v.register, v.measured_at,
       trunc(v.digits * 10::numeric ^ (4 - v.scale))::bigint, v.scale, 0, 1,
       v.measured_at > t.from_at and v.measured_at <= t.to_at
     from validating_task t join register_value v on v.meter_id = t.meter_id
       and (v.state = 'in-force' and v.kind <> 'estimated' or v.id = any($1::bigint[]))
       and v.measured_at between t.from_at - make_interval(days => $2::int)
         and t.to_at + interval '${AFTER_DAYS} days'
       and v.measured_at >= t.installed_at
     union all
     select t.no, e.register, e.at, e.micro / 100, e.scale, 0, 1,
       e.at > t.from_at and e.at <= t.to_at
     from validating_task t join installation_ends e on e.installation_id = t.installation_id`,
    [proposed, reachDays],
  )
}

async function markMain(tx: Db): Promise<void> {
  await tx.query('create index on validating_point (task, register, measured_at)')
  await tx.query('analyze validating_point')
  await tx.query(
    `update validating_point p set is_main = false from (
       select p.ctid as place, row_number() over (
           partition by p.task, p.register, p.measured_at order by p.data_class desc) as nth,
         exists (select from register_verdict v where v.meter_id = t.meter_id
           and v.register = p.register and v.measured_at = p.measured_at
           and v.verdict = 'rejected' and p.data_class > 0
           and (v.rule is null or not p.is_inside and p.measured_at <= t.from_at)) as is_rejected
       from validating_point p join validating_task t on t.no = p.task) n
     where p.ctid = n.place and (n.nth > 1 or n.is_rejected)`,
  )
}
