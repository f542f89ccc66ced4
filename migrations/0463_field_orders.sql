-- Work in the field (现场工单) as journaled steps: each survives the death of the process at any
-- moment, and none that moves something is done twice. Owner: src/fieldwork.
create table field_order (
  id integer generated always as identity primary key,
  idempotency_key text not null unique check (char_length(idempotency_key) between 1 and 200),
  kind text not null check (kind in ('replace', 'install', 'retire', 'move', 'firmware')),
  state text not null check (state in ('running', 'waiting', 'done', 'failed', 'cancelled')),
  -- What it is about, as it was ordered.
  spec jsonb not null check (jsonb_typeof(spec) = 'object'),
  -- What whoever was there reported; written once.
  report jsonb check (jsonb_typeof(report) = 'object'),
  reported_by text,
  meter_id integer references meter,
  usage_point_id integer references usage_point,
  concentrator_id integer references concentrator,
  requested_by text not null check (requested_by <> ''),
  requested_at timestamptz not null,
  -- Of the step that comes next, from 0.
  position smallint not null default 0 check (position >= 0),
  turn integer not null default 0,
  lease_until timestamptz,
  -- Null where nothing happens before a person does something.
  next_at timestamptz,
  ended_at timestamptz,
  verdict text,
  check ((state in ('done', 'failed', 'cancelled')) = (ended_at is not null)),
  check ((report is null) = (reported_by is null))
);
create index field_order_due on field_order (next_at) where next_at is not null;
create index field_order_unfinished on field_order (id) where ended_at is null;
create index field_order_meter on field_order (meter_id) where meter_id is not null;

create table field_step (
  order_id integer not null references field_order,
  position smallint not null,
  name text not null check (name <> ''),
  state text not null check (state in ('begun', 'waiting', 'done', 'failed')),
  attempts integer not null check (attempts > 0),
  started_at timestamptz not null,
  last_at timestamptz not null,
  ended_at timestamptz,
  -- After that it hangs.
  hangs_at timestamptz not null,
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  reason text,
  primary key (order_id, position),
  check ((state in ('done', 'failed')) = (ended_at is not null))
);
create index field_step_open on field_step (hangs_at) where ended_at is null;

-- Append-only.
create table field_order_event (
  seq bigint generated always as identity primary key,
  order_id integer not null references field_order,
  at timestamptz not null,
  actor text not null check (actor <> ''),
  event text not null check (event <> ''),
  detail jsonb not null check (jsonb_typeof(detail) = 'object')
);
create index field_order_event_order on field_order_event (order_id, seq);

create function field_order_event_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

create trigger field_order_event_keep before update or delete or truncate on field_order_event
  for each statement execute function field_order_event_is_append_only();
