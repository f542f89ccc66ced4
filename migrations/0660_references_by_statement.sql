-- A foreign key asks for each row by itself whether what it names is there. Of an import of 100,000
-- meters that was the half, so what is written by the hundred thousand asks once for each statement:
-- the same is refused with the same error, and what is named is locked as a key would lock it, so
-- that it cannot go while the other transaction is not over.
create function refuse_orphans() returns trigger language plpgsql as $$
declare
  field text; parent text; is_whole boolean; i int := 0;
begin
  while i < tg_nargs loop
    field := tg_argv[i]; parent := tg_argv[i + 1]; i := i + 2;
    -- Planned anew each time: a statement may write one row or all there are.
    execute format($q$
      with named as materialized (
        select distinct w.%1$I as id from written w where w.%1$I is not null),
      there as (select p.id from %2$I p join named n on n.id = p.id for key share of p)
      select (select count(*) from named) = (select count(*) from there) $q$, field, parent)
      into is_whole;
    if not is_whole then
      raise exception '% of % names what is not in %', field, tg_table_name, parent
        using errcode = 'foreign_key_violation', table = tg_table_name,
          constraint = format('%s_%s_fkey', tg_table_name, field);
    end if;
  end loop;
  return null;
end $$;

-- Its arguments: a table and the column of it that names what went, and so on.
create function refuse_orphaning() returns trigger language plpgsql as $$
declare
  child text; field text; is_named boolean; i int := 0;
begin
  while i < tg_nargs loop
    child := tg_argv[i]; field := tg_argv[i + 1]; i := i + 2;
    execute format('select exists (select from %I c join gone g on g.id = c.%I)', child, field)
      into is_named;
    if is_named then
      raise exception '% is named by % still', tg_table_name, child
        using errcode = 'foreign_key_violation', table = tg_table_name,
          constraint = format('%s_%s_fkey', child, field);
    end if;
  end loop;
  return null;
end $$;

do $$
declare
  child text; field text; parent text; made text; children text;
begin
  for child, field, parent in values
    ('installation', 'meter_id', 'meter'), ('installation', 'usage_point_id', 'usage_point'),
    ('usage_point_place', 'usage_point_id', 'usage_point'),
    ('usage_point_place', 'node_id', 'grid_node'),
    ('account_usage_point', 'usage_point_id', 'usage_point'),
    ('account_usage_point', 'account_id', 'account'),
    ('usage_point', 'account_id', 'account'), ('usage_point', 'transformer_id', 'transformer')
  loop
    execute format('alter table %I drop constraint %I', child, child || '_' || field || '_fkey');
  end loop;
  for child, made in values
    ('installation', $q$'meter_id', 'meter', 'usage_point_id', 'usage_point'$q$),
    ('usage_point_place', $q$'usage_point_id', 'usage_point', 'node_id', 'grid_node'$q$),
    ('account_usage_point', $q$'usage_point_id', 'usage_point', 'account_id', 'account'$q$),
    ('usage_point', $q$'account_id', 'account', 'transformer_id', 'transformer'$q$)
  loop
    execute format('create trigger references_inserted after insert on %I
      referencing new table as written for each statement execute function refuse_orphans(%s)',
      child, made);
    execute format('create trigger references_updated after update on %I
      referencing new table as written for each statement execute function refuse_orphans(%s)',
      child, made);
  end loop;
  for parent, children in values
    ('meter', $q$'installation', 'meter_id'$q$),
    ('usage_point', $q$'installation', 'usage_point_id', 'usage_point_place', 'usage_point_id',
      'account_usage_point', 'usage_point_id'$q$),
    ('grid_node', $q$'usage_point_place', 'node_id'$q$),
    ('account', $q$'account_usage_point', 'account_id', 'usage_point', 'account_id'$q$),
    ('transformer', $q$'usage_point', 'transformer_id'$q$)
  loop
    execute format('create trigger referred_deleted after delete on %I
      referencing old table as gone for each statement execute function refuse_orphaning(%s)',
      parent, children);
  end loop;
end $$;

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
