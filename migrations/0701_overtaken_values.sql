-- A meter's own value that comes after somebody wrote or brought one of that moment counts again.
-- Where both differ, people are told.
insert into validation_rule
  (kind, code, version, act, severity, parameters, position, valid_from, made_by, made_at)
values ('rule', 'overtaken', 1, 'flag', 'medium', '{"tolerance": "0.01"}', null,
  '2000-01-01T00:00Z', 'installation', '2000-01-01T00:00Z');
