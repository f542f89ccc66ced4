-- A rate below its band that is not below zero is a low one (低损), not a negative one.
insert into loss_exception_kind (code, class, severity, enabled, opens_case, case_after_days)
  select 'low', class, 'medium', enabled, opens_case, case_after_days
  from loss_exception_kind where code = 'negative';
-- Those that are work keep their name until they end, as their work does.
update loss_exception set kind = 'low'
  where kind = 'negative' and not has_case and (detail->>'rate')::numeric >= 0;
