-- Firmware of terminals (终端远程升级): files, campaigns, and what came of each device, block by block.
-- Owner: src/firmware.
create table firmware (
  id integer generated always as identity primary key,
  name text not null check (name <> ''),
  protocol text not null check (protocol in ('gdw376', 'dlt698')),
  -- What it is for, as devices say it of themselves; null for any.
  maker text,
  model text,
  -- What a device says once it runs it.
  version text not null check (version <> ''),
  size integer not null check (size between 1 and 33554432),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  md5 bytea not null check (octet_length(md5) = 16),
  bytes bytea not null,
  uploaded_by text not null check (uploaded_by <> ''),
  uploaded_at timestamptz not null,
  unique (sha256, protocol, version),
  check (octet_length(bytes) = size)
);
-- Uncompressed, so that a block is read without the whole.
alter table firmware alter column bytes set storage external;

create table firmware_campaign (
  id integer generated always as identity primary key,
  idempotency_key text not null unique check (char_length(idempotency_key) between 1 and 200),
  firmware_id integer not null references firmware,
  state text not null
    check (state in ('requested', 'running', 'paused', 'stopped', 'done', 'cancelled')),
  target jsonb not null check (jsonb_typeof(target) = 'object'),
  canary integer not null check (canary > 0),
  batch integer not null check (batch > 0),
  block_bytes integer not null check (block_bytes between 64 and 1024),
  -- In the utility's time; equal hours are the whole day.
  from_hour smallint not null check (from_hour between 0 and 23),
  to_hour smallint not null check (to_hour between 0 and 23),
  failure_percent_max integer not null check (failure_percent_max between 0 and 100),
  stage integer not null default 0 check (stage >= 0),
  requested_by text not null check (requested_by <> ''),
  requested_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  ended_at timestamptz,
  reason text,
  check ((approved_by is null) = (approved_at is null)),
  check (approved_by is null or approved_by <> requested_by),
  check (approved_by is not null or state in ('requested', 'cancelled')),
  check ((state in ('done', 'cancelled')) = (ended_at is not null))
);
create index firmware_campaign_running on firmware_campaign (id) where state = 'running';

create table firmware_device (
  campaign_id integer not null references firmware_campaign,
  concentrator_id integer not null references concentrator,
  stage integer not null check (stage >= 0),
  state text not null default 'waiting' check (state in
    ('waiting', 'sending', 'sent', 'verifying', 'done', 'failed', 'skipped', 'cancelled')),
  -- The next to be sent; the first block of a file is 0.
  block integer not null default 0 check (block >= 0),
  blocks integer not null check (blocks > 0),
  -- The device was told what comes.
  begun boolean not null default false,
  -- Whether the last block was taken is not known: it may have to come again.
  doubt boolean not null default false,
  restarts integer not null default 0 check (restarts >= 0),
  tries integer not null default 0 check (tries >= 0),
  version_before text,
  version_after text,
  reason text,
  started_at timestamptz,
  sent_at timestamptz,
  ended_at timestamptz,
  next_at timestamptz,
  turn integer not null default 0,
  lease_until timestamptz,
  primary key (campaign_id, concentrator_id),
  check (block <= blocks),
  check ((state in ('done', 'failed', 'skipped', 'cancelled')) = (ended_at is not null))
);
create index firmware_device_due on firmware_device (next_at) where ended_at is null;
create index firmware_device_stage on firmware_device (campaign_id, stage) where ended_at is null;
-- Never two files at once for one terminal.
create unique index firmware_device_one on firmware_device (concentrator_id)
  where state in ('sending', 'sent', 'verifying');

-- Append-only.
create table firmware_event (
  seq bigint generated always as identity primary key,
  campaign_id integer not null references firmware_campaign,
  concentrator_id integer references concentrator,
  at timestamptz not null,
  actor text not null check (actor <> ''),
  event text not null check (event <> ''),
  detail jsonb not null check (jsonb_typeof(detail) = 'object')
);
create index firmware_event_campaign on firmware_event (campaign_id, seq);

create trigger firmware_event_keep before update or delete or truncate on firmware_event
  for each statement execute function field_order_event_is_append_only();
