-- How far back the values of a plan can still be had (补采), and how they are asked for then.
-- In an item, {from} is the meter's wall clock of the first record and {count} how many;
-- {nth} is how many freezes ago, as two hex digits. A plan without such items cannot be caught up:
-- a present value is gone with its moment.
alter table poll_plan
  add column catch_up_seconds int not null default 0
    check (catch_up_seconds between 0 and 5356800),
  add column catch_up_items text[] not null default '{}' check (cardinality(catch_up_items) <= 200),
  -- Neighbouring slots that one visit may fetch.
  add column catch_up_slots smallint not null default 1 check (catch_up_slots between 1 and 96),
  add check ((catch_up_seconds > 0) = (cardinality(catch_up_items) > 0));

-- At most nine records: up to there meters agree on how N is written.
update poll_plan set catch_up_seconds = 7 * 86400, catch_up_slots = 8,
  catch_up_items = array['06040001:{count}@{from}']
where protocol = 'dlt645-2007' and items = array['06040002:4'];

-- A meter keeps 62 daily freezes; a month covers what a bill needs.
update poll_plan set catch_up_seconds = 31 * 86400,
  catch_up_items = array['050600{nth}', '050601{nth}', '050602{nth}']
where protocol = 'dlt645-2007' and data_class = 'daily'
  and items = array['05060001', '05060101', '05060201', '05060002', '05060102', '05060202',
                    '05060003', '05060103', '05060203'];
