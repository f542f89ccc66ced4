-- Methods of estimation, in the order in which they are tried; each says when it may be used.
insert into validation_rule
  (kind, code, version, act, severity, parameters, position, valid_from, made_by, made_at)
select 'method', r.code, 1, 'estimate', 'low', r.parameters::jsonb, r.position,
  '2000-01-01T00:00Z', 'installation', '2000-01-01T00:00Z'
from (values
  ('generation', '{"registers": ["2.8.0", "2.8.1", "2.8.2", "2.8.3", "2.8.4"], "days": 8}', 1),
  ('linear', '{"missingMax": 2}', 2),
  ('reference-shape', '{"hoursMin": 48, "days": 8, "daysMin": 4}', 3),
  ('similar-days', '{"days": 8, "daysMin": 4}', 4),
  ('average', '{"daysMin": 1}', 5),
  ('proration', '{}', 6)
) as r (code, parameters, position);
