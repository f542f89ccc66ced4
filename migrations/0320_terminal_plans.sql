-- Poll plans of the protocols that terminals and further meters speak. In an item, {day} is the day
-- that ended with the record, {from} the meter's wall clock of it and {count} how many records.
insert into poll_plan (name, protocol, data_class, items, cycle_seconds, offset_seconds, priority,
  catch_up_seconds, catch_up_items, catch_up_slots)
values
  ('DL/T 645-1997 present values', 'dlt645-1997', 'current',
   array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0', '16.7.0',
         '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '13.7.0'],
   900, 0, 20, 0, '{}', 1),
  ('376.1 present values', 'gdw376', 'current',
   array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0', '16.7.0',
         '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '13.7.0'],
   900, 0, 20, 0, '{}', 1),
  -- Import and export with their rates. A terminal first has to ask its meters after midnight.
  ('376.1 daily freeze', 'gdw376', 'daily', array['0D-F161:{day}', '0D-F163:{day}'],
   86400, 3600, 30, 31 * 86400, array['0D-F161:{day}', '0D-F163:{day}'], 1),
  ('376.1 load curve', 'gdw376', 'interval', array['0D-F101:1@{from}'],
   900, 300, 10, 7 * 86400, array['0D-F101:{count}@{from}'], 96),
  ('698.45 present values', 'dlt698', 'current',
   array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0', '16.7.0',
         '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '13.7.0'],
   900, 0, 20, 0, '{}', 1),
  ('698.45 daily freeze', 'dlt698', 'daily', array['50040200:1@{from}'],
   86400, 1800, 30, 31 * 86400, array['50040200:{count}@{from}'], 8),
  ('698.45 load curve', 'dlt698', 'interval', array['50020200:1@{from}'],
   900, 120, 10, 7 * 86400, array['50020200:{count}@{from}'], 8),
  ('DLMS present values', 'dlms', 'current',
   array['1.8.0', '1.8.1', '1.8.2', '2.8.0', '16.7.0',
         '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '13.7.0'],
   900, 0, 20, 0, '{}', 1);
