-- What besides the energy of days and the places of the grid a loss rests on, as it changes. Rows
-- are only added, and taken away by whoever put what they mean on the list: a change that is not
-- committed yet is never passed over. Owner: src/lineloss.

-- Energy of months that was written.
create table loss_month_energy (
  usage_point_id int not null,
  business_month date not null
);

create function loss_month_energy_changed() returns trigger language plpgsql as $$
begin
  insert into loss_month_energy (usage_point_id, business_month)
    select distinct usage_point_id, business_month from changed;
  return null;
end $$;
create trigger loss_month_came after insert on usage_month
  referencing new table as changed for each statement execute function loss_month_energy_changed();
create trigger loss_month_changed after update on usage_month
  referencing new table as changed for each statement execute function loss_month_energy_changed();
create trigger loss_month_gone after delete on usage_month
  referencing old table as changed for each statement execute function loss_month_energy_changed();

-- A usage point wherever it counts, or a node, from a moment to another, or for ever.
create table loss_touched (
  usage_point_id int,
  node_id int,
  from_at timestamptz not null,
  to_at timestamptz,
  check ((usage_point_id is null) <> (node_id is null))
);

create function loss_archive_changed() returns trigger language plpgsql as $$
declare
  rows constant text := case tg_op when 'INSERT' then 'select * from new_rows'
    when 'DELETE' then 'select * from old_rows'
    else 'select * from new_rows except select * from old_rows union all
      (select * from old_rows except select * from new_rows)' end;
begin
  case tg_table_name
  -- A swap is of the day on which one meter went and another came.
  when 'installation' then
    execute format('insert into loss_touched (usage_point_id, from_at, to_at)
      select distinct r.usage_point_id, x.at, x.at from (%s) r,
        lateral (values (r.valid_from), (r.valid_to)) x (at) where x.at is not null', rows);
  when 'installation_register' then
    execute format('insert into loss_touched (usage_point_id, from_at, to_at)
      select distinct i.usage_point_id, x.at, x.at from (%s) r
      join installation i on i.id = r.installation_id,
        lateral (values (i.valid_from), (i.valid_to)) x (at) where x.at is not null', rows);
  when 'power_transformer' then
    execute format('insert into loss_touched (usage_point_id, node_id, from_at)
      select r.usage_point_id, r.node_id, min(r.valid_from) from (%s) r group by 1, 2', rows);
  -- What measures one node may be what another one passes on.
  when 'usage_point_place' then
    execute format('insert into loss_touched (usage_point_id, from_at)
      select r.usage_point_id, min(r.valid_from) from (%s) r group by 1', rows);
  else
    insert into loss_touched (node_id, from_at)
      select n.id, '-infinity' from new_rows n join old_rows o on o.id = n.id
      where n.nominal_voltage is distinct from o.nominal_voltage;
  end case;
  return null;
end $$;

do $$
declare
  one text;
begin
  foreach one in array array['installation', 'installation_register', 'power_transformer',
    'usage_point_place']
  loop
    execute format('create trigger loss_came after insert on %I referencing new table as new_rows
      for each statement execute function loss_archive_changed()', one);
    execute format('create trigger loss_changed after update on %I
      referencing old table as old_rows new table as new_rows
      for each statement execute function loss_archive_changed()', one);
    execute format('create trigger loss_gone after delete on %I referencing old table as old_rows
      for each statement execute function loss_archive_changed()', one);
  end loop;
end $$;
create trigger loss_changed after update on grid_node
  referencing old table as old_rows new table as new_rows
  for each statement execute function loss_archive_changed();

-- Who left a place on a day.
create index usage_point_place_left on usage_point_place (valid_to) where valid_to is not null;
