-- Owner: src/clocks.

-- A clock that shows no possible time is off by no number, and needs correcting most.
alter table clock_correction alter column offset_ms drop not null;
-- The stable name of what `reason` says; also of why an approved one waits, and until when.
alter table clock_correction add column reason_code text;
alter table clock_correction add column next_at timestamptz not null default '-infinity';
