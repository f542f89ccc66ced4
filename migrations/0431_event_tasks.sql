-- Tasks that read what happened (事件采集任务): the kinds of events by the protocol's own ids. Only
-- what came since the last time is read of them.
insert into poll_plan (name, name_zh, protocol, data_class, items, cycle_seconds, offset_seconds,
  priority)
values
  ('DL/T 645 events', 'DL/T 645 事件', 'dlt645-2007', 'event',
   array['03010000', '03020000', '03030000', '03040000', '03050000', '030B0000', '030C0000',
         '030E0000', '030F0000', '03110000', '03300000', '03300100', '03300400', '03300D00',
         '03300E00', '03350000', '03360000', '03370000', '1D000001', '1E000001'],
   86400, 9000, 15),
  ('376.1 events', '376.1 事件', 'gdw376', 'event', array['0E-F1', '0E-F2'], 3600, 600, 15),
  -- Of class 24 the tables of the phases, of class 7 the only one.
  ('698.45 events', '698.45 事件', 'dlt698', 'event',
   array['30000700', '30000800', '30000900', '30030700', '30030800', '30030900', '30110200',
         '30120200', '30130200', '30160200', '301B0200', '301C0200', '301F0200', '30200200',
         '302A0200', '302B0200', '302C0200', '302F0200'],
   86400, 10800, 15),
  ('DLMS events', 'DLMS 事件', 'dlms', 'event',
   array['7:0.0.99.98.0.255:2', '7:0.0.99.98.1.255:2', '7:0.0.99.98.2.255:2',
         '7:0.0.99.98.4.255:2'], 86400, 10800, 15);
