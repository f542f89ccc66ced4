-- What the gate's journal lets go of after its time stays verifiable: a block of rows leaves a digest
-- over itself and the digest of the block before it. Owner: src/acquisition/gate.

create table gate_journal_block (
  id integer primary key check (id > 0),
  first_seq bigint not null,
  last_seq bigint not null check (last_seq >= first_seq),
  rows integer not null check (rows > 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- Of the block before; that of the first one is 64 zeros.
  before_digest text not null check (before_digest ~ '^[0-9a-f]{64}$'),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  written_at timestamptz not null
);
create trigger gate_journal_block_keep before update or delete or truncate on gate_journal_block
  for each statement execute function gate_is_append_only();

-- Of rows as they are in the table, also in one that they were exported to: the same text wherever.
create function gate_journal_digest(first_of bigint, last_of bigint, before text) returns text
language sql stable as $$
  select encode(sha256(convert_to(before || string_agg(jsonb_build_array(j.seq,
    (extract(epoch from j.at) * 1000000)::bigint, j.event, j.permit_id, j.via, j.protocol, j.effect,
    j.action, j.address, j.purpose, j.reference, j.requested_by, j.approvers, j.frame,
    j.outcome)::text, E'\n' order by j.seq), 'UTF8')), 'hex')
  from gate_journal j where j.seq between first_of and last_of
$$;

-- Only what a block covers goes, and only whole days after it was written.
create function gate_journal_may_go() returns trigger language plpgsql as $$
begin
  if not exists (select from gate_journal_block b
      where old.seq between b.first_seq and b.last_seq) then
    raise exception 'gate_journal is append-only but for what a block stands for'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $$;
drop trigger gate_journal_keep on gate_journal;
create trigger gate_journal_keep before update or truncate on gate_journal
  for each statement execute function gate_is_append_only();
create trigger gate_journal_go before delete on gate_journal
  for each row execute function gate_journal_may_go();

-- A permit is refused by its time long before its use is forgotten.
create function gate_permit_use_may_go() returns trigger language plpgsql as $$
begin
  if old.expires_at > (select coalesce(max(last_at), '-infinity') from gate_journal_block) then
    raise exception 'gate_permit_use is append-only while a permit may be of use'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $$;
drop trigger gate_permit_use_keep on gate_permit_use;
create trigger gate_permit_use_keep before update or truncate on gate_permit_use
  for each statement execute function gate_is_append_only();
create trigger gate_permit_use_go before delete on gate_permit_use
  for each row execute function gate_permit_use_may_go();
