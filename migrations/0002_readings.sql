-- Stored measurements. Standard quantities are columns of scaled integers: energy and power in
-- 10^-4 of kWh, kvarh, kW and kvar, voltage, current and frequency in 10^-3 of V, A and Hz, power
-- factor in 10^-4. `decimals` holds three bits a column (in the order of src/readings/columns.ts):
-- the decimals that the device sent, so that its own digits can be printed again. What a column
-- cannot hold exactly goes to reading_item.
--
-- Codes: data_class 1 current, 2 interval, 3 daily, 4 monthly; source 1 poll, 2 on-demand,
-- 3 push, 4 import; quality 1 good, 2 clock-doubtful, 3 suspect, 4 estimated; time_source
-- 1 meter, 2 head-end.
--
-- The hypertables carry no foreign key to meter: it would cost a look-up a row on the way in, and
-- meters are never deleted.

-- Present values and load profiles (负荷曲线).
create table reading_curve (
  measured_at timestamptz not null,
  received_at timestamptz not null,
  decimals bigint not null check (decimals >= 0),
  energy_import bigint,
  energy_import_1 bigint,
  energy_import_2 bigint,
  energy_import_3 bigint,
  energy_import_4 bigint,
  energy_export bigint,
  reactive_1 bigint,
  reactive_2 bigint,
  meter_id int not null,
  power int,
  power_a int,
  power_b int,
  power_c int,
  reactive_power int,
  voltage_a int,
  voltage_b int,
  voltage_c int,
  current_a int,
  current_b int,
  current_c int,
  frequency int,
  power_factor smallint,
  data_class smallint not null check (data_class in (1, 2)),
  source smallint not null check (source between 1 and 4),
  quality smallint not null check (quality between 1 and 4),
  time_source smallint not null check (time_source in (1, 2)),
  primary key (meter_id, measured_at)
);
select create_hypertable('reading_curve', by_range('measured_at', interval '7 days'),
  create_default_indexes => false);
-- For what looks at all meters of a short time; costs next to nothing on the way in.
create index reading_curve_times on reading_curve
  using brin (measured_at, received_at) with (pages_per_range = 16);
alter table reading_curve set (timescaledb.compress,
  timescaledb.compress_segmentby = 'meter_id', timescaledb.compress_orderby = 'measured_at');

-- Daily freezes (日冻结).
create table reading_daily (
  measured_at timestamptz not null,
  received_at timestamptz not null,
  decimals bigint not null check (decimals >= 0),
  energy_import bigint,
  energy_import_1 bigint,
  energy_import_2 bigint,
  energy_import_3 bigint,
  energy_import_4 bigint,
  energy_export bigint,
  energy_export_1 bigint,
  energy_export_2 bigint,
  energy_export_3 bigint,
  energy_export_4 bigint,
  reactive_1 bigint,
  reactive_2 bigint,
  reactive_q1 bigint,
  reactive_q2 bigint,
  reactive_q3 bigint,
  reactive_q4 bigint,
  energy_combined bigint,
  meter_id int not null,
  demand_import int,
  demand_export int,
  data_class smallint not null check (data_class = 3),
  source smallint not null check (source between 1 and 4),
  quality smallint not null check (quality between 1 and 4),
  time_source smallint not null check (time_source in (1, 2)),
  primary key (meter_id, measured_at)
);
select create_hypertable('reading_daily', by_range('measured_at', interval '90 days'),
  create_default_indexes => false);
alter table reading_daily set (timescaledb.compress,
  timescaledb.compress_segmentby = 'meter_id', timescaledb.compress_orderby = 'measured_at');

-- Everything else: other items, monthly freezes, texts, values that fit no column.
create table reading_item (
  measured_at timestamptz not null,
  received_at timestamptz not null,
  digits bigint,
  meter_id int not null,
  scale smallint check (scale >= 0),
  data_class smallint not null check (data_class between 1 and 4),
  source smallint not null check (source between 1 and 4),
  quality smallint not null check (quality between 1 and 4),
  time_source smallint not null check (time_source in (1, 2)),
  item text collate "C" not null,
  text_value text,
  primary key (meter_id, item, data_class, measured_at),
  check ((digits is null) = (scale is null)),
  check ((digits is null) <> (text_value is null))
);
select create_hypertable('reading_item', by_range('measured_at', interval '30 days'),
  create_default_indexes => false);
create index reading_item_of_meter on reading_item (meter_id, measured_at);
alter table reading_item set (timescaledb.compress,
  timescaledb.compress_segmentby = 'meter_id, item, data_class',
  timescaledb.compress_orderby = 'measured_at');

-- A value that came again and was different. The first one stays; what to believe is not decided
-- here.
create table reading_revision (
  id bigint generated always as identity primary key,
  meter_id int not null references meter,
  item text collate "C" not null,
  data_class smallint not null check (data_class between 1 and 4),
  measured_at timestamptz not null,
  value text not null,
  received_at timestamptz not null,
  source smallint not null check (source between 1 and 4),
  quality smallint not null check (quality between 1 and 4),
  time_source smallint not null check (time_source in (1, 2)),
  unique (meter_id, measured_at, item, data_class, value)
);

-- The newest row of each combination of columns that a meter sends (`shape`, one bit a column of
-- reading_curve), so that a batch costs one row a meter and an item's newest value is the newest
-- of a few rows. An older row never overwrites a newer one.
create table meter_latest (
  shape bigint not null,
  measured_at timestamptz not null,
  received_at timestamptz not null,
  decimals bigint not null,
  energy_import bigint,
  energy_import_1 bigint,
  energy_import_2 bigint,
  energy_import_3 bigint,
  energy_import_4 bigint,
  energy_export bigint,
  reactive_1 bigint,
  reactive_2 bigint,
  meter_id int not null,
  power int,
  power_a int,
  power_b int,
  power_c int,
  reactive_power int,
  voltage_a int,
  voltage_b int,
  voltage_c int,
  current_a int,
  current_b int,
  current_c int,
  frequency int,
  power_factor smallint,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  primary key (meter_id, shape)
) with (fillfactor = 60);

-- The newest value of the items that live in reading_item.
create table meter_latest_item (
  measured_at timestamptz not null,
  received_at timestamptz not null,
  digits bigint,
  meter_id int not null,
  scale smallint,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  item text collate "C" not null,
  text_value text,
  primary key (meter_id, item)
) with (fillfactor = 60);
