-- The register as it counts: what a meter said unless it was rejected, and where there is nothing,
-- the value in force. All in 10^-6 of kWh (or kvarh) as the meter counts, before any ratio; what
-- is finer is cut, always to the same value.

-- Of two qualities the worse one: 1 measured, 2 interpolated, 3 suspect, 5 estimated, 6 edited and
-- then 4 incomplete, because there a part of the energy is missing.
create function worse_quality(a smallint, b smallint) returns smallint
language sql immutable parallel safe as $$
  select case when a = 4 or b = 4 then 4::smallint else greatest(a, b) end
$$;

-- What the register of every meter (or of some) showed at each moment there is anything from.
-- Of several values of one moment a freeze goes before a present value. `scale`: decimals as sent.
create function register_points(meters int[], of_register text, from_at timestamptz,
  to_at timestamptz)
returns table (meter_id int, measured_at timestamptz, micro bigint, scale smallint,
  quality smallint)
language plpgsql stable rows 100000 set jit = off as $$
declare
  -- Columns of reading_curve and reading_daily with their place in `decimals`.
  curve_columns constant text[] := array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0',
    '3.8.0', '4.8.0'];
  curve_names constant text[] := array['energy_import', 'energy_import_1', 'energy_import_2',
    'energy_import_3', 'energy_import_4', 'energy_export', 'reactive_1', 'reactive_2'];
  daily_columns constant text[] := array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0',
    '2.8.1', '2.8.2', '2.8.3', '2.8.4', '3.8.0', '4.8.0', '5.8.0', '6.8.0', '7.8.0', '8.8.0',
    '15.8.0'];
  daily_names constant text[] := array['energy_import', 'energy_import_1', 'energy_import_2',
    'energy_import_3', 'energy_import_4', 'energy_export', 'energy_export_1', 'energy_export_2',
    'energy_export_3', 'energy_export_4', 'reactive_1', 'reactive_2', 'reactive_q1',
    'reactive_q2', 'reactive_q3', 'reactive_q4', 'energy_combined'];
  place int;
  -- Written out, so that the planner leaves chunks out and sees what is asked.
  within text := format('t.measured_at between %L::timestamptz and %L::timestamptz', from_at,
    to_at) || case when meters is null then '' else ' and t.meter_id = any($1)' end;
  said text := format(
    'select t.meter_id, t.measured_at,
       case when t.scale <= 6 then t.digits * (10 ^ (6 - t.scale))::bigint
         else floor(t.digits / 10::numeric ^ (t.scale - 6))::bigint end as micro,
       t.scale, t.quality, (t.data_class * 10 + t.quality)::smallint as precedence
     from reading_item t
     where t.item = %L and t.digits is not null and %s', of_register, within);
  counts text;
begin
  place := array_position(curve_columns, of_register);
  if place is not null then
    said := said || format(
      ' union all select t.meter_id, t.measured_at, t.%I * 100,
         (t.decimals >> %s & 7)::smallint, t.quality, (t.data_class * 10 + t.quality)::smallint
       from reading_curve t where t.%1$I is not null and %3$s',
      curve_names[place], (place - 1) * 3, within);
  end if;
  place := array_position(daily_columns, of_register);
  if place is not null then
    said := said || format(
      ' union all select t.meter_id, t.measured_at, t.%I * 100,
         (t.decimals >> %s & 7)::smallint, t.quality, (t.data_class * 10 + t.quality)::smallint
       from reading_daily t where t.%1$I is not null and %3$s',
      daily_names[place], (place - 1) * 3, within);
  end if;
  counts := format(
    'select s.meter_id, s.measured_at, s.micro, s.scale,
       case when v.verdict = ''accepted'' and s.quality < 4 then 1::smallint
         when v.verdict = ''suspect'' and s.quality < 4 then 3::smallint
         when s.quality = 1 then 1::smallint when s.quality = 4 then 5::smallint
         else 3::smallint end as quality, s.precedence
     from (%s) s
     left join (select t.* from register_verdict t where t.register = %L and %s) v
       on v.meter_id = s.meter_id and v.measured_at = s.measured_at
     where v.verdict is distinct from ''rejected''
     union all
     select t.meter_id, t.measured_at,
       case when t.scale <= 6 then t.digits * (10 ^ (6 - t.scale))::bigint
         else floor(t.digits / 10::numeric ^ (t.scale - 6))::bigint end,
       t.scale, case t.kind when ''estimated'' then 5::smallint when ''edited'' then 6::smallint
         else 1::smallint end, 0::smallint
     from register_value t
     where t.register = %2$L and t.state = ''in-force'' and %3$s', said, of_register, within);
  return query execute
    'select distinct on (c.meter_id, c.measured_at)
       c.meter_id, c.measured_at, c.micro, c.scale, c.quality
     from (' || counts || ') c
     order by c.meter_id, c.measured_at, c.precedence desc' using meters;
end $$;

-- What the registers of a meter can do: `width` is where they roll over (10^-6), null where nobody
-- knows; `per_hour` the most that they can count in an hour (10^-6), with a fifth more than the
-- plate says.
create view meter_limits as
select m.id as meter_id,
  (10::numeric ^ (6 + coalesce(m.register_digits,
    -- DL/T 645 and Q/GDW 376.1 carry six digits before the point.
    case when m.protocol in ('dlt645-2007', 'dlt645-1997', 'gdw376') then 6 end)))::bigint as width,
  coalesce(ceil(m.nominal_voltage * m.max_current * 1200 *
    case m.wiring when '1p2w' then 1 when '3p3w' then 1.7321 else 3 end),
    -- Three phases of 230 V and 100 A.
    82800000)::bigint as per_hour
from meter m;

-- Installations as energy needs them. `valid_to` is 'infinity' while they last; `stays_from` and
-- `stays_to` reach over a change of transformers, where the register of the meter goes on.
create view metered_installation as
select i.id, i.usage_point_id, i.meter_id, i.valid_from,
  coalesce(i.valid_to, 'infinity'::timestamptz) as valid_to,
  i.ct_numerator::numeric * i.pt_numerator as numerator,
  i.ct_denominator::numeric * i.pt_denominator as denominator,
  coalesce(before.valid_from, i.valid_from) as stays_from,
  case when after.id is null then coalesce(i.valid_to, 'infinity'::timestamptz)
    else coalesce(after.valid_to, 'infinity'::timestamptz) end as stays_to,
  l.width, l.per_hour
from installation i
join meter_limits l on l.meter_id = i.meter_id
left join installation before on before.meter_id = i.meter_id and before.valid_to = i.valid_from
left join installation after on after.meter_id = i.meter_id and after.valid_from = i.valid_to;

-- What was written down of a register when an installation began and ended (10^-6). A meter whose
-- transformers were changed goes on from what it showed.
create view installation_ends as
select r.register, i.id as installation_id, i.usage_point_id, i.meter_id, i.valid_from as at,
  floor(r.opening_digits * 10::numeric ^ (6 - r.opening_scale))::bigint as micro,
  r.opening_scale as scale
from installation_register r join installation i on i.id = r.installation_id
where r.opening_digits is not null
union all
select r.register, i.id, i.usage_point_id, i.meter_id, i.valid_to,
  floor(r.closing_digits * 10::numeric ^ (6 - r.closing_scale))::bigint, r.closing_scale
from installation_register r join installation i on i.id = r.installation_id
where r.closing_digits is not null and i.valid_to is not null
union all
select r.register, n.id, n.usage_point_id, n.meter_id, n.valid_from,
  floor(r.closing_digits * 10::numeric ^ (6 - r.closing_scale))::bigint, r.closing_scale
from installation_register r
join installation i on i.id = r.installation_id
join installation n on n.meter_id = i.meter_id and n.valid_from = i.valid_to
left join installation_register own on own.installation_id = n.id and own.register = r.register
where r.closing_digits is not null and own.opening_digits is null
union all
select r.register, p.id, p.usage_point_id, p.meter_id, p.valid_to,
  floor(r.opening_digits * 10::numeric ^ (6 - r.opening_scale))::bigint, r.opening_scale
from installation_register r
join installation i on i.id = r.installation_id
join installation p on p.meter_id = i.meter_id and p.valid_to = i.valid_from
left join installation_register own on own.installation_id = p.id and own.register = r.register
where r.opening_digits is not null and own.closing_digits is null;

-- Quality of the register at both ends of the day: what a month that begins or ends with it needs.
alter table usage_day add column from_quality smallint, add column to_quality smallint;

-- Days and months of usage points to be computed (again). Readings list days of meters in
-- energy_dirty, which is emptied into usage_dirty.
create table usage_dirty (
  business_date date not null,
  usage_point_id int not null,
  primary key (business_date, usage_point_id)
);
create table usage_month_dirty (
  business_month date not null,
  usage_point_id int not null,
  primary key (business_month, usage_point_id)
);
-- Stretches of a usage point in which something else was installed than we thought; each becomes
-- the days that have readings or energy.
create table usage_dirty_span (
  id bigint generated always as identity primary key,
  usage_point_id int not null,
  from_at timestamptz not null,
  to_at timestamptz not null
);

-- The business date of a moment depends on the utility's zone, so a day more is looked at: what
-- has not changed is not written.
create function energy_dirty_of_words() returns trigger language plpgsql as $$
begin
  insert into energy_dirty (meter_id, business_date)
  select distinct w.meter_id, d::date
  from words w, generate_series(
    ((w.measured_at - interval '17 hours') at time zone 'UTC')::date,
    ((w.measured_at + interval '17 hours') at time zone 'UTC')::date, interval '1 day') d
  order by 1, 2
  on conflict do nothing;
  return null;
end $$;
create trigger register_verdict_inserted after insert on register_verdict
  referencing new table as words for each statement execute function energy_dirty_of_words();
create trigger register_verdict_updated after update on register_verdict
  referencing new table as words for each statement execute function energy_dirty_of_words();
create trigger register_verdict_deleted after delete on register_verdict
  referencing old table as words for each statement execute function energy_dirty_of_words();
create trigger register_value_inserted after insert on register_value
  referencing new table as words for each statement execute function energy_dirty_of_words();
create trigger register_value_updated after update on register_value
  referencing new table as words for each statement execute function energy_dirty_of_words();
create trigger register_value_deleted after delete on register_value
  referencing old table as words for each statement execute function energy_dirty_of_words();

create function usage_dirty_of_installations() returns trigger language plpgsql as $$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select c.usage_point_id, c.valid_from, coalesce(c.valid_to, 'infinity') from changed c;
  return null;
end $$;
create trigger installation_began after insert on installation
  referencing new table as changed for each statement
  execute function usage_dirty_of_installations();
create trigger installation_went after delete on installation
  referencing old table as changed for each statement
  execute function usage_dirty_of_installations();

-- An installation that ends changes nothing of what was before its end.
create function usage_dirty_of_changed_installations() returns trigger language plpgsql as $$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select s.usage_point_id, s.from_at, s.to_at
  from before b join after a on a.id = b.id
  cross join lateral (values (coalesce(b.valid_to, 'infinity'), coalesce(a.valid_to, 'infinity')))
    as e (b, a)
  cross join lateral (
    select a.usage_point_id, least(e.b, e.a) as from_at, greatest(e.b, e.a) as to_at
    where (a.usage_point_id, a.meter_id, a.valid_from, a.ct_numerator, a.ct_denominator,
        a.pt_numerator, a.pt_denominator)
      = (b.usage_point_id, b.meter_id, b.valid_from, b.ct_numerator, b.ct_denominator,
        b.pt_numerator, b.pt_denominator) and e.b <> e.a
    union all
    select u.usage_point_id, least(a.valid_from, b.valid_from), greatest(e.b, e.a)
    from (values (a.usage_point_id), (b.usage_point_id)) as u (usage_point_id)
    where (a.usage_point_id, a.meter_id, a.valid_from, a.ct_numerator, a.ct_denominator,
        a.pt_numerator, a.pt_denominator)
      <> (b.usage_point_id, b.meter_id, b.valid_from, b.ct_numerator, b.ct_denominator,
        b.pt_numerator, b.pt_denominator)) s;
  return null;
end $$;
create trigger installation_moved after update on installation
  referencing old table as before new table as after for each statement
  execute function usage_dirty_of_changed_installations();

-- What was written down at an end of an installation counts for the periods around it.
create function usage_dirty_of_ends() returns trigger language plpgsql as $$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select distinct i.usage_point_id, t.at, t.at
  from changed c join installation i on i.id = c.installation_id
  cross join lateral (values (i.valid_from), (i.valid_to)) as t (at)
  where t.at is not null;
  return null;
end $$;
create trigger installation_register_inserted after insert on installation_register
  referencing new table as changed for each statement execute function usage_dirty_of_ends();
create trigger installation_register_updated after update on installation_register
  referencing new table as changed for each statement execute function usage_dirty_of_ends();
create trigger installation_register_deleted after delete on installation_register
  referencing old table as changed for each statement execute function usage_dirty_of_ends();

-- The plate decides what is a roll-over.
create function usage_dirty_of_plates() returns trigger language plpgsql as $$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select i.usage_point_id, i.valid_from, coalesce(i.valid_to, 'infinity')
  from before b join after a on a.id = b.id join installation i on i.meter_id = a.id
  where (a.register_digits, a.nominal_voltage, a.max_current, a.wiring)
    is distinct from (b.register_digits, b.nominal_voltage, b.max_current, b.wiring);
  return null;
end $$;
create trigger meter_plate_changed after update on meter
  referencing old table as before new table as after for each statement
  execute function usage_dirty_of_plates();
