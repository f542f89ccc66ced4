-- A slot belongs to a poll plan: two plans of one protocol and class would otherwise share slots
-- and hide what one of them missed. Slots from before take the plan they were read by; those of no
-- plan that is left keep apart by a number that no plan has.
alter table collection_slot add column plan_id int;
update collection_slot s set plan_id = coalesce(
  (select min(p.id) from poll_plan p join meter m on m.protocol = p.protocol
   where m.id = s.meter_id
     and p.data_class = (array['current', 'interval', 'daily', 'monthly'])[s.data_class]),
  -s.data_class);
alter table collection_slot drop constraint collection_slot_pkey;
alter table collection_slot drop column data_class;
alter table collection_slot alter column plan_id set not null;
alter table collection_slot add primary key (meter_id, plan_id, slot_start);
-- What is still owed: few at any time, among all that ever were.
create index collection_slot_due on collection_slot (plan_id, slot_start) where state = 1;
