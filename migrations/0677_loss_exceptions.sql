-- What the catalogue of exceptions lacked: an area whose users are others than the marketing system
-- says (户变关系与营销不一致), and something that counts there of which the archive knows neither a
-- meter nor an account (有模型无档案).
insert into loss_exception_kind (code, class, severity, opens_case, case_after_days) values
  ('relation-differs', 'archive', 'medium', true, 3),
  ('no-archive', 'archive', 'medium', false, 1);
