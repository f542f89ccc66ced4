-- Validation, estimation, editing (VEE): what is thought of register values, by which rule in
-- which version, and what people decided about it.

-- Rules and methods of estimation are data. A change makes a new version and ends the one before;
-- a finding names the version it was made with. The version that counts for a day is the one
-- valid at the end of that day, so judging a past day again comes to the same.
create table validation_rule (
  id int generated always as identity primary key,
  kind text not null check (kind in ('rule', 'method')),
  code text not null check (code <> ''),
  version int not null check (version > 0),
  -- For whom: a group of meters before a class of customers before all.
  customer_class text check (customer_class in
    ('residential', 'commercial', 'industrial', 'agricultural', 'public')),
  group_id int references meter_group on delete cascade,
  -- What a finding does to the value: it no longer counts, it counts and is marked, or only
  -- people are told. A method estimates. `off` judges nothing.
  act text not null check (act in ('reject', 'suspect', 'flag', 'estimate', 'off')),
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  -- Of methods: which is tried first.
  position int,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to >= valid_from),
  made_by text not null check (made_by <> ''),
  made_at timestamptz not null,
  reason text not null default '',
  unique (code, version),
  check (customer_class is null or group_id is null),
  check ((kind = 'method') = (position is not null)),
  check ((kind = 'method') = (act = 'estimate') or act = 'off')
);
create unique index validation_rule_in_force
  on validation_rule (code, coalesce(customer_class, ''), coalesce(group_id, 0))
  where valid_to is null;

-- Numbers that people work by: whether an edit needs a second person, how many at once, …
create table validation_limit (
  name text primary key check (name <> ''),
  value numeric not null,
  meaning text not null default '',
  changed_by text not null,
  changed_at timestamptz not null
);

-- What was found. `accepted`: the value is right; `rejected`: it is wrong and does not count;
-- `corrected`: another value took its place; `settled`: it is so no longer.
create table validation_finding (
  id bigint generated always as identity primary key,
  meter_id int not null references meter,
  usage_point_id int references usage_point,
  -- '' where it is not about one register.
  register text collate "C" not null,
  business_date date not null,
  -- Null where it is about the day.
  measured_at timestamptz,
  -- A reading that a person brought and that waits.
  value_id bigint references register_value,
  code text not null,
  version int not null,
  act text not null check (act in ('reject', 'suspect', 'flag')),
  severity smallint not null check (severity between 1 and 4),
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  -- Primary energy that hangs on it, in 10^-6 of kWh or kvarh.
  stake bigint not null default 0 check (stake >= 0),
  state text not null check (state in ('open', 'accepted', 'rejected', 'corrected', 'settled')),
  found_at timestamptz not null,
  claimed_by text,
  claimed_at timestamptz,
  decided_by text,
  decided_at timestamptz,
  reason text not null default '',
  constraint validation_finding_once
    unique nulls not distinct (meter_id, business_date, code, register, measured_at, value_id),
  foreign key (code, version) references validation_rule (code, version)
);
create index validation_finding_queue on validation_finding (severity desc, stake desc, id desc)
  where state = 'open';
create index validation_finding_date on validation_finding (business_date);
create index validation_finding_point on validation_finding (meter_id, measured_at);

-- Days of meters to be judged: those that ended, and those where something arrived or changed.
-- Whatever marks a day for energy marks it here, in the same transaction; energy comes first.
create table validation_day (
  business_date date not null,
  meter_id int not null,
  -- What may still come is waited for before it is called missing.
  due_at timestamptz not null,
  primary key (business_date, meter_id)
);
create index validation_day_due on validation_day (due_at);

create function validation_day_listed() returns trigger language plpgsql as $$
begin
  insert into validation_day (business_date, meter_id, due_at)
  select business_date, meter_id, '-infinity' from listed order by meter_id, business_date
  on conflict (business_date, meter_id) do update set due_at = '-infinity'
    where validation_day.due_at <> '-infinity';
  return null;
end $$;
create trigger validation_day_listed after insert on energy_dirty
  referencing new table as listed for each statement execute function validation_day_listed();
insert into validation_day (business_date, meter_id, due_at)
  select business_date, meter_id, '-infinity' from energy_dirty;

-- What was computed from a value that is no longer the one that counts, and should be computed
-- again by whoever did: a bill of that month.
create table validation_proposal (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('bill')),
  usage_point_id int not null references usage_point,
  account_id int references account,
  business_month date not null check (extract(day from business_month) = 1),
  reason text not null check (reason <> ''),
  detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object'),
  state text not null check (state in ('open', 'done', 'dismissed')),
  made_at timestamptz not null,
  ended_at timestamptz,
  ended_by text
);
create unique index validation_proposal_open
  on validation_proposal (kind, usage_point_id, business_month) where state = 'open';

-- Every register value that a meter said, on one scale (10^-4), with the decimals it was sent with.
create view register_reading as
  select c.meter_id, c.measured_at, c.received_at, r.register, r.value,
    (c.decimals >> r.shift & 7)::smallint as scale, c.data_class, c.quality
  from reading_curve c cross join lateral (values
    ('1.8.0', c.energy_import, 0), ('1.8.1', c.energy_import_1, 3),
    ('1.8.2', c.energy_import_2, 6), ('1.8.3', c.energy_import_3, 9),
    ('1.8.4', c.energy_import_4, 12), ('2.8.0', c.energy_export, 15),
    ('3.8.0', c.reactive_1, 18), ('4.8.0', c.reactive_2, 21)
  ) as r (register, value, shift) where r.value is not null
  union all
  select d.meter_id, d.measured_at, d.received_at, r.register, r.value,
    (d.decimals >> r.shift & 7)::smallint as scale, d.data_class, d.quality
  from reading_daily d cross join lateral (values
    ('1.8.0', d.energy_import, 0), ('1.8.1', d.energy_import_1, 3),
    ('1.8.2', d.energy_import_2, 6), ('1.8.3', d.energy_import_3, 9),
    ('1.8.4', d.energy_import_4, 12), ('2.8.0', d.energy_export, 15),
    ('2.8.1', d.energy_export_1, 18), ('2.8.2', d.energy_export_2, 21),
    ('2.8.3', d.energy_export_3, 24), ('2.8.4', d.energy_export_4, 27),
    ('3.8.0', d.reactive_1, 30), ('4.8.0', d.reactive_2, 33),
    ('5.8.0', d.reactive_q1, 36), ('6.8.0', d.reactive_q2, 39),
    ('7.8.0', d.reactive_q3, 42), ('8.8.0', d.reactive_q4, 45)
  ) as r (register, value, shift) where r.value is not null
  union all
  select i.meter_id, i.measured_at, i.received_at, i.item as register,
    trunc(i.digits * 10::numeric ^ (4 - i.scale))::bigint as value, i.scale, i.data_class, i.quality
  from reading_item i
  where i.digits is not null and i.item ~ '^[1-8]\.8\.[0-9]+$' and i.data_class <= 3;

insert into validation_limit (name, value, meaning, changed_by, changed_at)
select l.name, l.value, l.meaning, 'installation', '2000-01-01T00:00Z' from (values
  ('edit-alone-kwh', 0, 'an edit that moves no more energy needs no second person'),
  ('bulk', 1000, 'findings decided at once'),
  ('price', 0.56, 'what a kWh is taken to be worth when the queue is sorted'),
  ('self-reading-days', 45, 'a customer''s reading may be so old'),
  ('photo-mib', 5, 'size of a photo')
) as l (name, value, meaning);

insert into validation_rule
  (kind, code, version, act, severity, parameters, position, valid_from, made_by, made_at)
select r.kind, r.code, 1, r.act, r.severity, r.parameters::jsonb, r.position,
  '2000-01-01T00:00Z', 'installation', '2000-01-01T00:00Z'
from (values
  ('rule', 'missing', 'flag', 'medium', '{"graceMinutes": 360, "knownDays": 40}', null::int),
  ('rule', 'consecutive', 'flag', 'low', '{"intervalsMin": 1}', null),
  ('rule', 'duplicate', 'flag', 'medium', '{"tolerance": "0.01"}', null),
  ('rule', 'spike', 'reject', 'high', '{"pointsMax": 8}', null),
  ('rule', 'negative', 'suspect', 'high', '{"digits": 6, "tolerance": "0"}', null),
  ('rule', 'physical', 'suspect', 'critical',
    '{"factor": "1.2", "voltage": "220", "current": "100", "slack": "0.02"}', null),
  ('rule', 'high', 'flag', 'medium',
    '{"daysMin": 10, "days": 28, "deviations": "8", "times": "4", "least": "5"}', null),
  ('rule', 'low', 'flag', 'low',
    '{"daysMin": 10, "days": 28, "deviations": "8", "times": "8", "least": "5"}', null),
  ('rule', 'zero', 'flag', 'medium', '{"days": 28, "daysMin": 10, "least": "1"}', null),
  ('rule', 'inactive', 'flag', 'medium', '{"least": "1"}', null),
  ('rule', 'rate-sum', 'flag', 'medium', '{"tolerance": "0.05"}', null),
  ('rule', 'register-curve', 'flag', 'medium',
    '{"tolerance": "0.02", "percent": "10", "least": "2"}', null),
  ('rule', 'multiplier', 'flag', 'high',
    '{"loadFactorMax": "1.1", "peersMin": 5, "times": "8"}', null),
  ('rule', 'clock', 'flag', 'low', '{"valuesMin": 1}', null),
  ('rule', 'interval-size', 'flag', 'low',
    '{"minutes": [1, 5, 10, 15, 20, 30, 60], "share": "0.1"}', null),
  ('rule', 'unit', 'flag', 'medium', '{}', null),
  ('rule', 'dynamic', 'flag', 'medium',
    '{"days": 28, "daysMin": 10, "peersMin": 5, "times": "5", "least": "5"}', null),
  ('rule', 'prolonged', 'flag', 'high', '{"days": 3}', null)
) as r (kind, code, act, severity, parameters, position);
