-- Work that was found (工单线索): opened by evidence and closed by evidence. The same finding is the
-- same case, however often it comes. Owner: src/cases.
create table work_case (
  id integer generated always as identity primary key,
  kind text not null check (kind ~ '^[a-z][a-z0-9.-]{0,63}$'),
  -- What makes two findings one.
  dedupe_key text not null unique check (char_length(dedupe_key) between 1 and 200),
  meter_id integer references meter,
  concentrator_id integer references concentrator,
  usage_point_id integer references usage_point,
  transformer_id integer references transformer,
  -- 1 low, 2 medium, 3 high, 4 critical.
  severity smallint not null check (severity between 1 and 4),
  state text not null check (state in ('open', 'assigned', 'working', 'closed', 'dismissed')),
  assignee_id integer references app_user,
  due_at timestamptz not null,
  opened_at timestamptz not null,
  last_found_at timestamptz not null,
  times_found integer not null check (times_found > 0),
  -- The latest; what it was at first stands in the history.
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  ended_at timestamptz,
  -- While it holds, evidence that returns does not reopen what was dismissed.
  muted_until timestamptz,
  check (num_nonnulls(meter_id, concentrator_id, usage_point_id, transformer_id) = 1),
  check ((state in ('closed', 'dismissed')) = (ended_at is not null)),
  check (state not in ('assigned', 'working') or assignee_id is not null),
  check (state = 'dismissed' or muted_until is null)
);
create index work_case_unfinished on work_case (id) where ended_at is null;
create index work_case_assignee on work_case (assignee_id, id) where ended_at is null;
create index work_case_meter on work_case (meter_id) where meter_id is not null;
create index work_case_concentrator on work_case (concentrator_id) where concentrator_id is not null;

-- Append-only: who did what to a case, and by which evidence.
create table work_case_history (
  seq bigint generated always as identity primary key,
  case_id integer not null references work_case,
  at timestamptz not null,
  actor text not null check (actor <> ''),
  act text not null check (act in
    ('opened', 'reopened', 'worsened', 'assigned', 'started', 'changed', 'noted', 'closed',
     'dismissed')),
  note text not null default '' check (char_length(note) <= 2000),
  detail jsonb not null check (jsonb_typeof(detail) = 'object')
);
create index work_case_history_case on work_case_history (case_id, seq);

create function work_case_history_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

create trigger work_case_history_keep before update or delete or truncate on work_case_history
  for each statement execute function work_case_history_is_append_only();
