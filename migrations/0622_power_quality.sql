-- Power quality (电能质量) of usage points by civil day, from what meters sent of voltage and
-- current; each sample holds until the next one, an hour at most. Owner: src/statistics.

-- What is good, by supply class and from a day on; in parts of the nominal voltage Un. Only what
-- lies within the examined range is judged: beyond it there is no supply, or no measurement.
create table quality_limit (
  supply_class text not null check (supply_class in ('single-phase', 'three-phase')),
  valid_from date not null,
  low numeric not null,
  high numeric not null,
  examined_low numeric not null,
  examined_high numeric not null,
  -- Largest deviation of a phase from the mean of the three, in parts of it.
  imbalance numeric not null check (imbalance > 0),
  changed_by text not null check (changed_by <> ''),
  primary key (supply_class, valid_from),
  check (examined_low < low and low < high and high < examined_high)
);
insert into quality_limit values
  ('single-phase', '2000-01-01', 0.90, 1.07, 0.70, 1.20, 0.30, 'GB/T 12325'),
  ('three-phase', '2000-01-01', 0.93, 1.07, 0.70, 1.20, 0.30, 'GB/T 12325');

-- Times in seconds, of all phases together; voltages in 10^-4 Un, imbalances in 10^-4.
create table quality_day (
  usage_point_id int not null,
  business_date date not null,
  supply_class text not null,
  samples int not null,
  examined int not null,
  below int not null,
  above int not null,
  -- Null where nothing was within the examined range.
  least_voltage int,
  most_voltage int,
  -- Of moments with three phases.
  balanced_seconds int not null,
  voltage_imbalance int,
  voltage_imbalance_seconds int not null,
  current_seconds int not null,
  current_imbalance int,
  current_imbalance_seconds int not null,
  primary key (usage_point_id, business_date),
  check (below + above <= examined)
);
select create_hypertable('quality_day', by_range('business_date', interval '90 days'),
  create_default_indexes => false);
create index quality_day_date on quality_day (business_date);

-- Stretches of a day in which a meter that told something had voltage on no phase. `point`: its
-- neighbours had; `area`: they had not either; `unknown`: they told nothing.
create table quality_absence (
  usage_point_id int not null,
  business_date date not null,
  began_at timestamptz not null,
  ended_at timestamptz not null check (ended_at > began_at),
  scope text not null check (scope in ('point', 'area', 'unknown')),
  primary key (usage_point_id, began_at)
);
create index quality_absence_date on quality_absence (business_date);

-- Usage points and days that are to be judged anew; rows are only added, and taken away by whoever
-- did it.
create table quality_due (
  usage_point_id int not null,
  business_date date not null
);
create index quality_due_date on quality_due (business_date, usage_point_id);

create index device_event_supply on device_event (code, at)
  where code in ('power-failure', 'power-up');
