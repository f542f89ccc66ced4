-- Channels with a second way, and what channels share. Owner: src/registry.

-- The second way to the devices of a channel (备用通道), taken while the first one fails.
create table channel_backup (
  channel_id int primary key references channel on delete cascade,
  kind text not null check (kind in
    ('dialin', 'tcp', 'serial', 'modbus-tcp', 'modbus-rtu-tcp', 'modbus-serial')),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object')
);
-- As of the first ways: two channels with one identity could not be told apart.
create unique index channel_backup_identity on channel_backup ((settings ->> 'identity'))
  where kind = 'dialin';

-- Every change between the two ways (通道切换记录), with why.
create table channel_change (
  id bigint generated always as identity primary key,
  channel_id int not null references channel on delete cascade,
  at timestamptz not null,
  used text not null check (used in ('primary', 'backup')),
  reason text not null,
  message text not null
);
create index channel_change_of on channel_change (channel_id, at desc);

-- What many channels share and only so many may use at once: a cell, a SIM pool, a gateway.
create table permit_pool (
  name text primary key check (name <> ''),
  kind text not null check (kind in ('cell', 'sim-pool', 'gateway')),
  visits_max int not null check (visits_max between 1 and 100000)
);
create table channel_pool (
  channel_id int not null references channel on delete cascade,
  pool text not null references permit_pool on update cascade on delete cascade,
  primary key (channel_id, pool)
);
create index channel_pool_pool on channel_pool (pool);
