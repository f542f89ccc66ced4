-- Who called, what went over each connection, and what was said on it. Owner: src/presence.

-- Devices that called and were not let in. One row a device, bounded by the owner: the one that
-- was heard the longest ago makes room.
create table quarantine (
  id int generated always as identity primary key,
  -- What it said it was; an address of the network where it never said.
  identity text not null unique check (identity <> '' and char_length(identity) <= 64),
  reason text not null check (reason in
    ('unknown', 'wrong-protocol', 'address-mismatch', 'unidentified', 'blocked')),
  state text not null default 'waiting' check (state in ('waiting', 'adopted', 'blocked')),
  -- By which it was understood: of a table of gateways, or a protocol's own login.
  rule text not null,
  protocol text,
  remote_address text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  calls bigint not null check (calls > 0),
  concentrator_id int references concentrator on delete set null,
  decided_by text,
  decided_at timestamptz
);
create index quarantine_seen on quarantine (last_seen_at);

-- SIM cards and where each is, by business date.
create table sim_card (
  id int generated always as identity primary key,
  iccid text not null unique check (iccid ~ '^[0-9A-F]{18,22}$'),
  msisdn text,
  pool text not null default '',
  apn text not null default '',
  -- Where the operator gives the card one address, a call from another is not let in.
  fixed_address inet
);
create table sim_assignment (
  concentrator_id int not null references concentrator on delete cascade,
  sim_id int not null references sim_card,
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  primary key (concentrator_id, valid_from),
  constraint sim_assignment_one_card_at_a_time exclude using gist (
    int4range(concentrator_id, concentrator_id, '[]') with &&,
    daterange(valid_from, valid_to) with &&),
  constraint sim_assignment_one_place_at_a_time exclude using gist (
    int4range(sim_id, sim_id, '[]') with &&,
    daterange(valid_from, valid_to) with &&)
);

-- By business date; up is from the device.
create table concentrator_traffic (
  concentrator_id int not null references concentrator on delete cascade,
  business_date date not null,
  bytes_up bigint not null default 0,
  bytes_down bigint not null default 0,
  frames_up bigint not null default 0,
  frames_down bigint not null default 0,
  logins bigint not null default 0,
  heartbeats bigint not null default 0,
  primary key (concentrator_id, business_date)
) with (fillfactor = 70);
create index concentrator_traffic_date on concentrator_traffic (business_date);

-- What happened on connections beside coming and going.
create table connection_event (
  at timestamptz not null,
  concentrator_id int not null,
  kind text not null check (kind in ('takeover', 'held-off', 'flapping', 'flapping-cleared')),
  remote_address text not null default '',
  other_address text not null default '',
  times int not null default 1 check (times > 0)
);
select create_hypertable('connection_event', by_range('at', interval '7 days'),
  create_default_indexes => false);
create index connection_event_of on connection_event (concentrator_id, at desc);

-- Two devices under one identity: stands until a person clears it.
create table concentrator_flapping (
  concentrator_id int primary key references concentrator on delete cascade,
  since timestamptz not null,
  last_at timestamptz not null,
  takeovers bigint not null check (takeovers > 0),
  addresses text[] not null
);

-- Whose frames are written down, and until when.
create table frame_log_switch (
  concentrator_id int primary key references concentrator on delete cascade,
  since timestamptz not null,
  until timestamptz not null check (until > since),
  switched_by text not null
);

-- What passed, as hex in capitals; every byte of a password is `**`.
create table frame_log (
  at timestamptz not null,
  concentrator_id int not null,
  seq int not null,
  direction text not null check (direction in ('sent', 'received')),
  frame text not null
);
select create_hypertable('frame_log', by_range('at', interval '1 day'),
  create_default_indexes => false);
create index frame_log_of on frame_log (concentrator_id, at desc, seq desc);
alter table frame_log set (timescaledb.compress,
  timescaledb.compress_segmentby = 'concentrator_id', timescaledb.compress_orderby = 'at, seq');

-- When each was heard last, for whoever closes what a dead process left open.
create view concentrator_heard as
  select concentrator_id, last_heard_at from concentrator_state;
