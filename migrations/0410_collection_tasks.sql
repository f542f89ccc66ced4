-- Poll plans become task templates (采集任务模板): for whom, from when to when, and until when a
-- value is in time. Owner: src/collection.

-- Meters that are read alike (采集对象组): those with all of these attributes, and those listed.
create table meter_group (
  id int generated always as identity primary key,
  name text not null unique check (name <> ''),
  -- Each key names an attribute and the values it may have: protocol, profile, model, channelKind,
  -- concentrator, transformer, addressPrefix. Null: nobody but those listed.
  filter jsonb check (jsonb_typeof(filter) = 'object'),
  revision int not null default 1
);
create table meter_group_meter (
  group_id int not null references meter_group on delete cascade,
  meter_id int not null references meter,
  primary key (group_id, meter_id)
);
create index meter_group_meter_meter on meter_group_meter (meter_id);

create view meter_group_member as
select g.id as group_id, m.id as meter_id
from meter_group g
join meter m on g.filter is not null
join channel ch on ch.id = m.channel_id
left join concentrator co on co.channel_id = m.channel_id
left join installation i on i.meter_id = m.id and i.valid_to is null
left join usage_point up on up.id = i.usage_point_id
left join transformer tr on tr.id = coalesce(up.transformer_id, co.transformer_id)
where (not g.filter ? 'protocol' or g.filter -> 'protocol' ? m.protocol)
  and (not g.filter ? 'profile' or g.filter -> 'profile' ? coalesce(m.profile, ''))
  and (not g.filter ? 'model' or g.filter -> 'model' ? coalesce(m.model, ''))
  and (not g.filter ? 'channelKind' or g.filter -> 'channelKind' ? ch.kind)
  and (not g.filter ? 'concentrator' or coalesce(g.filter -> 'concentrator' ? co.address, false))
  and (not g.filter ? 'transformer' or coalesce(g.filter -> 'transformer' ? tr.code, false))
  and (not g.filter ? 'addressPrefix' or exists (
    select from jsonb_array_elements_text(g.filter -> 'addressPrefix') as p (prefix)
    where starts_with(m.address, p.prefix)))
union
select group_id, meter_id from meter_group_meter;

alter table poll_plan
  add column name_zh text not null default '',
  -- Null: every meter of the protocol.
  add column group_id int references meter_group,
  -- Seconds after the slot's start within which a value is in time; null: by the data class.
  add column window_seconds int check (window_seconds between 1 and 5356800),
  -- Business dates; the second one is the first day on which it does not hold any more.
  add column valid_from date,
  add column valid_to date,
  -- How often people changed it; 0 is as it came with the product.
  add column revision int not null default 0,
  add check (valid_to > valid_from);
alter table poll_plan add column timely_seconds int not null generated always as (
  coalesce(window_seconds,
    case when data_class = 'monthly' then 3 * 86400 else least(cycle_seconds, 86400) end)) stored;

update poll_plan set name_zh = v.zh
from (values
  ('DL/T 645 present values', 'DL/T 645 当前数据'),
  ('DL/T 645 daily freeze', 'DL/T 645 日冻结'),
  ('DL/T 645 load profile', 'DL/T 645 负荷曲线'),
  ('Modbus present values', 'Modbus 当前数据'),
  ('MQTT reports', 'MQTT 主动上报'),
  ('DL/T 645-1997 present values', 'DL/T 645-1997 当前数据'),
  ('376.1 present values', '376.1 当前数据'),
  ('376.1 daily freeze', '376.1 日冻结'),
  ('376.1 load curve', '376.1 负荷曲线'),
  ('698.45 present values', '698.45 当前数据'),
  ('698.45 daily freeze', '698.45 日冻结'),
  ('698.45 load curve', '698.45 负荷曲线'),
  ('DLMS present values', 'DLMS 当前数据'),
  ('DLMS daily profile', 'DLMS 日冻结'),
  ('DLMS load profile', 'DLMS 负荷曲线')) as v (name, zh)
where poll_plan.name = v.name;

-- Whom a task is for, where and while it is enabled.
create view plan_meter as
select p.id as plan_id, m.id as meter_id
from poll_plan p join meter m on m.protocol = p.protocol
where p.group_id is null
union all
select p.id, m.id
from poll_plan p
join meter_group_member g on g.group_id = p.group_id
join meter m on m.id = g.meter_id and m.protocol = p.protocol;
