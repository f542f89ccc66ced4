-- A change of meter or transformers whose register nobody knows (换表示数缺失).
insert into validation_rule
  (kind, code, version, act, severity, parameters, position, valid_from, made_by, made_at)
values ('rule', 'swap-unresolved', 1, 'flag', 'high', '{}', null,
  '2000-01-01T00:00Z', 'installation', '2000-01-01T00:00Z');
