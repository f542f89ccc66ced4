-- Days of meters of which something came or changed that may be no energy: a voltage, a current, a
-- quarter between two that were known. Rows are only added, and taken away by whoever looked, once
-- energy has; load and quality of supply follow them. Owner: src/statistics.
create table statistics_meter_day (
  business_date date not null,
  meter_id int not null
);
create index statistics_meter_day_date on statistics_meter_day (business_date, meter_id);

create function statistics_meter_day_listed() returns trigger language plpgsql as $$
begin
  insert into statistics_meter_day (business_date, meter_id)
    select business_date, meter_id from listed;
  return null;
end $$;
create trigger statistics_meter_day_listed after insert on energy_dirty
  referencing new table as listed
  for each statement execute function statistics_meter_day_listed();
insert into statistics_meter_day (business_date, meter_id)
  select business_date, meter_id from energy_dirty;
