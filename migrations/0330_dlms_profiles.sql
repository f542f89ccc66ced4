-- Poll plans of DLMS meters: what they recorded themselves, in the profiles that the Blue Book names
-- for a load profile and for daily values. In an item, {from} and {to} are the meter's wall clock of
-- the first and the last record; a meter may write its record some seconds late.
insert into poll_plan (name, protocol, data_class, items, cycle_seconds, offset_seconds, priority,
  catch_up_seconds, catch_up_items, catch_up_slots)
values
  ('DLMS load profile', 'dlms', 'interval', array['7:1.0.99.1.0.255:2@{from}..{to}:59'],
   900, 120, 10, 7 * 86400, array['7:1.0.99.1.0.255:2@{from}..{to}:59'], 96),
  ('DLMS daily profile', 'dlms', 'daily', array['7:1.0.99.2.0.255:2@{from}..{to}:59'],
   86400, 1800, 30, 31 * 86400, array['7:1.0.99.2.0.255:2@{from}..{to}:59'], 31);
