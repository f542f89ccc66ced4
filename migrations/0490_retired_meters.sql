-- Owner: src/collection.

-- A meter that was taken away is asked no more, whoever it was for.
create or replace view plan_meter as
select p.id as plan_id, m.id as meter_id
from poll_plan p join meter m on m.protocol = p.protocol
where p.group_id is null and m.retired_at is null
union all
select p.id, m.id
from poll_plan p
join meter_group_member g on g.group_id = p.group_id
join meter m on m.id = g.meter_id and m.protocol = p.protocol
where m.retired_at is null;
