-- Who is told what, as data: telephone numbers of people who work here, rules, quiet hours and limits.
-- Owners: src/identity (people), src/fieldwork (assignees), src/messages (the rest).

alter table app_user
  add column telephone text check (telephone ~ '^\+?\d{5,20}$'),
  add column locale text not null default 'zh' check (locale in ('zh', 'en')),
  -- What happened before is not told any more.
  add column telephone_since timestamptz,
  add check ((telephone is null) = (telephone_since is null));

alter table field_order add column assignee_id integer references app_user;

-- For the whole utility: one row.
create table message_policy (
  id smallint primary key default 1 check (id = 1),
  -- In the utility's time, over midnight where from > to; equal hours are none.
  quiet_from_hour smallint not null check (quiet_from_hour between 0 and 23),
  quiet_to_hour smallint not null check (quiet_to_hour between 0 and 23),
  -- So many messages to one person an hour.
  person_hour_max smallint not null check (person_hour_max between 1 and 1000)
);
insert into message_policy (quiet_from_hour, quiet_to_hour, person_hour_max) values (21, 8, 6);

create table message_rule (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{0,39}$'),
  occasion text not null check (occasion in ('case.opened', 'case.assigned', 'order.assigned',
    'order.hanging', 'firmware.stopped', 'device.event')),
  -- 1 low, 2 medium, 3 high, 4 critical.
  min_severity smallint not null default 1 check (min_severity between 1 and 4),
  -- Kinds of cases, codes of events; null for all.
  topics text[] check (cardinality(topics) between 1 and 100),
  to_assignee boolean not null default false,
  to_role text check (to_role in ('admin', 'operator', 'billing', 'approver', 'technician',
    'auditor', 'security')),
  template text not null,
  urgent boolean not null default false,
  -- Null: as the policy has it.
  quiet_from_hour smallint check (quiet_from_hour between 0 and 23),
  quiet_to_hour smallint check (quiet_to_hour between 0 and 23),
  -- So many messages of this rule to one person an hour; what is over waits while it is worth telling.
  person_hour_max smallint check (person_hour_max between 1 and 1000),
  valid_minutes integer not null default 1440 check (valid_minutes between 5 and 10080),
  enabled boolean not null default true,
  -- What happened before is not told by it.
  since timestamptz not null default '2000-01-01 00:00+00',
  check (to_assignee or to_role is not null),
  check ((quiet_from_hour is null) = (quiet_to_hour is null))
);

insert into message_template (code, locale, body) values
  ('case.opened', 'zh', '新线索{case}：{kind}（{severity}），{subject}，请于{due}前处理。'),
  ('case.opened', 'en', 'New case {case}: {kind} ({severity}), {subject}; due by {due}.'),
  ('order.assigned', 'zh', '现场工单{order}（{kind}）已派给您：{reason}。'),
  ('order.assigned', 'en', 'Field order {order} ({kind}) is yours: {reason}.'),
  ('firmware.stopped', 'zh', '升级任务{campaign}已自动停止：失败{failed}台，成功{done}台。'),
  ('firmware.stopped', 'en', 'Firmware campaign {campaign} stopped: {failed} failed, {done} done.'),
  ('device.event', 'zh', '{device}发生{event}，时间{at}。'),
  ('device.event', 'en', '{event} at {device}, {at}.');

insert into message_rule
  (name, occasion, min_severity, to_assignee, to_role, template, urgent, person_hour_max)
values
  ('case-opened', 'case.opened', 3, false, 'operator', 'case.opened', false, 4),
  ('case-assigned', 'case.assigned', 1, true, null, 'case.assigned', false, null),
  ('order-assigned', 'order.assigned', 1, true, null, 'order.assigned', false, null),
  ('order-hanging', 'order.hanging', 1, true, 'operator', 'order.hanging', false, 4),
  ('firmware-stopped', 'firmware.stopped', 1, false, 'operator', 'firmware.stopped', true, null),
  ('device-event', 'device.event', 4, false, 'operator', 'device.event', true, 4);

-- What a rule said of a message, as it was when it was put in; null: as the policy has it.
alter table message
  add column rule text,
  add column quiet_from_hour smallint check (quiet_from_hour between 0 and 23),
  add column quiet_to_hour smallint check (quiet_to_hour between 0 and 23);
create index message_of_rule on message (rule, recipient, created_at) where rule is not null;

create index work_case_history_at on work_case_history (at);
create index field_order_event_at on field_order_event (at);
create index firmware_event_at on firmware_event (at);

-- What may be told, of every owner; `ref` is the same for the same occasion for ever.
create view message_occasion as
select 'case/' || c.id || '/' || h.seq as ref,
  case when h.act = 'assigned' then 'case.assigned'
    when c.kind = 'order.hanging' then 'order.hanging' else 'case.opened' end as occasion,
  c.kind as topic, c.severity, h.at,
  case when h.act = 'assigned' then (h.detail ->> 'to')::int else o.assignee_id end as assignee_id,
  case when c.kind = 'order.hanging' then 'field-order/' || (h.detail ->> 'order')
    else 'case/' || c.id end as reference,
  jsonb_build_object('case', c.id, 'kind', c.kind, 'severity', c.severity, 'due', c.due_at,
    'subject', coalesce(m.address, co.address, up.code, tr.code, ''),
    'order', h.detail ->> 'order', 'step', h.detail ->> 'step', 'since', h.detail -> 'since')
    as facts
from work_case_history h
join work_case c on c.id = h.case_id
left join meter m on m.id = c.meter_id
left join concentrator co on co.id = c.concentrator_id
left join usage_point up on up.id = c.usage_point_id
left join transformer tr on tr.id = c.transformer_id
left join field_order o on c.kind = 'order.hanging' and o.id = (h.detail ->> 'order')::int
where h.act in ('opened', 'reopened', 'worsened', 'assigned') and c.kind <> 'firmware.stopped'
union all
select 'order/' || e.seq, 'order.assigned', o.kind, 2, e.at, (e.detail ->> 'to')::int,
  'field-order/' || o.id,
  jsonb_build_object('order', o.id, 'kind', o.kind, 'reason', o.spec ->> 'reason')
from field_order_event e join field_order o on o.id = e.order_id
where e.event = 'assigned'
union all
select 'firmware/' || e.seq, 'firmware.stopped', 'firmware.stopped', 3, e.at, null,
  'firmware-campaign/' || e.campaign_id,
  jsonb_build_object('campaign', e.campaign_id, 'done', e.detail -> 'done',
    'failed', e.detail -> 'failed')
from firmware_event e where e.event = 'stopped';
