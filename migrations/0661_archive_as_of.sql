-- What a file says for a later day is in the dated tables at once and holds when its moment comes.
-- Until then everything that repeats or asks what holds now keeps to `as_of`, up to which the
-- moments at which something begins or ends have been taken in. Without a running head-end nothing
-- is to come: every row without an end holds.
alter table archive_revision add column as_of timestamptz not null default 'infinity';

-- Moments to come at which something in the archive begins or ends.
create table archive_due (
  at timestamptz primary key
);

create view installation_now as
select i.* from installation i, archive_revision r
where i.valid_from <= r.as_of and (i.valid_to is null or i.valid_to > r.as_of);

create view usage_point_place_now as
select w.* from usage_point_place w, archive_revision r
where w.valid_from <= r.as_of and (w.valid_to is null or w.valid_to > r.as_of);

create view account_usage_point_now as
select h.* from account_usage_point h, archive_revision r
where h.valid_from <= r.as_of and (h.valid_to is null or h.valid_to > r.as_of);

create view grid_link_now as
select l.* from grid_link l, archive_revision r
where l.valid_from <= r.as_of and (l.valid_to is null or l.valid_to > r.as_of);

create or replace view meter_group_member as
select g.id as group_id, m.id as meter_id
from meter_group g
join meter m on g.filter is not null
join channel ch on ch.id = m.channel_id
left join concentrator co on co.channel_id = m.channel_id
left join installation_now i on i.meter_id = m.id
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

create or replace view read_target as
select m.id as meter_id, m.address, m.channel_id, co.address as concentrator, tr.code as area
from meter m
left join concentrator co on co.channel_id = m.channel_id
left join installation_now i on i.meter_id = m.id
left join usage_point up on up.id = i.usage_point_id
left join transformer tr on tr.id = coalesce(up.transformer_id, co.transformer_id);
