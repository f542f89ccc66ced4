-- People, sessions, machine keys and the audit trail. Owner: src/identity.

create table app_user (
  id integer generated always as identity primary key,
  username text not null unique
    check (username = lower(username) and char_length(username) between 1 and 64),
  password_hash text not null,
  roles text[] not null check (
    cardinality(roles) > 0
    and roles <@ array['admin', 'operator', 'billing', 'approver', 'technician', 'auditor',
                       'security', 'channel', 'customer']
  ),
  disabled boolean not null default false,
  created_at timestamptz not null,
  password_changed_at timestamptz not null
);

-- A bearer token is shown once; only its SHA-256 is kept.
create table session (
  id uuid primary key,
  token_hash bytea not null unique,
  user_id integer not null references app_user on delete cascade,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_user_id on session (user_id);
create index session_expires_at on session (expires_at);

create table api_key (
  id integer generated always as identity primary key,
  name text not null check (char_length(name) between 1 and 100),
  prefix text not null unique,
  secret_hash bytea not null unique,
  roles text[] not null check (
    cardinality(roles) > 0
    and roles <@ array['admin', 'operator', 'billing', 'approver', 'technician', 'auditor',
                       'security', 'channel', 'customer']
  ),
  created_by integer not null references app_user,
  created_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);

-- Tries of the last hour by account name, hashed so that a password typed there is not kept.
create table sign_in_throttle (
  account bytea primary key,
  tries timestamptz[] not null
);

-- Append-only. Each record's hash covers the one before it, so that a gap or a change shows.
create table audit_record (
  seq bigint primary key,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('user', 'key', 'system', 'anonymous')),
  actor_id integer,
  actor_name text not null,
  action text not null,
  target text not null,
  outcome text not null,
  detail text not null,
  remote text not null,
  request_id text not null,
  hash bytea not null
);
create index audit_record_at on audit_record (at);

create function audit_record_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'audit_record is append-only' using errcode = 'integrity_constraint_violation';
end $$;

create trigger audit_record_keep before update or delete or truncate on audit_record
  for each statement execute function audit_record_is_append_only();
