-- What a network lost on a past day is computed with the resistance that held on that day. A
-- resistance holds from `valid_from` until the next one of its node; a month goes by its end.
alter table loss_network add column valid_from timestamptz;
-- What stands today stood for every day so far.
update loss_network set valid_from = '-infinity';
alter table loss_network alter column valid_from set not null,
  drop constraint loss_network_pkey,
  add primary key (node_id, valid_from);
