-- What meters tell of themselves (主动上报) and no rule judged: too much load, and supply that keeps
-- failing at one usage point, as loose terminals and taken wires do. Owner: src/anomaly.
insert into anomaly_rule (code, version, shape, parameters, severity, base_score, raise_days,
  raise_within, clear_days, opens_case, valid_from, made_by)
select r.code, 1, r.shape, r.parameters::jsonb, r.severity, r.base_score, r.raise_days,
  r.raise_within, r.clear_days, r.opens_case, '2000-01-01T00:00Z', 'installation'
from (values
  ('load-fault-told', 'event', '{"codes": ["over-current", "overload", "demand-over-limit",
    "apparent-power-limits"]}', 'medium', 40, 1, 1, 7, false),
  ('power-failure-often', 'event', '{"codes": ["power-failure"], "count": 3, "within": 30}', 'low',
    30, 1, 1, 7, false)
) as r (code, shape, parameters, severity, base_score, raise_days, raise_within, clear_days,
  opens_case);
