-- The gate at the wire (出口闸门): who armed and stopped it, which permits were used, and every
-- frame that is more than a read. Owner: src/acquisition/gate.

-- Append-only. Arming and resuming carry a seal over themselves and the act before them, made with
-- a key that the database does not hold: a row written by hand opens nothing.
create table gate_act (
  id integer primary key check (id > 0),
  at timestamptz not null,
  kind text not null check (kind in ('arm', 'disarm', 'stop', 'resume')),
  requested_by text not null,
  confirmed_by text,
  reason text not null check (char_length(reason) <= 500),
  seal text,
  check (kind in ('disarm', 'stop') or (confirmed_by is not null and seal is not null)),
  check (kind <> 'arm' or confirmed_by <> requested_by)
);

-- Arming and resuming wait here for somebody else.
create table gate_request (
  id uuid primary key,
  kind text not null check (kind in ('arm', 'resume')),
  requested_by text not null,
  requested_name text not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  reason text not null check (char_length(reason) <= 500),
  confirmed_by text,
  confirmed_at timestamptz
);
create index gate_request_waiting on gate_request (expires_at) where confirmed_at is null;

-- A permit is here before its frame leaves; what cuts supply is counted from here.
create table gate_permit_use (
  permit_id uuid primary key,
  used_at timestamptz not null,
  cuts boolean not null,
  via text not null,
  effect text not null,
  protocol text not null,
  address text not null,
  expires_at timestamptz not null
);
create index gate_permit_use_cuts on gate_permit_use (used_at) where cuts;

-- Append-only. One row for each verdict, one for what came of each frame that left.
create table gate_journal (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  event text not null check (event in ('passed', 'refused', 'dry-run', 'ended')),
  permit_id uuid,
  via text not null,
  protocol text not null,
  effect text not null,
  action text,
  address text,
  purpose text,
  reference text,
  requested_by text,
  approvers text[] not null,
  -- Hex with passwords masked.
  frame text not null,
  -- Codes of what spoke against it, or what came of it.
  outcome text[] not null
);
create index gate_journal_at on gate_journal (at);
create index gate_journal_address on gate_journal (address, at);

create function gate_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

create trigger gate_act_keep before update or delete or truncate on gate_act
  for each statement execute function gate_is_append_only();
create trigger gate_journal_keep before update or delete or truncate on gate_journal
  for each statement execute function gate_is_append_only();
create trigger gate_permit_use_keep before update or delete or truncate on gate_permit_use
  for each statement execute function gate_is_append_only();

-- How many meters a share of the fleet is taken of.
create view gate_fleet as select count(*)::integer as meters from meter;
