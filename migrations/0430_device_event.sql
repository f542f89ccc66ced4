-- What devices say happened (设备事件), one row for each event with its beginning and its end.
-- Owner: src/events.
create table device_event (
  id bigint generated always as identity primary key,
  meter_id int references meter on delete cascade,
  concentrator_id int references concentrator on delete cascade,
  -- Whose it is, in one column to look it up by: m7, c3.
  device text not null generated always as
    (case when meter_id is null then 'c' || concentrator_id else 'm' || meter_id end) stored,
  -- The terminal that told it of another or of itself, as `gdw376 4401-0105`; null: read of the device.
  told_by text,
  protocol text not null,
  event_id text not null,
  -- What beginnings and ends are matched within.
  series text not null,
  code text not null,
  -- '' where it is of no phase.
  phase text not null check (phase in ('', 'A', 'B', 'C')),
  -- A span begins and ends, anything else only happens.
  is_span boolean not null,
  raised_at timestamptz,
  cleared_at timestamptz,
  -- What told the end, where that was told by itself.
  ended_by json,
  -- It began again later: its own end was never told.
  superseded boolean not null default false,
  -- The device's number of the record, where it has any; `serial` where it tells events apart.
  sequence int,
  serial int,
  received_at timestamptz not null,
  source text not null check (source in ('pull', 'report')),
  details json not null,
  raw text not null,
  -- When it was by the device, or when we heard of it where the device did not say.
  at timestamptz not null,
  check (num_nonnulls(meter_id, concentrator_id) = 1)
);
create index device_event_series on device_event (device, series, phase, at desc);
create index device_event_times on device_event (at desc, id desc);
create index device_event_told on device_event (told_by, series, phase, at desc)
  where told_by is not null;
create index device_event_open on device_event (device)
  where is_span and raised_at is not null and cleared_at is null and not superseded;
-- The same event is one row, however often and by whichever way it is told.
create unique index device_event_raised on device_event
  (device, series, phase, raised_at, coalesce(serial, -1)) where raised_at is not null;

alter table poll_plan drop constraint poll_plan_data_class_check;
alter table poll_plan add constraint poll_plan_data_class_check
  check (data_class in ('current', 'interval', 'daily', 'monthly', 'event'));
