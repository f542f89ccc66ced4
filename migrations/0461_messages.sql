-- Everything that leaves to people (消息发件箱), once each, with what became of it. Owner: src/messages.
create table message_template (
  code text not null check (code ~ '^[a-z][a-z0-9.-]{0,63}$'),
  locale text not null check (locale in ('zh', 'en')),
  -- {names} in braces are parameters; each must be given.
  body text not null check (char_length(body) between 1 and 1000),
  primary key (code, locale)
);
insert into message_template (code, locale, body) values
  ('case.assigned', 'zh', '您有新的工单线索{case}（{kind}），请于{due}前处理。'),
  ('case.assigned', 'en', 'Case {case} ({kind}) is yours; it is due by {due}.'),
  ('order.hanging', 'zh', '现场工单{order}停在“{step}”已{minutes}分钟。'),
  ('order.hanging', 'en', 'Field order {order} has been at "{step}" for {minutes} minutes.'),
  ('plain', 'zh', '{text}'),
  ('plain', 'en', '{text}');

create table message (
  id uuid primary key,
  -- Made by whoever wants it sent: the same key is the same message.
  idempotency_key text not null unique check (char_length(idempotency_key) between 1 and 200),
  template text not null,
  locale text not null,
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object'),
  channel text not null check (channel in ('sms')),
  recipient text not null check (recipient <> ''),
  -- As it is sent, so that later changes of the template change nothing of what was said.
  body text not null check (char_length(body) between 1 and 2000),
  -- Urgent ones are sent also in quiet hours.
  urgent boolean not null,
  reference text not null default '',
  requested_by text not null check (requested_by <> ''),
  state text not null check (state in
    ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'expired')),
  -- Counts claims: whoever lost its lease writes nothing any more.
  turn integer not null default 0,
  tries integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  -- When it is looked at again; null where nobody has to.
  next_at timestamptz,
  lease_until timestamptz,
  first_tried_at timestamptz,
  tried_at timestamptz,
  provider_ref text,
  ended_at timestamptz,
  reason text,
  check (state <> 'sending' or (lease_until is not null and tried_at is not null))
);
create index message_due on message (next_at) where next_at is not null;
create index message_by_age on message (created_at desc, id);
create index message_recipient on message (recipient, tried_at) where tried_at is not null;
create index message_ref on message (provider_ref) where provider_ref is not null;

-- What a provider told, also before we knew its number of the message. The same receipt twice is one.
create table message_receipt (
  ref text not null check (ref <> ''),
  outcome text not null check (outcome in ('delivered', 'failed')),
  detail text not null,
  received_at timestamptz not null,
  primary key (ref, outcome)
);

-- Append-only: every step of a message.
create table message_event (
  seq bigint generated always as identity primary key,
  message_id uuid not null references message,
  at timestamptz not null,
  event text not null check (event <> ''),
  detail text not null default ''
);
create index message_event_message on message_event (message_id, seq);

create function message_event_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

create trigger message_event_keep before update or delete or truncate on message_event
  for each statement execute function message_event_is_append_only();
