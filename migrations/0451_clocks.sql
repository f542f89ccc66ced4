-- The clocks of meters and terminals (时钟管理). Owner: src/clocks.
create table clock_device (
  kind text not null check (kind in ('meter', 'terminal')),
  -- Of the meter or of the concentrator.
  device_id int not null,
  channel_id int not null,
  next_at timestamptz not null,
  measured_at timestamptz,
  -- The device minus ours; null where it showed no possible time.
  offset_ms bigint,
  uncertainty_ms int,
  failures smallint not null default 0,
  reason text,
  -- While what it says of time was, or is, more than five minutes off.
  doubtful_since timestamptz,
  doubtful_until timestamptz,
  primary key (kind, device_id)
);
create index clock_device_due on clock_device (next_at);
create index clock_device_offset on clock_device (abs(offset_ms) desc) where offset_ms is not null;
create index clock_device_doubtful on clock_device (device_id) where doubtful_since is not null;

create table clock_measurement (
  measured_at timestamptz not null,
  kind text not null,
  device_id int not null,
  offset_ms bigint,
  uncertainty_ms int not null,
  source text not null check (source in ('scheduled', 'order', 'reading'))
);
select create_hypertable('clock_measurement', by_range('measured_at', interval '30 days'),
  create_default_indexes => false);
create index clock_measurement_device on clock_measurement (kind, device_id, measured_at desc);

-- One correction (校时): never sent twice. What was on its way when the process died is `unknown`
-- until the clock is read again.
create table clock_correction (
  id int generated always as identity primary key,
  kind text not null,
  device_id int not null,
  channel_id int not null,
  how text not null check (how in ('own', 'broadcast')),
  state text not null check (state in
    ('proposed', 'approved', 'sending', 'unknown', 'done', 'failed', 'refused', 'rejected', 'expired')),
  requested_by text not null check (requested_by <> ''),
  requested_at timestamptz not null,
  -- People who stand behind it, whoever asked for it among them; none where a policy does.
  approvers text[] not null default '{}',
  people_needed smallint not null check (people_needed between 0 and 2),
  offset_ms bigint not null,
  uncertainty_ms int not null,
  before_offset_ms bigint,
  before_uncertainty_ms int,
  sent_at timestamptz,
  after_offset_ms bigint,
  after_uncertainty_ms int,
  reason text,
  ended_at timestamptz,
  check (cardinality(approvers) >= people_needed or state not in ('approved', 'sending', 'done')),
  check ((ended_at is not null) = (state in ('done', 'failed', 'refused', 'rejected', 'expired'))),
  check (state not in ('sending', 'done') or sent_at is not null)
);
-- One at a time for each device.
create unique index clock_correction_open on clock_correction (kind, device_id)
  where state in ('proposed', 'approved', 'sending', 'unknown');
create index clock_correction_ready on clock_correction (requested_at)
  where state in ('approved', 'sending', 'unknown');
create index clock_correction_device on clock_correction (kind, device_id, id);
create index clock_correction_broadcast on clock_correction (channel_id, sent_at)
  where how = 'broadcast';

create table clock_policy (
  one boolean primary key default true check (one),
  -- Offsets from one to fifteen minutes are corrected without anybody being asked.
  auto_correct boolean not null default false,
  -- This machine's clock is held right by something that it cannot ask.
  trust_host boolean not null default false
);
insert into clock_policy default values;

-- Who has a clock that can be asked for.
create view clock_candidate as
select 'meter' as kind, m.id as device_id, m.channel_id
from meter m where m.protocol not in ('mqtt', 'modbus')
union all
select 'terminal', c.id, c.channel_id from concentrator c;
create view clock_name as
select 'meter' as kind, m.id as device_id, m.address, m.protocol from meter m
union all
select 'terminal', c.id, c.address, null from concentrator c;
