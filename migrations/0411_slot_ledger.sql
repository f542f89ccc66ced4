-- The slot ledger (采集台账): every slot is there before it is due, once, and says how it ended.
-- state: 1 due, 2 received, 3 late, 4 given up, 5 not expected, 6 estimated. Owner: src/collection.

alter table collection_slot drop constraint collection_slot_state_check;
alter table collection_slot drop constraint collection_slot_check1;
alter table collection_slot
  add constraint collection_slot_state_check check (state between 1 and 6),
  -- Why it was given up or is not expected; by which method it was estimated. A slot that was given
  -- up once keeps its reason when it is received after all: it was not received at first.
  add constraint collection_slot_reason_check check ((state in (4, 5, 6)) <= (reason is not null));

-- A million meters fill a chunk of a day with a hundred million slots.
select set_chunk_time_interval('collection_slot', interval '1 day');
drop index collection_slot_start;
-- What may still come, by meter: what a channel asks its meters for, and what is missing.
create index collection_slot_open on collection_slot (meter_id, plan_id, slot_start)
  where state in (1, 4);
alter table collection_slot set (timescaledb.compress,
  timescaledb.compress_segmentby = 'plan_id',
  timescaledb.compress_orderby = 'meter_id, slot_start');

-- How far the slots of a task are written down: all that start before. It moves in the transaction
-- that writes them, so that each is written once, whoever was away for how long.
create table collection_horizon (
  plan_id int primary key,
  horizon timestamptz not null,
  -- What the slots were made by; another cadence begins anew.
  cycle_seconds int not null,
  offset_seconds int not null,
  active boolean not null
);
insert into collection_horizon (plan_id, horizon, cycle_seconds, offset_seconds, active)
select s.plan_id, max(s.slot_start) + interval '1 millisecond', p.cycle_seconds,
  p.offset_seconds, p.enabled
from collection_slot s join poll_plan p on p.id = s.plan_id
group by s.plan_id, p.cycle_seconds, p.offset_seconds, p.enabled;

-- Whom slots of a task are written down for, from when and until when.
create table collection_member (
  plan_id int not null,
  meter_id int not null,
  since timestamptz not null,
  until timestamptz,
  reason text,
  -- False while slots that exist already do not follow it.
  settled boolean not null default false,
  primary key (plan_id, meter_id),
  check ((until is null) = (reason is null))
);
create index collection_member_meter on collection_member (meter_id);
create index collection_member_unsettled on collection_member (plan_id) where not settled;
insert into collection_member (plan_id, meter_id, since, settled)
select plan_id, meter_id, min(slot_start), true from collection_slot
where plan_id > 0 group by plan_id, meter_id;

-- Each change of slots moves the version of their business day. A day whose version was counted is
-- answered from its sums, every other one from its slots.
create table collection_mark (
  date date not null,
  plan_id int not null,
  -- When the day began: in another zone it is another day.
  opens timestamptz not null,
  version bigint not null default 1,
  counted bigint not null default 0,
  primary key (date, plan_id)
) with (fillfactor = 50);

create table collection_day (
  date date not null,
  plan_id int not null,
  channel_id int not null,
  transformer_id int,
  model text,
  due int not null,
  received int not null,
  late int not null,
  given_up int not null,
  not_expected int not null,
  estimated int not null,
  first_pass int not null
);
create index collection_day_date on collection_day (date, plan_id);
