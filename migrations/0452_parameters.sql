-- Settings of devices that may be read and written from here (远程参数). Owner: src/parameters.

-- Whatever is not listed is refused. `people` stand behind each write.
create table parameter_rule (
  protocol text not null,
  -- The beginning of the item's id.
  prefix text not null check (prefix <> ''),
  name text not null,
  effect text not null check (effect in ('write', 'price')),
  people smallint not null check (people in (1, 2)),
  primary key (protocol, prefix)
);
insert into parameter_rule (protocol, prefix, name, effect, people) values
  ('dlt645-2007', '04010', 'time zone and period tables, first set (第一套时区时段表)', 'price', 2),
  ('dlt645-2007', '04020', 'time zone and period tables, second set (第二套时区时段表)', 'price', 2),
  ('dlt645-2007', '04000106', 'switch of the zone tables (两套时区表切换时间)', 'price', 2),
  ('dlt645-2007', '04000107', 'switch of the period tables (两套时段表切换时间)', 'price', 2),
  ('dlt645-2007', '04000B', 'settlement days (结算日)', 'price', 2),
  ('dlt645-2007', '0400090', 'what load records hold (负荷记录模式字)', 'write', 1),
  ('dlt645-2007', '04000A', 'start and intervals of load records (负荷记录间隔)', 'write', 1),
  ('dlt645-2007', '040012', 'freezes (冻结参数)', 'write', 1),
  -- 06 and 07 behind these are the ratios of the transformers: never from here.
  ('dlt645-2007', '04000301', 'screens shown in turn (自动循环显示屏数)', 'write', 1),
  ('dlt645-2007', '04000302', 'how long each is shown (每屏显示时间)', 'write', 1),
  ('dlt645-2007', '04000303', 'decimals of energy shown (显示电能小数位数)', 'write', 1),
  ('dlt645-2007', '04000304', 'decimals of power shown (显示功率小数位数)', 'write', 1),
  ('dlt645-2007', '04000305', 'screens shown by the button (按键循环显示屏数)', 'write', 1),
  ('gdw376', '04-F9', 'events that are recorded (事件记录配置)', 'write', 1),
  ('gdw376', '04-F65', 'reports of class 1 (定时上报1类数据任务)', 'write', 1),
  ('gdw376', '04-F66', 'reports of class 2 (定时上报2类数据任务)', 'write', 1),
  ('gdw376', '04-F67', 'reports of class 1 on and off (任务启停)', 'write', 1),
  ('gdw376', '04-F68', 'reports of class 2 on and off (任务启停)', 'write', 1),
  ('gdw376', '04-F33', 'how the terminal reads its meters (终端抄表运行参数)', 'write', 1),
  ('dlt698', '43000800', 'whether it reports unasked (允许主动上报)', 'write', 1),
  ('dlt698', '43000700', 'whether it is followed (允许跟随上报)', 'write', 1),
  ('dlt698', '601', 'tasks and schemes (采集任务与方案)', 'write', 1);

-- A wish for many meters, carried out one by one.
create table parameter_run (
  id int generated always as identity primary key,
  name text not null check (name <> ''),
  state text not null check (state in ('running', 'stopped', 'done')),
  -- Share of failures, in per cent, at which nothing more is begun.
  stop_percent smallint not null check (stop_percent between 1 and 100),
  requested_by text not null,
  requested_at timestamptz not null,
  ended_at timestamptz,
  reason text,
  check ((ended_at is not null) = (state in ('stopped', 'done')))
);

create table parameter_write (
  id int generated always as identity primary key,
  run_id int references parameter_run,
  meter_id int not null references meter,
  channel_id int not null,
  item text not null,
  wanted text not null,
  people_needed smallint not null,
  effect text not null,
  state text not null check (state in
    ('proposed', 'approved', 'sending', 'unknown', 'done', 'failed', 'refused', 'rejected')),
  requested_by text not null,
  requested_at timestamptz not null,
  approvers text[] not null,
  before_value text,
  after_value text,
  sent_at timestamptz,
  attempts smallint not null default 0,
  next_at timestamptz not null,
  reason text,
  ended_at timestamptz,
  check (cardinality(approvers) >= people_needed or state not in ('approved', 'sending', 'done')),
  check ((ended_at is not null) = (state in ('done', 'failed', 'refused', 'rejected')))
);
create unique index parameter_write_open on parameter_write (meter_id, item)
  where state in ('proposed', 'approved', 'sending', 'unknown');
create index parameter_write_ready on parameter_write (next_at)
  where state in ('approved', 'sending', 'unknown');
create index parameter_write_run on parameter_write (run_id, id) where run_id is not null;
create index parameter_write_meter on parameter_write (meter_id, id);
