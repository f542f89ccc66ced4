-- Own groups of usage points, for statistics, forecasts and reports; a group of meters that tasks
-- are for is another thing (meter_group).
--
-- usage_group_point(group_id, at) gives the usage points of a group at a moment:
--   select usage_point_id from usage_group_point(7, '2026-11-01T00:00+08:00')

create table usage_group (
  id int generated always as identity primary key,
  name text not null unique check (name <> ''),
  note text not null default '',
  created_by text not null check (created_by <> ''),
  created_at timestamptz not null,
  -- It stays for what was reported of it, and is offered no more.
  retired_at timestamptz
);

-- By attribute, for a time: whoever has all attributes that the filter names. region, substation,
-- bus, feeder, area, role, phase, trade, tariff and class are lists of words of which one is had;
-- capacity_min (inclusive) and capacity_max (exclusive) are kVA of the contract, as text.
create table usage_group_rule (
  id int generated always as identity primary key,
  group_id int not null references usage_group on delete cascade,
  filter jsonb not null check (jsonb_typeof(filter) = 'object' and filter <> '{}'),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  constraint usage_group_rule_one_at_a_time exclude using gist (
    int4range(group_id, group_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);

-- By hand, for a time.
create table usage_group_member (
  id int generated always as identity primary key,
  group_id int not null references usage_group on delete cascade,
  usage_point_id int not null references usage_point,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from)
);
create unique index usage_group_member_point
  on usage_group_member (group_id, usage_point_id, valid_from);
create unique index usage_group_member_now on usage_group_member (group_id, usage_point_id)
  where valid_to is null;
create index usage_group_member_of on usage_group_member (usage_point_id);
create trigger usage_group_member_inserted after insert on usage_group_member
  referencing new table as written for each statement
  execute function refuse_overlaps('group_id', 'usage_point_id', 'usage_group_member_once');
create trigger usage_group_member_updated after update on usage_group_member
  referencing new table as written for each statement
  execute function refuse_overlaps('group_id', 'usage_point_id', 'usage_group_member_once');

-- Usage points that a filter finds at a moment, by the archive as it then was.
create function usage_points_like(filter jsonb, at timestamptz)
returns table (usage_point_id int) language plpgsql stable rows 10000 as $$
declare
  kind text; word text; condition text;
  places text[] := '{}'; holders text[] := '{}'; points text[] := '{}';
  held constant text := '%1$s.valid_from <= $2 and (%1$s.valid_to is null or %1$s.valid_to > $2)';
begin
  foreach kind in array array['region', 'substation', 'bus', 'feeder', 'area'] loop
    if filter ? kind then
      places := places || format('w.node_id = any(array(
        with recursive below (id) as (
          select n.id from grid_node n where n.kind = %1$L
            and n.code in (select jsonb_array_elements_text($1 -> %1$L))
          union
          select l.node_id from below b join grid_link l on l.parent_id = b.id and %2$s)
        select id from below))', kind, format(held, 'l'));
    end if;
  end loop;
  foreach word in array array['role', 'phase'] loop
    if filter ? word then
      places := places || format('w.%1$I in (select jsonb_array_elements_text($1 -> %1$L))', word);
    end if;
  end loop;
  foreach word in array array['trade', 'tariff'] loop
    if filter ? word then
      holders := holders || format('c.%1$I in (select jsonb_array_elements_text($1 -> %1$L))', word);
    end if;
  end loop;
  if filter ? 'capacity_min' then
    holders := holders || 'c.capacity_kva >= ($1 ->> ''capacity_min'')::numeric'::text;
  end if;
  if filter ? 'capacity_max' then
    holders := holders || 'c.capacity_kva < ($1 ->> ''capacity_max'')::numeric'::text;
  end if;
  if places <> '{}' then
    points := points || format('p.id in (select w.usage_point_id from usage_point_place w
      where %s and %s)', format(held, 'w'), array_to_string(places, ' and '));
  end if;
  if holders <> '{}' then
    points := points || format('p.id in (select h.usage_point_id from account_usage_point h
      join contract c on c.account_id = h.account_id and %s where %s and %s)',
      format(held, 'c'), format(held, 'h'), array_to_string(holders, ' and '));
  end if;
  if filter ? 'class' then
    points := points || format('p.id in (select h.usage_point_id from account_usage_point h
      join account a on a.id = h.account_id join customer c on c.id = a.customer_id
      where %s and c.class in (select jsonb_array_elements_text($1 -> ''class'')))',
      format(held, 'h'));
  end if;
  -- A filter that names nothing known finds nothing, never everything.
  condition := case when points = '{}' then 'false' else array_to_string(points, ' and ') end;
  return query execute 'select p.id from usage_point p where ' || condition using filter, at;
end $$;

-- The usage points of a group at a moment, by attribute and by hand, each once.
create function usage_group_point(of_group int, at timestamptz)
returns table (usage_point_id int) language sql stable rows 10000 as $$
  select m.usage_point_id from usage_group_member m
  where m.group_id = of_group and m.valid_from <= at and (m.valid_to is null or m.valid_to > at)
  union
  select l.usage_point_id from usage_group_rule r, usage_points_like(r.filter, at) l
  where r.group_id = of_group and r.valid_from <= at and (r.valid_to is null or r.valid_to > at)
$$;
