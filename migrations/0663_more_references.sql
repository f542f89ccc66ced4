-- The last of the keys that a first archive asks for row by row (0660).
do $$
declare
  child text; field text; parent text;
begin
  for child, field, parent in values
    ('meter', 'channel_id', 'channel'), ('account', 'customer_id', 'customer'),
    ('contract', 'account_id', 'account')
  loop
    execute format('alter table %I drop constraint %I', child, child || '_' || field || '_fkey');
    execute format('create trigger references_inserted after insert on %I
      referencing new table as written for each statement execute function refuse_orphans(%L, %L)',
      child, field, parent);
    execute format('create trigger references_updated after update on %I
      referencing new table as written for each statement execute function refuse_orphans(%L, %L)',
      child, field, parent);
    execute format('create trigger %I after delete on %I
      referencing old table as gone for each statement execute function refuse_orphaning(%L, %L)',
      'referred_by_' || child, parent, child, field);
  end loop;
end $$;
