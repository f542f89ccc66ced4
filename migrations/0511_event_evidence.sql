-- From an event of a device to the frames that told it. Frames of a concentrator are kept under its
-- number below zero. Ask by event_id. Owner: src/evidence.
create view event_evidence as
select e.id as event_id, e.meter_id, e.concentrator_id, e.code, x.edge, f.received_at, f.position,
  f.at, f.direction, f.frame, f.masked, f.cut
from device_event e
cross join lateral (
  values ('began', e.received_at),
    ('ended', to_timestamp((e.ended_by -> 'end' ->> 'receivedAt')::float8 / 1000))) as x (edge, told_at)
join frame_evidence f on f.meter_id = coalesce(e.meter_id, -e.concentrator_id)
  and f.received_at = x.told_at
-- Told with one frame: shown once.
where x.edge = 'began' or x.told_at is distinct from e.received_at;
