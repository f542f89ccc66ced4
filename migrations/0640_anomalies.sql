-- Anomalies (用电异常): rules as data, what they found of each day, and the findings people work on.
-- Owner: src/anomaly.

-- A rule names a shape of evaluation and its parameters. A changed rule is a new version; of one
-- code the version for the customer's class counts before the one for everybody.
create table anomaly_rule (
  code text not null check (code ~ '^[a-z][a-z0-9-]{0,47}$'),
  version int not null check (version > 0),
  shape text not null check (shape in
    ('samples', 'days', 'event', 'validation', 'clock', 'suspect')),
  customer_class text check (customer_class in
    ('residential', 'commercial', 'industrial', 'agricultural', 'public')),
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object'),
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  -- Of a finding that just reaches the limit; 100 is certain.
  base_score smallint not null check (base_score between 0 and 100),
  -- Raised by so many days of hits among so many days; cleared by so many days without.
  raise_days smallint not null default 1 check (raise_days > 0),
  raise_within smallint not null default 1 check (raise_within >= raise_days),
  clear_days smallint not null default 1 check (clear_days > 0),
  -- Whether it becomes work for somebody.
  opens_case boolean not null,
  enabled boolean not null default true,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from),
  made_by text not null check (made_by <> ''),
  reason text not null default '',
  primary key (code, version)
);
create unique index anomaly_rule_in_force on anomaly_rule (code, coalesce(customer_class, ''))
  where valid_to is null;

-- What is assumed where nothing was entered.
create table anomaly_setting (
  name text primary key,
  value numeric not null,
  meaning text not null
);
insert into anomaly_setting (name, value, meaning) values
  ('price', 0.56, 'what a kWh is taken to be worth when findings are ranked'),
  ('basic-current', 5, 'Ib in A of a meter without a plate'),
  ('max-current', 60, 'Imax in A of a meter without a plate');

-- What a rule said of a day. Days without a hit are kept only while something is raised.
create table anomaly_day (
  usage_point_id int not null,
  business_date date not null,
  code text collate "C" not null,
  version int not null,
  is_hit boolean not null,
  -- How far over the limit, 1 just reaches it.
  strength numeric(8, 3) not null default 1,
  -- 10^-6 kWh that may be missing.
  energy bigint not null default 0,
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  primary key (usage_point_id, code, business_date)
);
create index anomaly_day_date on anomaly_day (business_date);

create table anomaly (
  id int generated always as identity primary key,
  usage_point_id int not null references usage_point,
  meter_id int references meter,
  -- Where the point counted when it was raised.
  node_id int references grid_node,
  code text collate "C" not null,
  version int not null,
  score smallint not null check (score between 0 and 100),
  state text not null check (state in ('open', 'confirmed', 'dismissed', 'cleared')),
  began_on date not null,
  last_on date not null check (last_on >= began_on),
  -- Seen to be over on this day.
  ended_on date,
  days int not null check (days > 0),
  -- 10^-6 kWh at stake.
  energy bigint not null,
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  raised_at timestamptz not null,
  cleared_at timestamptz,
  decided_by text,
  decided_at timestamptz,
  reason text not null default '',
  -- What is seen until then raises nothing again.
  quiet_until date,
  case_key text,
  -- Its case was told that it is over.
  case_is_over boolean not null default false,
  foreign key (code, version) references anomaly_rule (code, version),
  check ((state = 'cleared') = (cleared_at is not null)),
  check (state <> 'dismissed' or decided_by is not null)
);
create unique index anomaly_active on anomaly (usage_point_id, code)
  where state in ('open', 'confirmed');
create index anomaly_point on anomaly (usage_point_id, code, id);
create index anomaly_worth on anomaly (energy desc, id desc) where state in ('open', 'confirmed');
create index anomaly_case on anomaly (case_key) where case_key is not null and not case_is_over;

-- Usage points and days to judge (anew). Rows are only added, and taken away by whoever did it.
create table anomaly_due (
  usage_point_id int not null,
  business_date date not null
);
create index anomaly_due_date on anomaly_due (business_date, usage_point_id);
create table anomaly_progress (
  only_row boolean primary key default true check (only_row),
  listed_through date not null
);

-- What devices tell and what validation finds is judged with the day it is of. An event's day is
-- taken a day wider, because only the follower knows the zone.
create function anomaly_due_of_events() returns trigger language plpgsql as $$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select distinct i.usage_point_id, d.day
  from told t
  join installation i on i.meter_id = t.meter_id and i.valid_from <= t.at
    and (i.valid_to is null or i.valid_to > t.at)
  cross join lateral (values ((t.at - interval '14 hours')::date),
    ((t.at + interval '14 hours')::date)) as d (day)
  where t.code in (select jsonb_array_elements_text(r.parameters -> 'codes')
    from anomaly_rule r where r.shape = 'event' and r.valid_to is null);
  return null;
end $$;
create trigger anomaly_event_told after insert on device_event
  referencing new table as told for each statement execute function anomaly_due_of_events();

create function anomaly_due_of_findings() returns trigger language plpgsql as $$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select distinct f.usage_point_id, f.business_date from found f
  where f.usage_point_id is not null;
  return null;
end $$;
create trigger anomaly_finding_made after insert on validation_finding
  referencing new table as found for each statement execute function anomaly_due_of_findings();

create view anomaly_work as
select w.id as case_id, w.dedupe_key as case_key, w.state from work_case w
where w.kind = 'anomaly.point';

-- The numbers of Q/GDW and DL/T 698.45 meters, and those of the master. Voltages are in parts of
-- Un, currents of Ib, powers of Un x Ib; energy is in kWh.
insert into anomaly_rule (code, version, shape, parameters, severity, base_score, raise_days,
  raise_within, clear_days, opens_case, valid_from, made_by)
select r.code, 1, r.shape, r.parameters::jsonb, r.severity, r.base_score, r.raise_days,
  r.raise_within, r.clear_days, r.opens_case, '2000-01-01T00:00Z', 'installation'
from (values
  ('voltage-lost', 'samples', '{"start": [{"of": "u", "below": 0.78}, {"of": "i", "above": 0.005}],
    "end": [{"of": "u", "above": 0.85}], "samples": 2, "share": 0.5}', 'high', 60, 1, 1, 1, true),
  ('under-voltage', 'samples', '{"start": [{"of": "u", "below": 0.78}, {"of": "u", "above": 0.1}],
    "end": [{"of": "u", "above": 0.85}], "samples": 2}', 'low', 30, 1, 1, 2, false),
  ('over-voltage', 'samples', '{"start": [{"of": "u", "above": 1.2}],
    "end": [{"of": "u", "below": 1.15}], "samples": 2}', 'medium', 40, 1, 1, 2, false),
  ('missing-phase', 'samples', '{"start": [{"of": "u", "below": 0.6}, {"of": "i", "below": 0.005},
      {"of": "othersU", "above": 0.7}],
    "end": [{"of": "u", "above": 0.7}], "samples": 2}', 'medium', 50, 1, 1, 1, true),
  ('current-lost', 'samples', '{"start": [{"of": "u", "above": 0.7}, {"of": "i", "below": 0.005},
      {"of": "others", "above": 0.05}],
    "end": [{"of": "i", "above": 0.01}], "samples": 8, "share": 0.5}', 'high', 55, 2, 3, 2, true),
  ('current-open', 'samples', '{"start": [{"of": "u", "above": 0.6}, {"of": "i", "below": 0.005},
      {"of": "usual", "above": 1}],
    "end": [{"of": "i", "above": 0.01}], "samples": 90}', 'medium', 40, 3, 3, 1, true),
  ('current-reversed', 'samples', '{"start": [{"of": "p", "below": -0.005},
      {"of": "generates", "below": 0.5}],
    "end": [{"of": "p", "above": 0}], "samples": 3, "share": 1}', 'high', 65, 1, 1, 2, true),
  ('voltage-imbalance', 'samples', '{"start": [{"of": "voltageImbalance", "above": 0.3}],
    "end": [{"of": "voltageImbalance", "below": 0.25}], "samples": 2}', 'medium', 40, 1, 1, 2,
    false),
  ('current-imbalance', 'samples', '{"start": [{"of": "currentImbalance", "above": 0.3}],
    "end": [{"of": "currentImbalance", "below": 0.25}], "samples": 8}', 'low', 20, 3, 3, 3, false),
  ('current-imbalance-severe', 'samples', '{"start": [{"of": "currentImbalance", "above": 0.9}],
    "end": [{"of": "currentImbalance", "below": 0.8}], "samples": 8, "share": 0.5}', 'medium', 45,
    2, 3, 2, true),
  ('neutral-current', 'samples', '{"start": [{"of": "neutral", "above": 0.5}],
    "end": [{"of": "neutral", "below": 0.4}], "samples": 8}', 'low', 30, 2, 3, 2, false),
  ('neutral-difference', 'samples', '{"start": [{"of": "leakage", "above": 0.2}],
    "end": [{"of": "leakage", "below": 0.15}], "samples": 3, "share": 0.5}', 'high', 70, 1, 1, 2,
    true),
  ('over-current', 'samples', '{"start": [{"of": "iMax", "above": 1.2}],
    "end": [{"of": "iMax", "below": 1.1}], "samples": 1}', 'high', 50, 1, 1, 1, true),
  ('overload', 'samples', '{"start": [{"of": "load", "above": 1.2}],
    "end": [{"of": "load", "below": 1.1}], "samples": 1}', 'high', 50, 1, 1, 1, true),
  ('demand-over-limit', 'samples', '{"start": [{"of": "contract", "above": 1.2}],
    "end": [{"of": "contract", "below": 1.1}], "samples": 1}', 'medium', 55, 1, 1, 3, true),
  ('demand-over-contract', 'days', '{"start": [{"of": "contractPeak", "above": 1}],
    "end": [{"of": "contractPeak", "below": 0.95}]}', 'medium', 45, 1, 1, 3, true),
  ('power-factor-low', 'samples', '{"start": [{"of": "pf", "below": 0.3},
      {"of": "iMeasured", "above": 0.05}],
    "end": [{"of": "pf", "above": 0.4}], "samples": 4}', 'low', 30, 2, 3, 2, false),
  ('power-inconsistent', 'samples', '{"start": [{"of": "mismatch", "above": 0.05},
      {"of": "iMeasured", "above": 0.1}],
    "end": [{"of": "mismatch", "below": 0.04}], "samples": 6, "share": 0.3}', 'high', 50, 2, 3, 2,
    true),
  ('stopped', 'samples', '{"start": [{"of": "advance", "atMost": 0},
      {"of": "iMeasured", "above": 0.005}],
    "end": [{"of": "advance", "above": 0}], "samples": 3,
    "total": {"of": "expected", "above": 0.05}, "share": 1}', 'critical', 80, 1, 1, 1, true),
  ('running-away', 'samples', '{"start": [{"of": "advanceMax", "above": 1.2}],
    "end": [{"of": "advanceMax", "below": 1}], "samples": 1}', 'critical', 70, 1, 1, 2, true),
  ('reverse-without-contract', 'days', '{"start": [{"of": "reverse", "above": 0.1},
      {"of": "generates", "below": 0.5}, {"of": "gateway", "below": 0.5}],
    "end": [{"of": "reverse", "below": 0.05}], "stake": "reverse"}', 'high', 60, 1, 1, 3, true),
  ('zero-use', 'days', '{"start": [{"of": "energy", "atMost": 0}, {"of": "usual", "above": 1}],
    "end": [{"of": "energy", "above": 0}], "stake": "fall"}', 'medium', 40, 3, 3, 1, true),
  ('constant-use', 'days', '{"start": [{"of": "same", "above": 0.5}, {"of": "energy", "above": 0}],
    "end": [{"of": "same", "below": 0.5}]}', 'medium', 40, 3, 3, 2, true),
  ('use-against-history', 'days', '{"start": [{"of": "z", "below": -3.5},
      {"of": "energy", "below": 0.7, "times": "usual"}, {"of": "usual", "above": 1},
      {"of": "historyDays", "atLeast": 14}],
    "end": [{"of": "z", "above": -2.5}], "stake": "fall"}', 'medium', 35, 5, 7, 3, false),
  ('use-above-history', 'days', '{"start": [{"of": "z", "above": 3.5},
      {"of": "energy", "above": 2, "times": "usual"}, {"of": "energy", "above": 5},
      {"of": "historyDays", "atLeast": 14}],
    "end": [{"of": "z", "below": 2.5}]}', 'low', 20, 5, 7, 3, false),
  ('use-against-peers', 'days', '{"start": [{"of": "peerZ", "below": -3.5},
      {"of": "energy", "below": 0.7, "times": "usual"}, {"of": "usual", "above": 1},
      {"of": "peers", "atLeast": 5}],
    "end": [{"of": "peerZ", "above": -2.5}], "stake": "fall"}', 'medium', 40, 5, 7, 3, false),
  ('night-base-zero', 'days', '{"start": [{"of": "night", "atMost": 0},
      {"of": "usualNight", "above": 0.05}, {"of": "energy", "above": 1}],
    "end": [{"of": "night", "above": 0}], "stake": "night"}', 'medium', 45, 5, 7, 2, true),
  ('unread', 'days', '{"start": [{"of": "missing", "above": 0.5}],
    "end": [{"of": "missing", "below": 0.5}]}', 'medium', 40, 3, 3, 1, true),
  ('estimated', 'days', '{"start": [{"of": "estimated", "above": 0.5}],
    "end": [{"of": "estimated", "below": 0.3}]}', 'low', 25, 3, 7, 2, false),
  ('transformer-overload', 'days', '{"start": [{"of": "ratingPeak", "above": 1.2}],
    "end": [{"of": "ratingPeak", "below": 1.1}]}', 'high', 60, 1, 1, 3, true),
  ('over-contracted', 'days', '{"start": [{"of": "contractPeak", "below": 0.2}],
    "end": [{"of": "contractPeak", "above": 0.3}]}', 'low', 20, 80, 90, 3, false),
  ('cover-open', 'event', '{"codes": ["cover-open"]}', 'high', 55, 1, 1, 30, true),
  ('terminal-cover-open', 'event', '{"codes": ["terminal-cover-open"]}', 'medium', 45, 1, 1, 30,
    true),
  ('magnetic-field', 'event', '{"codes": ["magnetic-field"]}', 'high', 65, 1, 1, 30, true),
  ('clock-fault', 'event', '{"codes": ["clock-fault", "clock-beyond-tolerance"]}', 'medium', 40, 1,
    1, 7, true),
  ('clock-set-often', 'event', '{"codes": ["clock-set"], "count": 3, "within": 30}', 'medium', 35,
    1, 1, 30, true),
  ('cover-open-and-fall', 'event', '{"codes": ["cover-open", "terminal-cover-open",
      "module-cover-open", "magnetic-field"], "within": 30, "fall": 0.3, "recovered": 0.15,
    "daysMin": 5}', 'critical', 75, 1, 1, 3, true),
  ('register-fell', 'validation', '{"codes": ["negative"]}', 'high', 60, 1, 1, 7, true),
  ('energy-impossible', 'validation', '{"codes": ["physical"]}', 'high', 60, 1, 1, 7, true),
  ('rates-against-total', 'validation', '{"codes": ["rate-sum"]}', 'medium', 45, 1, 1, 7, true),
  ('ratio-doubtful', 'validation', '{"codes": ["multiplier"]}', 'high', 55, 1, 1, 7, true),
  ('clock-off', 'clock', '{"minutes": 1, "below": 5, "end": 0.5}', 'low', 25, 1, 1, 1, false),
  ('clock-off-5', 'clock', '{"minutes": 5, "below": 15, "end": 4}', 'medium', 45, 1, 1, 1, false),
  ('clock-off-15', 'clock', '{"minutes": 15, "end": 12}', 'high', 65, 1, 1, 1, true),
  ('theft-suspect', 'suspect', '{"score": 60, "end": 40}', 'critical', 60, 1, 1, 7, true)
) as r (code, shape, parameters, severity, base_score, raise_days, raise_within, clear_days,
  opens_case);
