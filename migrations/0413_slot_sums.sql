-- Sums of slots that are true at every moment: whoever changes slots moves them in the same
-- transaction. Owner: src/collection.

drop table collection_day;
drop table collection_mark;

-- What sums may be told apart by, once for each combination that occurs; nothing is 0 or ''.
create table collection_place (
  id int generated always as identity primary key,
  channel_id int not null,
  transformer_id int not null default 0,
  model text not null default '',
  maker text not null default '',
  unique (channel_id, transformer_id, model, maker)
);

-- Where the slots of a meter are counted; a meter without a row is at place 0.
create table collection_located (
  meter_id int primary key,
  place_id int not null
) with (fillfactor = 80);

create table collection_day (
  date date not null,
  plan_id int not null,
  place_id int not null,
  due int not null,
  received int not null,
  late int not null,
  given_up int not null,
  not_expected int not null,
  estimated int not null,
  first_pass int not null,
  primary key (date, plan_id, place_id)
) with (fillfactor = 50);
-- Which days have slots of a task, and whether their sums hold all of them.
create table collection_mark (
  date date not null,
  plan_id int not null,
  -- When the day began: in another zone it is another day.
  opens timestamptz not null,
  is_whole boolean not null,
  primary key (date, plan_id)
);
create index collection_mark_partial on collection_mark (date) where not is_whole;
-- What was there before has no sums yet, whatever the zone.
insert into collection_mark (date, plan_id, opens, is_whole)
select d::date, s.plan_id, 'epoch', false
from (select plan_id, min(slot_start) as first, max(slot_start) as last
  from collection_slot group by plan_id) s,
  generate_series((s.first at time zone 'UTC')::date - 1, (s.last at time zone 'UTC')::date + 1,
    interval '1 day') d;

-- A slot that is written down costs one index, one that is received none: no column that an index
-- looks at changes. What was missed has a reason, and so has what nobody asked for in time.
drop index collection_slot_due;
drop index collection_slot_open;
create index collection_slot_reason on collection_slot (meter_id, plan_id, slot_start)
  where reason is not null;
-- Slots are written in the order of time.
create index collection_slot_time on collection_slot
  using brin (slot_start) with (pages_per_range = 64, autosummarize = on);
