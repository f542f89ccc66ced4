-- Moves in the same transaction as every change of the archive, so that a running head-end sees
-- what another process imported. One row. Owner: src/registry.
create table archive_revision (
  only_row boolean primary key default true check (only_row),
  revision bigint not null
);
insert into archive_revision (revision) values (1);
