-- A first archive writes a change for each of its rows: every index and every reference of the
-- table counts. Changes are looked for by usage point, by import and by time, in whose order they
-- come. An import is written in the transaction of its changes, and none is ever deleted.
drop index archive_change_subject;
alter table archive_change drop constraint archive_change_import_id_fkey;
create index archive_change_time on archive_change using brin (changed_at);
