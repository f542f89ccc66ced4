-- From registers to energy. What a meter said (reading_*) is never changed; beside it stand what
-- validation thinks of it (register_verdict) and values that were estimated, edited or brought by
-- people (register_value). The register as it counts is: what the meter said unless it is
-- rejected, and where there is nothing, the value in force. Energy is always the difference of the
-- register at both ends of a period, so that parts sum to the whole whatever was estimated.

-- `rejected`: does not count; `suspect`: counts and is marked; `accepted`: a person looked at it.
create table register_verdict (
  meter_id int not null references meter,
  register text collate "C" not null,
  measured_at timestamptz not null,
  verdict text not null check (verdict in ('rejected', 'suspect', 'accepted')),
  -- The rule and its version, or null where a person decided.
  rule text,
  rule_version int,
  reason text not null default '',
  decided_by text not null check (decided_by <> ''),
  decided_at timestamptz not null,
  primary key (meter_id, register, measured_at),
  check ((rule is null) = (rule_version is null))
);

create table register_value (
  id bigint generated always as identity primary key,
  meter_id int not null references meter,
  register text collate "C" not null,
  measured_at timestamptz not null,
  digits bigint not null,
  scale smallint not null check (scale >= 0),
  -- Estimated by a rule, edited by hand, or read by a person: with a handheld (掌机), by the
  -- customer (自报), by hand (手工).
  kind text not null check (kind in ('estimated', 'edited', 'handheld', 'self', 'manual')),
  -- linear, reference-shape, similar-days, … ; null for what was read.
  method text,
  rule text,
  rule_version int,
  -- Only one counts at a time: it is in force; one that waits for approval is proposed.
  state text not null check (state in ('proposed', 'in-force', 'superseded', 'refused')),
  reason text not null default '',
  made_by text not null check (made_by <> ''),
  made_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object')
);
create unique index register_value_in_force on register_value (meter_id, register, measured_at)
  where state = 'in-force';
create index register_value_time on register_value (measured_at) where state = 'in-force';
create index register_value_proposed on register_value (made_at) where state = 'proposed';

-- Primary energy of usage points by the utility's civil day and month, in 10^-6 of kWh (or kvarh),
-- after the ratios of whatever was installed. quality: 1 measured, 2 interpolated, 3 suspect,
-- 4 incomplete (a part of the period or of the meters is missing), 5 estimated, 6 edited; the
-- worst of what went into it, of estimated and edited the share is in `estimated`.
create table usage_day (
  energy bigint not null,
  -- What of it rests on values that no meter said.
  estimated bigint not null default 0,
  computed_at timestamptz not null,
  usage_point_id int not null,
  business_date date not null,
  quality smallint not null check (quality between 1 and 6),
  -- Meters that took part: two on the day of a swap.
  meters smallint not null check (meters > 0),
  register text collate "C" not null,
  primary key (usage_point_id, register, business_date)
);
select create_hypertable('usage_day', by_range('business_date', interval '90 days'),
  create_default_indexes => false);
create index usage_day_date on usage_day (business_date, register);
alter table usage_day set (timescaledb.compress,
  timescaledb.compress_segmentby = 'usage_point_id, register',
  timescaledb.compress_orderby = 'business_date');

create table usage_month (
  energy bigint not null,
  estimated bigint not null default 0,
  computed_at timestamptz not null,
  usage_point_id int not null,
  business_month date not null check (extract(day from business_month) = 1),
  quality smallint not null check (quality between 1 and 6),
  meters smallint not null check (meters > 0),
  register text collate "C" not null,
  primary key (usage_point_id, register, business_month)
);
create index usage_month_date on usage_month (business_month, register);

-- Days of usage points whose energy changed since whoever follows it last looked; each follower
-- has its own position in this sequence. Written with usage_day, in the same transaction.
create table usage_change (
  seq bigint generated always as identity primary key,
  usage_point_id int not null,
  business_date date not null,
  changed_at timestamptz not null
);
create table usage_follower (
  name text primary key check (name <> ''),
  seq bigint not null
);
