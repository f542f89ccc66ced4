-- The contract of an account whose usage points are entered in the same transaction is noted with
-- them, as what else a transaction says of a usage point is (0660).
create or replace function statistics_contract_changed() returns trigger language plpgsql as $$
declare
  note constant text := $q$
    insert into statistics_archive_change (usage_point_id)
    select distinct a.usage_point_id from %s r
    join account_usage_point a on a.account_id = r.account_id
    where not exists (select from statistics_archive_change s
      where s.usage_point_id = a.usage_point_id and s.xmin = pg_current_xact_id()::xid) $q$;
begin
  if tg_op <> 'DELETE' then
    execute format(note, 'new_rows');
  end if;
  if tg_op <> 'INSERT' then
    execute format(note, 'old_rows');
  end if;
  return null;
end $$;
