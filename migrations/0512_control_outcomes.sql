-- What came of every order to a device (控制结果): answered, refused, unanswered by the gate's journal,
-- and what a read-back showed of settings and clocks. Owner: src/diagnosis.
create view control_outcome as
select m.id as meter_id, case when m.id is null then c.id end as concentrator_id, j.at, j.effect,
  case when j.outcome[1] = 'answered' then 'answered'
    when j.outcome[1] like 'refused%' then 'refused' else 'unanswered' end as outcome,
  'gate-journal/' || j.seq as reference, j.outcome[1] as detail
from gate_journal j
left join meter m on m.protocol = j.protocol and m.address = j.address and m.retired_at is null
left join concentrator c on c.address = j.address
where j.event = 'ended' and j.outcome[1] <> 'not-sent' and num_nonnulls(m.id, c.id) > 0
union all
select w.meter_id, null, w.ended_at, w.effect,
  case when w.state = 'done' then 'proven' else 'wrong-state' end,
  'parameter-write/' || w.id,
  'wanted ' || w.wanted || ', read back ' || w.after_value
from parameter_write w
where w.state = 'done' or (w.state = 'failed' and w.sent_at is not null
  and w.after_value is not null and w.after_value <> w.wanted)
union all
select case when k.kind = 'meter' then k.device_id end,
  case when k.kind = 'terminal' then k.device_id end, k.ended_at, 'clock',
  case when k.state = 'done' then 'proven' else 'wrong-state' end, 'clock-correction/' || k.id,
  'off by ' || k.after_offset_ms || ' ms after it was set'
from clock_correction k
where k.sent_at is not null
  and (k.state = 'done' or (k.state = 'failed' and k.after_offset_ms is not null));
