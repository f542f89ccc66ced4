-- Of those that last one at a time follows from what refuse_overlaps and its like refuse: the other
-- index of each table finds them as well.
drop index installation_meter_now;
drop index installation_usage_point_now;
drop index account_usage_point_now;
drop index contract_now;

-- A usage point that is entered, placed, given to an account and metered in one transaction is noted
-- once. Only what this transaction noted itself counts: nobody else can have looked at that yet.
create or replace function statistics_point_changed() returns trigger language plpgsql as $$
declare
  note constant text := $q$
    insert into statistics_archive_change (usage_point_id)
    select distinct r.usage_point_id from %s r
    where not exists (select from statistics_archive_change s
      where s.usage_point_id = r.usage_point_id and s.xmin = pg_current_xact_id()::xid) $q$;
begin
  if tg_op <> 'DELETE' then
    execute format(note, 'new_rows');
  end if;
  if tg_op <> 'INSERT' then
    execute format(note, 'old_rows');
  end if;
  return null;
end $$;
