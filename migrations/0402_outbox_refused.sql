-- What people decided of a refused record: replayed, or dismissed as it is. Owner: src/outbox.
alter table outbox_refused
  add column dismissed_at timestamptz,
  add column decided_by text,
  add constraint outbox_refused_decided_once check (replayed_at is null or dismissed_at is null);
drop index outbox_refused_waiting;
create index outbox_refused_waiting on outbox_refused (id)
  where replayed_at is null and dismissed_at is null;
