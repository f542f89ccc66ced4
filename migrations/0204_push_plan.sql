-- Meters that report by themselves are expected to do so at least once in each cycle, with a value
-- of at least one of the items: a silent one is then seen to be missing.
insert into poll_plan (name, protocol, data_class, items, cycle_seconds, offset_seconds, priority)
values ('MQTT reports', 'mqtt', 'current',
  array['1.8.0', '2.8.0', '16.7.0', '32.7.0', '31.7.0'], 900, 0, 20);
