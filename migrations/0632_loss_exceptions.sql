-- What is wrong with a loss (线损异常), as a catalogue of kinds and what was found.

create table loss_exception_kind (
  code text primary key,
  -- `loss`: the loss itself; `data`: what it is computed from; `archive`: how it is modelled.
  class text not null check (class in ('loss', 'data', 'archive')),
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  enabled boolean not null default true,
  -- Whether it becomes work for somebody once it has stood for so many days.
  opens_case boolean not null,
  case_after_days int not null default 1 check (case_after_days >= 1)
);
insert into loss_exception_kind (code, class, severity, opens_case, case_after_days) values
  ('high', 'loss', 'high', true, 2),
  ('negative', 'loss', 'high', true, 2),
  ('sudden-change', 'loss', 'medium', true, 1),
  ('bus-imbalance', 'loss', 'high', true, 1),
  ('new-this-month', 'loss', 'medium', false, 1),
  ('two-months', 'loss', 'high', true, 1),
  ('three-months', 'loss', 'critical', true, 1),
  ('users-failed', 'data', 'low', false, 1),
  ('reading-missing', 'data', 'medium', true, 3),
  ('register-fell', 'data', 'medium', true, 1),
  ('swap-unresolved', 'data', 'medium', true, 3),
  ('source-abnormal', 'data', 'medium', true, 3),
  ('relation-empty', 'archive', 'medium', true, 3),
  ('no-transformer', 'archive', 'low', false, 1),
  ('no-metering-point', 'archive', 'medium', true, 3),
  ('no-model', 'archive', 'medium', false, 1),
  ('source-not-input', 'archive', 'medium', true, 3),
  ('feedback-not-output', 'archive', 'medium', true, 3);

create table loss_exception (
  id int generated always as identity primary key,
  scope text not null,
  scope_id int not null,
  kind text not null references loss_exception_kind,
  began_on date not null,
  last_on date not null check (last_on >= began_on),
  -- The day on which it was seen to be over.
  ended_on date check (ended_on >= began_on),
  days int not null default 1 check (days > 0),
  detail jsonb not null check (jsonb_typeof(detail) = 'object'),
  has_case boolean not null default false
);
create unique index loss_exception_open on loss_exception (scope, scope_id, kind)
  where ended_on is null;
create index loss_exception_scope on loss_exception (scope, scope_id, began_on);
