-- Monitored points (在线监测点): one quantity of one meter, its limits, its alarms. Owner: src/points.
create table point (
  id int generated always as identity primary key,
  name text not null unique check (name <> '' and length(name) <= 100),
  meter_id int not null references meter,
  item text collate "C" not null,
  -- Exact decimals as text: what is shown is the reading × factor + shift, in `unit`.
  factor text not null default '1',
  shift text not null default '0',
  unit text not null,
  low_low text,
  low text,
  high text,
  high_high text,
  hysteresis text not null default '0',
  deadband text not null default '0',
  delay_seconds int not null default 0 check (delay_seconds between 0 and 86400),
  stale_seconds int not null check (stale_seconds between 1 and 31536000),
  opens_case boolean not null default false,
  changed_at timestamptz not null
);
create index point_of on point (meter_id, item);

-- Another number after every change of what is monitored: whoever holds a list of it looks again.
create table point_revision (
  only_one boolean primary key default true check (only_one),
  revision bigint not null
);
insert into point_revision (revision) values (0);

-- What came for points and was not judged yet; written with the readings themselves, so that none
-- is judged that is not stored, and none stored that is not judged. No time: look at all anew.
create table point_inbox (
  seq bigint generated always as identity primary key,
  point_id int not null references point on delete cascade,
  measured_at timestamptz,
  digits bigint,
  scale smallint,
  check ((measured_at is null) = (digits is null) and (digits is null) = (scale is null))
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
create index point_inbox_point on point_inbox (point_id);

create table point_state (
  point_id int primary key references point on delete cascade,
  level text not null check (level in ('normal', 'low-low', 'low', 'high', 'high-high')),
  level_since timestamptz,
  value text,
  measured_at timestamptz,
  noted text,
  changed_at timestamptz,
  -- When a delay that runs is over.
  due_at timestamptz,
  -- Where the judgement stands, and two earlier stands of it, from which late readings are judged.
  book jsonb not null
) with (fillfactor = 70);
create index point_state_due on point_state (due_at) where due_at is not null;
create index point_state_alarm on point_state (point_id) where level <> 'normal';

-- Each stretch of time that a point was beyond a limit.
create table point_alarm (
  id bigint generated always as identity primary key,
  point_id int not null references point on delete cascade,
  level text not null check (level in ('low-low', 'low', 'high', 'high-high')),
  raised_at timestamptz not null,
  value text not null,
  found_at timestamptz not null,
  cleared_at timestamptz,
  cleared_value text,
  -- Readings that came late showed that it never was.
  withdrawn_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  note text,
  unique (point_id, raised_at, level),
  check ((acknowledged_at is null) = (acknowledged_by is null))
);
create index point_alarm_open on point_alarm (point_id)
  where acknowledged_at is null and withdrawn_at is null;
create index point_alarm_uncleared on point_alarm (point_id) where cleared_at is null;
