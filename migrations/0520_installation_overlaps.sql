-- One meter hangs at one place at a time, and one place has one meter at a time. Exclusion
-- constraints said so row by row: with 100,000 rows of an archive they took most of an import. The
-- same is now looked up once for each statement; both kinds of open ones are unique by an index.
alter table installation
  drop constraint installation_one_place_at_a_time,
  drop constraint installation_one_meter_at_a_time;
drop index installation_meter;
drop index installation_usage_point;
create unique index installation_meter on installation (meter_id, valid_from);
create unique index installation_usage_point on installation (usage_point_id, valid_from);
create unique index installation_meter_now on installation (meter_id) where valid_to is null;
create unique index installation_usage_point_now on installation (usage_point_id)
  where valid_to is null;

create function refuse_installation_overlaps() returns trigger language plpgsql as $$
declare
  rule text;
begin
  -- One writer at a time, until it has ended: two that do not see each other could overlap.
  perform pg_advisory_xact_lock(hashtext('installation'));
  -- Planned anew each time: a statement may write one row or all there are.
  execute $q$
    select 'installation_one_place_at_a_time'
    from written w join installation i on i.meter_id = w.meter_id and i.id <> w.id
      and tstzrange(i.valid_from, i.valid_to) && tstzrange(w.valid_from, w.valid_to)
    limit 1 $q$ into rule;
  if rule is null then
    execute $q$
      select 'installation_one_meter_at_a_time'
      from written w join installation i on i.usage_point_id = w.usage_point_id and i.id <> w.id
        and tstzrange(i.valid_from, i.valid_to) && tstzrange(w.valid_from, w.valid_to)
      limit 1 $q$ into rule;
  end if;
  if rule is not null then
    raise exception 'overlapping installations violate "%"', rule
      using errcode = 'exclusion_violation', table = 'installation', constraint = rule;
  end if;
  return null;
end $$;
create trigger installation_inserted after insert on installation
  referencing new table as written for each statement
  execute function refuse_installation_overlaps();
create trigger installation_updated after update on installation
  referencing new table as written for each statement
  execute function refuse_installation_overlaps();
