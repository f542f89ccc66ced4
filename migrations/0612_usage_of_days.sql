-- Days and months of usage points, many at a time.

drop table energy_day;
drop table energy_month;
drop table energy_month_dirty;

-- Which registers of these usage points have anything in a time.
create function register_presence(points int[], registers text[], from_at timestamptz,
  to_at timestamptz)
returns table (usage_point_id int, register text)
language plpgsql stable rows 10000 set jit = off as $$
#variable_conflict use_column
declare
  meters int[];
begin
  select array_agg(distinct i.meter_id) into meters from installation i
  where i.usage_point_id = any(points) and i.valid_from < register_presence.to_at
    and (i.valid_to is null or i.valid_to > register_presence.from_at);
  -- Planned for these moments and so many meters.
  return query execute format($q$
    with curve as (
      select t.meter_id, bool_or(energy_import is not null) as r1,
        bool_or(energy_import_1 is not null) as r2, bool_or(energy_import_2 is not null) as r3,
        bool_or(energy_import_3 is not null) as r4, bool_or(energy_import_4 is not null) as r5,
        bool_or(energy_export is not null) as r6, bool_or(reactive_1 is not null) as r7,
        bool_or(reactive_2 is not null) as r8
      from reading_curve t
      where t.meter_id = any($1) and t.measured_at between %1$L::timestamptz and %2$L::timestamptz
      group by t.meter_id),
    daily as (
      select t.meter_id, bool_or(energy_import is not null) as r1,
        bool_or(energy_import_1 is not null) as r2, bool_or(energy_import_2 is not null) as r3,
        bool_or(energy_import_3 is not null) as r4, bool_or(energy_import_4 is not null) as r5,
        bool_or(energy_export is not null) as r6, bool_or(reactive_1 is not null) as r7,
        bool_or(reactive_2 is not null) as r8
      from reading_daily t
      where t.meter_id = any($1) and t.measured_at between %1$L::timestamptz and %2$L::timestamptz
      group by t.meter_id),
    present as (
      select w.meter_id, c.register
      from (select * from curve union all select * from daily) w
      cross join lateral (values ('1.8.0', r1), ('1.8.1', r2), ('1.8.2', r3), ('1.8.3', r4),
        ('1.8.4', r5), ('2.8.0', r6), ('3.8.0', r7), ('4.8.0', r8)) as c (register, is_there)
      where c.is_there
      union
      select t.meter_id, t.item from reading_item t
      where t.meter_id = any($1) and t.item = any($2) and t.digits is not null
        and t.measured_at between %1$L::timestamptz and %2$L::timestamptz
      union
      select t.meter_id, t.register from register_value t
      where t.meter_id = any($1) and t.state = 'in-force'
        and t.measured_at between %1$L::timestamptz and %2$L::timestamptz)
    select distinct i.usage_point_id, p.register
    from present p join installation i on i.meter_id = p.meter_id
    where p.register = any($2) and i.usage_point_id = any($3)
      and i.valid_from < %2$L::timestamptz
      and (i.valid_to is null or i.valid_to > %1$L::timestamptz)$q$, from_at, to_at)
    using meters, registers, points;
end $$;

-- Energy between two moments for the usual case: the same installation over the whole time, the
-- register known at both moments and not falling around them, and no more than can have flown.
-- Whatever is not so is absent here and worked out one by one.
create function usage_exact(points int[], register text, starts timestamptz, stops timestamptz)
returns table (usage_point_id int, energy bigint, from_quality smallint, to_quality smallint)
language plpgsql stable rows 10000 set jit = off as $$
#variable_conflict use_column
declare
  near constant interval := interval '1 hour';
  ms constant numeric := (extract(epoch from usage_exact.stops - usage_exact.starts) * 1000)::bigint;
  meters int[];
begin
  select array_agg(distinct i.meter_id) into meters from installation i
  where i.usage_point_id = any(usage_exact.points)
    and i.valid_from < usage_exact.stops
    and (i.valid_to is null or i.valid_to > usage_exact.starts);
  return query
  with known as (
    select p.meter_id, p.measured_at, p.micro, p.quality,
      lag(p.micro) over (partition by p.meter_id order by p.measured_at) as before
    from (
      select * from register_points(meters, usage_exact.register, usage_exact.starts - near,
        usage_exact.starts + near)
      union all
      select * from register_points(meters, usage_exact.register, usage_exact.stops - near,
        usage_exact.stops + near)) p),
  ends as (
    select k.meter_id,
      max(k.micro) filter (where k.measured_at = usage_exact.starts) as from_micro,
      max(k.quality) filter (where k.measured_at = usage_exact.starts) as from_quality,
      max(k.micro) filter (where k.measured_at = usage_exact.stops) as to_micro,
      max(k.quality) filter (where k.measured_at = usage_exact.stops) as to_quality
    from known k
    group by k.meter_id
    having bool_and(k.before is null or k.before <= k.micro))
  select i.usage_point_id,
    primary_energy(e.to_micro, i.numerator, i.denominator)
      - primary_energy(e.from_micro, i.numerator, i.denominator),
    e.from_quality, e.to_quality
  from ends e
  -- One by one through the index, however few the planner expects: never all against all.
  cross join lateral (
    select m.* from metered_installation m
    where m.meter_id = e.meter_id and m.usage_point_id = any(usage_exact.points)
      and m.valid_from <= usage_exact.starts - near and m.valid_to >= usage_exact.stops + near
    offset 0) i
  where e.from_quality in (1, 3) and e.to_quality in (1, 3)
    and energy_is_possible(e.to_micro - e.from_micro, usage_exact.stops - usage_exact.starts,
      i.per_hour)
    and (i.width is null or i.width > i.per_hour * ms / 3600000);
end $$;
