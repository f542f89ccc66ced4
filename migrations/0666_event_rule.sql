-- What a meter tells of itself makes its values doubtful: it was cleared, its memory or its metering
-- failed, its clock did. Which events do so is data.
insert into validation_rule
  (kind, code, version, act, severity, parameters, position, valid_from, made_by, made_at)
values ('rule', 'event', 1, 'flag', 'medium',
  '{"codes": ["meter-clear", "load-profile-clear", "memory-fault", "metering-chip-fault",
    "meter-fault", "clock-fault", "current-transformer"]}', null, '2000-01-01T00:00Z',
  'installation', '2000-01-01T00:00Z');

-- An event often comes after its day was judged. The day depends on the utility's zone, so the ones
-- next to it are looked at again too.
create function validation_day_of_events() returns trigger language plpgsql as $$
begin
  insert into validation_day (business_date, meter_id, due_at)
  select distinct d::date, e.meter_id, '-infinity'::timestamptz
  from told e, generate_series(
    ((e.at - interval '17 hours') at time zone 'UTC')::date,
    ((e.at + interval '17 hours') at time zone 'UTC')::date, interval '1 day') d
  where e.meter_id is not null and exists (
    select from validation_rule r where r.code = 'event' and r.act <> 'off' and r.valid_to is null
      and r.parameters -> 'codes' ? e.code)
  order by 1, 2
  on conflict (business_date, meter_id) do update set due_at = '-infinity'
    where validation_day.due_at <> '-infinity';
  return null;
end $$;
create trigger device_event_told after insert on device_event
  referencing new table as told for each statement execute function validation_day_of_events();
