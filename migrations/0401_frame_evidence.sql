-- What went over the wire in each visit (原始报文): kept for some days, to be laid beside the readings
-- that it brought. direction: 1 sent, 2 received. Owner: src/evidence.
create table frame_evidence (
  received_at timestamptz not null,
  at timestamptz not null,
  meter_id int not null,
  position smallint not null check (position >= 0),
  direction smallint not null check (direction in (1, 2)),
  -- Longer than what is kept.
  cut boolean not null,
  -- A zero for each byte of a password or a key; `masked` says where, as pairs of from and to.
  frame bytea not null,
  masked smallint[]
);
select create_hypertable('frame_evidence', by_range('received_at', interval '1 day'),
  create_default_indexes => false);
-- Not unique: two messages of one meter may come in one millisecond.
create index frame_evidence_of_visit on frame_evidence (meter_id, received_at);
alter table frame_evidence set (timescaledb.compress,
  timescaledb.compress_segmentby = 'meter_id', timescaledb.compress_orderby = 'received_at, position');

-- From a reading to the frames that brought it and the slot that it answers. Readings in columns of
-- their own have no item here. Ask by meter_id and measured_at.
create view reading_evidence as
select r.meter_id, r.measured_at, r.received_at, r.data_class, r.item,
  s.plan_id, s.slot_start, s.due, s.answered_at, s.state, s.attempts, s.reason,
  f.position, f.at, f.direction, f.frame, f.masked, f.cut
from (
  select meter_id, measured_at, received_at, data_class, null::text as item from reading_curve
  union all
  select meter_id, measured_at, received_at, data_class, null from reading_daily
  union all
  select meter_id, measured_at, received_at, data_class, item from reading_item) as r
left join lateral (
  select c.plan_id, c.slot_start, c.due, c.answered_at, c.state, c.attempts, c.reason
  from collection_slot c
  where c.meter_id = r.meter_id and c.answered_at = r.received_at
    -- For the planner: no catch-up reaches further, and no slot begins after its answer.
    and c.slot_start between r.received_at - interval '70 days' and r.received_at
  -- A visit that caught up brought values of many slots: the one that holds the reading.
  order by (c.slot_start <= r.measured_at) desc,
    abs(extract(epoch from c.slot_start - r.measured_at)), c.plan_id
  limit 1) as s on true
left join frame_evidence f on f.meter_id = r.meter_id and f.received_at = r.received_at;
