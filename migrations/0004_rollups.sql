-- Register values at both ends of a civil day or month of the utility, keyed by the stored
-- business date. Energy is the difference; ratios are applied where energy is formed.
-- quality: 1 measured, 2 interpolated, 3 suspect, 4 incomplete.
create table energy_day (
  from_digits bigint not null,
  to_digits bigint not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  meter_id int not null,
  business_date date not null,
  scale smallint not null check (scale >= 0),
  quality smallint not null check (quality between 1 and 4),
  register text collate "C" not null,
  primary key (meter_id, register, business_date),
  check (to_digits >= from_digits),
  check (to_at > from_at)
);
select create_hypertable('energy_day', by_range('business_date', interval '90 days'),
  create_default_indexes => false);
create index energy_day_date on energy_day (business_date, register);

create table energy_month (
  from_digits bigint not null,
  to_digits bigint not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  meter_id int not null,
  -- The first day of the month.
  business_month date not null check (extract(day from business_month) = 1),
  scale smallint not null check (scale >= 0),
  quality smallint not null check (quality between 1 and 4),
  register text collate "C" not null,
  primary key (meter_id, register, business_month),
  check (to_digits >= from_digits),
  check (to_at > from_at)
);
create index energy_month_date on energy_month (business_month, register);

-- Days whose rollup must be computed (again): finished days, and days that got late data.
create table energy_dirty (
  business_date date not null,
  meter_id int not null,
  primary key (business_date, meter_id)
);

-- Months, by their first day, that contain such a day and are over.
create table energy_month_dirty (
  business_month date not null,
  meter_id int not null,
  primary key (business_month, meter_id)
);

-- All meters' days up to and including this one were put on the list once.
create table energy_through (
  only_row boolean primary key default true check (only_row),
  business_date date not null
);
