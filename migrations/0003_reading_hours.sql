-- no transaction
-- Hours in UTC, for curves and overviews. Never for energy: the difference of the last and the
-- first value of an hour drops what flows until the next hour's first one.
create materialized view reading_hour
with (timescaledb.continuous, timescaledb.materialized_only = false) as
select
  meter_id,
  time_bucket(interval '1 hour', measured_at) as hour,
  first(energy_import, measured_at) filter (where energy_import is not null) as import_first,
  min(measured_at) filter (where energy_import is not null) as import_first_at,
  last(energy_import, measured_at) filter (where energy_import is not null) as import_last,
  max(measured_at) filter (where energy_import is not null) as import_last_at,
  first(energy_export, measured_at) filter (where energy_export is not null) as export_first,
  min(measured_at) filter (where energy_export is not null) as export_first_at,
  last(energy_export, measured_at) filter (where energy_export is not null) as export_last,
  max(measured_at) filter (where energy_export is not null) as export_last_at,
  min(power) as power_min,
  max(power) as power_max,
  sum(power) as power_sum,
  count(power) as power_count,
  min(voltage_a) as voltage_a_min,
  max(voltage_a) as voltage_a_max,
  count(*) as rows
from reading_curve
group by meter_id, hour
with no data;
