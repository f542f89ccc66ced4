-- How far the local outbox of each process has been taken into this database. Moved in the
-- transaction that stores the records, so that none is ever applied twice. Owner: src/outbox.
create table outbox_position (
  outbox uuid primary key,
  -- Record numbers; fresh ones go ahead of a backlog, so there may be holes.
  taken int8multirange not null default '{}',
  moved_at timestamptz not null default now()
);

-- Records that the database refuses for good, as they lay in the outbox: for people to look at and
-- to try again.
create table outbox_refused (
  id bigint generated always as identity primary key,
  outbox uuid not null,
  number bigint not null,
  record bytea not null,
  refused_at timestamptz not null,
  reason text not null,
  replayed_at timestamptz,
  unique (outbox, number)
);
create index outbox_refused_waiting on outbox_refused (id) where replayed_at is null;
