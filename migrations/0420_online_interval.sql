-- When a concentrator could be reached (在线区间). Owner: src/presence.

create table online_interval (
  concentrator_id int not null references concentrator on delete cascade,
  valid_from timestamptz not null,
  -- Null while it is online. An interval that a dead process left open ends with what was heard
  -- last: what came after nobody knows.
  valid_to timestamptz,
  remote_address text,
  end_reason text check (end_reason in
    ('closed', 'lost', 'silent', 'taken-over', 'stopped', 'restart', 'refused', 'removed')),
  primary key (concentrator_id, valid_from),
  check (valid_to >= valid_from),
  check ((valid_to is null) = (end_reason is null))
);
create unique index online_interval_open on online_interval (concentrator_id)
  where valid_to is null;
create index online_interval_times on online_interval (valid_from);
