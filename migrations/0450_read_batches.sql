-- On-demand reads of up to a hundred thousand meters (批量召测): their items are taken from here by
-- channel, a few at a time. Owner: src/collection.
alter table read_request
  drop constraint read_request_state_check,
  drop constraint read_request_check,
  -- Of the meters and items that were asked for: the same key with another request is told apart.
  add column digest text not null default '',
  add column meters int not null default 0,
  add column total int not null default 0,
  add column answered int not null default 0,
  add column failed int not null default 0,
  add column cancelled int not null default 0,
  add column started_at timestamptz,
  add column last_at timestamptz,
  -- Until when devices that are away are waited for; what is not asked by then is given up.
  add column deadline timestamptz,
  add column cancelled_at timestamptz,
  add column cancelled_by text,
  add constraint read_request_state_check
    check (state in ('requested', 'running', 'done', 'partial', 'failed', 'cancelled')),
  add constraint read_request_check
    check ((finished_at is not null) = (state in ('done', 'partial', 'failed', 'cancelled'))),
  add constraint read_request_cancelled_check
    check ((cancelled_at is null) = (cancelled_by is null));

alter table read_request_item
  drop constraint read_request_item_state_check,
  drop constraint read_request_item_check,
  drop constraint read_request_item_check1,
  add column channel_id int,
  add constraint read_request_item_state_check
    check (state in ('waiting', 'running', 'answered', 'failed', 'cancelled')),
  add constraint read_request_item_check
    check ((answered_at is not null) = (state in ('answered', 'failed', 'cancelled'))),
  add constraint read_request_item_check1
    check ((state in ('failed', 'cancelled')) = (reason_code is not null));
update read_request_item i set channel_id = m.channel_id from meter m where m.id = i.meter_id;
alter table read_request_item alter column channel_id set not null;
create index read_request_item_waiting on read_request_item (request_id, channel_id, meter_id)
  where state = 'waiting';
create index read_request_item_running on read_request_item (request_id) where state = 'running';

update read_request r set meters = i.meters, total = i.total, answered = i.answered,
  failed = i.failed, started_at = i.first, last_at = i.last
from (
  select request_id, count(distinct meter_id) as meters, count(*) as total,
    count(*) filter (where state = 'answered') as answered,
    count(*) filter (where state = 'failed') as failed,
    min(answered_at) as first, max(answered_at) as last
  from read_request_item group by request_id) as i
where i.request_id = r.id;

-- How people name meters: by address, by concentrator, by transformer area.
create view read_target as
select m.id as meter_id, m.address, m.channel_id, co.address as concentrator, tr.code as area
from meter m
left join concentrator co on co.channel_id = m.channel_id
left join installation i on i.meter_id = m.id and i.valid_to is null
left join usage_point up on up.id = i.usage_point_id
left join transformer tr on tr.id = coalesce(up.transformer_id, co.transformer_id);
