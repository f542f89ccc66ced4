-- The archive (档案): what exists in the field and who uses it.

create table feeder (
  id int generated always as identity primary key,
  code text not null unique check (code <> ''),
  name text not null default ''
);

-- A transformer area (台区).
create table transformer (
  id int generated always as identity primary key,
  code text not null unique check (code <> ''),
  name text not null default '',
  feeder_id int references feeder
);

create table customer (
  id int generated always as identity primary key,
  name text not null,
  class text not null
    check (class in ('residential', 'commercial', 'industrial', 'agricultural', 'public'))
);

create table account (
  id int generated always as identity primary key,
  no text not null unique check (no <> ''),
  customer_id int not null references customer
);

create table usage_point (
  id int generated always as identity primary key,
  code text not null unique check (code <> ''),
  account_id int references account,
  transformer_id int references transformer
);
create index usage_point_account on usage_point (account_id);
create index usage_point_transformer on usage_point (transformer_id);

-- One bus, socket or topic tree. It owns the schedule of the meters behind it.
create table channel (
  id int generated always as identity primary key,
  name text not null unique check (name <> ''),
  kind text not null check (kind in
    ('dialin', 'tcp', 'serial', 'modbus-tcp', 'modbus-rtu-tcp', 'modbus-serial', 'mqtt')),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object')
);
-- Two channels with one identity could not be told apart when a concentrator registers.
create unique index channel_identity on channel ((settings ->> 'identity')) where kind = 'dialin';

create table concentrator (
  id int generated always as identity primary key,
  address text not null unique check (address <> ''),
  name text not null default '',
  channel_id int not null unique references channel,
  transformer_id int references transformer
);

-- Apart from the archive, because it changes with every heartbeat.
create table concentrator_state (
  concentrator_id int primary key references concentrator on delete cascade,
  online boolean not null,
  last_heard_at timestamptz,
  remote_address text,
  signal smallint
) with (fillfactor = 50);

create table meter (
  id int generated always as identity primary key,
  address text not null check (address <> ''),
  protocol text not null check (protocol in
    ('dlt645-2007', 'dlt645-1997', 'modbus', 'gdw376', 'dlt698', 'dlms', 'mqtt')),
  profile text,
  model text,
  channel_id int not null references channel,
  unique (channel_id, protocol, address)
);
-- Addresses of these protocols are the asset numbers of the utility and exist once.
create unique index meter_address on meter (protocol, address)
  where protocol in ('dlt645-2007', 'dlt645-1997', 'gdw376', 'dlt698');
create index meter_by_address on meter (address);

-- A meter at a usage point for a time. The ratios are exact fractions and belong here, because
-- a transformer is changed without the meter and a meter without the transformer.
create table installation (
  id int generated always as identity primary key,
  usage_point_id int not null references usage_point,
  meter_id int not null references meter,
  ct_numerator bigint not null check (ct_numerator > 0),
  ct_denominator bigint not null check (ct_denominator > 0),
  pt_numerator bigint not null check (pt_numerator > 0),
  pt_denominator bigint not null check (pt_denominator > 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  -- The range of one id stands in for equality, which gist has only in an extension.
  constraint installation_one_place_at_a_time exclude using gist (
    int4range(meter_id, meter_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&),
  constraint installation_one_meter_at_a_time exclude using gist (
    int4range(usage_point_id, usage_point_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);
create index installation_meter on installation (meter_id);
create index installation_usage_point on installation (usage_point_id);
