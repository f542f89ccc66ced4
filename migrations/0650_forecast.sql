-- Forecast of load for the day ahead (日前负荷预测), and how far off it was beside a naive one.
-- Owner: src/forecast.

-- Civil days that are not what their weekday says: holidays (节假日), and days of rest that are
-- worked (调休).
create table civil_day (
  business_date date primary key,
  kind text not null check (kind in ('work', 'rest', 'holiday')),
  name text not null default ''
);

-- Mean temperature of a civil day in °C, in a region or, without one, everywhere: as it was, or as
-- it was expected.
create table temperature_day (
  celsius numeric(4, 1) not null check (celsius between -90 and 60),
  business_date date not null,
  region_id int references grid_node,
  is_expected boolean not null
);
create unique index temperature_day_key
  on temperature_day (business_date, coalesce(region_id, 0), is_expected);

-- Mean load by hour of the wall clock in W, null where a quarter of it is not known; `key` as in
-- load_sum_day, and the id of an own group. Kept, since what it is made of is large.
create table forecast_series (
  business_date date not null,
  kind text not null check (kind in ('all', 'region', 'feeder', 'area', 'group')),
  key text not null,
  hours bigint[] not null check (cardinality(hours) = 24),
  primary key (kind, key, business_date)
);
create index forecast_series_date on forecast_series (business_date);

-- Days whose series are made anew; rows are only added, and taken away by whoever did it.
create table forecast_due (
  business_date date not null
);

create table forecast_day (
  business_date date not null,
  made_at timestamptz not null,
  kind text not null,
  key text not null,
  -- What is shown, and what would have been if no method had lost to the naive one of late.
  method text not null,
  best_method text not null,
  hours bigint[] not null check (cardinality(hours) = 24),
  low bigint[] not null check (cardinality(low) = 24),
  high bigint[] not null check (cardinality(high) = 24),
  best bigint[] not null check (cardinality(best) = 24),
  naive bigint[] not null check (cardinality(naive) = 24),
  primary key (kind, key, business_date)
);
create index forecast_day_date on forecast_day (business_date);

-- Sums over the hours of a day that are known: of the load, and of the absolute errors, in W.
create table forecast_score (
  load bigint not null,
  error bigint not null,
  best_error bigint not null,
  naive_error bigint not null,
  business_date date not null,
  hours smallint not null check (hours between 1 and 24),
  kind text not null,
  key text not null,
  primary key (kind, key, business_date)
);
