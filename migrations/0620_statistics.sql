-- Statistics of energy (电量统计). A cell is what usage points have in common that statistics ask
-- for; a point lies in one cell on each civil day. Energy is kept by cell and day, so that a year of
-- a province is a sum over cells, not over meters, and a day that changed costs the points of the
-- cells it touches. What a cell's node hangs on is looked up on each day, and is not kept here.
-- Owner: src/statistics.

-- '' and null are: none. `supply` are gateways (关口): what a node was given, in no use of energy.
create table statistics_cell (
  id int generated always as identity primary key,
  node_id int references grid_node,
  role text not null check (role in ('supply', 'receive', 'auxiliary', 'generation')),
  tariff text not null,
  trade text not null,
  customer_class text not null
);
create unique index statistics_cell_key on statistics_cell
  (coalesce(node_id, 0), role, tariff, trade, customer_class);

-- Civil days, `valid_to` exclusive. On the day of a change what held at its end counts.
create table statistics_segment (
  usage_point_id int not null,
  cell_id int not null references statistics_cell,
  valid_from date not null,
  valid_to date not null check (valid_to > valid_from),
  -- Whether a meter hung there, so that energy is expected.
  is_metered boolean not null,
  primary key (usage_point_id, valid_from)
);
create index statistics_segment_cell on statistics_segment (cell_id, valid_from, valid_to);

-- Sums over the usage points of a cell, in 10^-6 kWh or kvarh as usage_day.
create table statistics_energy (
  energy bigint not null,
  estimated bigint not null,
  business_date date not null,
  cell_id int not null,
  -- Usage points with energy, and of them those that rest on an estimate, or are not whole.
  points int not null check (points > 0),
  estimated_points int not null,
  incomplete_points int not null,
  register text collate "C" not null,
  primary key (register, business_date, cell_id)
);
select create_hypertable('statistics_energy', by_range('business_date', interval '365 days'),
  create_default_indexes => false);
create index statistics_energy_cell on statistics_energy (cell_id, business_date);

-- Usage points whose place in the archive changed and was not looked at yet. Rows are only added,
-- and taken away by whoever looked: a change that is not committed yet is never passed over.
create table statistics_archive_change (
  seq bigint generated always as identity primary key,
  usage_point_id int not null
);
insert into statistics_archive_change (usage_point_id) select id from usage_point;

create function statistics_point_changed() returns trigger language plpgsql as $$
begin
  if tg_op <> 'DELETE' then
    insert into statistics_archive_change (usage_point_id)
      select distinct usage_point_id from new_rows;
  end if;
  if tg_op <> 'INSERT' then
    insert into statistics_archive_change (usage_point_id)
      select distinct usage_point_id from old_rows;
  end if;
  return null;
end $$;

create function statistics_contract_changed() returns trigger language plpgsql as $$
begin
  if tg_op <> 'DELETE' then
    insert into statistics_archive_change (usage_point_id)
      select distinct a.usage_point_id from new_rows n
      join account_usage_point a on a.account_id = n.account_id;
  end if;
  if tg_op <> 'INSERT' then
    insert into statistics_archive_change (usage_point_id)
      select distinct a.usage_point_id from old_rows o
      join account_usage_point a on a.account_id = o.account_id;
  end if;
  return null;
end $$;

create function statistics_account_changed() returns trigger language plpgsql as $$
begin
  insert into statistics_archive_change (usage_point_id)
    select a.usage_point_id from old_rows o join new_rows n on n.id = o.id
    join account_usage_point a on a.account_id = n.id
    where n.customer_id <> o.customer_id;
  return null;
end $$;

create function statistics_customer_changed() returns trigger language plpgsql as $$
begin
  insert into statistics_archive_change (usage_point_id)
    select a.usage_point_id from old_rows o join new_rows n on n.id = o.id
    join account c on c.customer_id = n.id join account_usage_point a on a.account_id = c.id
    where n.class <> o.class;
  return null;
end $$;

create function statistics_point_made() returns trigger language plpgsql as $$
begin
  insert into statistics_archive_change (usage_point_id) select id from new_rows;
  return null;
end $$;

create trigger statistics_made after insert on usage_point
  referencing new table as new_rows
  for each statement execute function statistics_point_made();
create trigger statistics_customer after update on customer
  referencing old table as old_rows new table as new_rows
  for each statement execute function statistics_customer_changed();
create trigger statistics_account after update on account
  referencing old table as old_rows new table as new_rows
  for each statement execute function statistics_account_changed();

do $$
declare
  one text; changed text;
begin
  foreach one in array array['usage_point_place', 'account_usage_point', 'installation', 'contract']
  loop
    changed := case one when 'contract' then 'contract' else 'point' end;
    execute format('create trigger statistics_inserted after insert on %I
      referencing new table as new_rows
      for each statement execute function statistics_%s_changed()', one, changed);
    execute format('create trigger statistics_updated after update on %I
      referencing old table as old_rows new table as new_rows
      for each statement execute function statistics_%s_changed()', one, changed);
    execute format('create trigger statistics_deleted after delete on %I
      referencing old table as old_rows
      for each statement execute function statistics_%s_changed()', one, changed);
  end loop;
end $$;

-- What each node hung on, itself included, by civil days of a zone. `is_nearest` is false of a
-- region above a region.
create function statistics_above(zone text)
returns table (node_id int, ancestor_id int, kind text, is_nearest boolean,
  valid_from date, valid_to date)
language sql stable rows 20000 as $$
  with recursive link as (
    select l.node_id, l.parent_id, (l.valid_from at time zone zone)::date as starts,
      least(
        case when l.valid_to is null then 'infinity'::date
          else ((l.valid_to at time zone zone) - interval '1 microsecond')::date + 1 end,
        lead((l.valid_from at time zone zone)::date, 1, 'infinity'::date)
          over (partition by l.node_id order by l.valid_from)) as ends
    from grid_link l),
  above (node_id, ancestor_id, kind, is_nearest, starts, ends, height) as (
    select n.id, n.id, n.kind, true, '-infinity'::date, 'infinity'::date, 0 from grid_node n
    union all
    select a.node_id, l.parent_id, p.kind, p.kind <> 'region' or a.kind <> 'region',
      greatest(a.starts, l.starts), least(a.ends, l.ends), a.height + 1
    from above a join link l on l.node_id = a.ancestor_id join grid_node p on p.id = l.parent_id
    where greatest(a.starts, l.starts) < least(a.ends, l.ends) and a.height < 32)
  select a.node_id, a.ancestor_id, a.kind, a.is_nearest, a.starts, a.ends from above a
$$;
