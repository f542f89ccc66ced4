-- What should have come and what did (采集台账).
-- state: 1 due, 2 received, 3 late, 4 missing; data_class as in 0002.
create table collection_slot (
  slot_start timestamptz not null,
  due timestamptz not null,
  answered_at timestamptz,
  meter_id int not null,
  data_class smallint not null check (data_class between 1 and 4),
  state smallint not null default 1 check (state between 1 and 4),
  attempts smallint not null default 0 check (attempts >= 0),
  reason text,
  primary key (meter_id, data_class, slot_start),
  check ((answered_at is not null) = (state in (2, 3))),
  check ((state = 4) <= (reason is not null))
);
select create_hypertable('collection_slot', by_range('slot_start', interval '7 days'),
  create_default_indexes => false);
create index collection_slot_start on collection_slot (slot_start desc, state);

-- On-demand reads (召测), followed to their end.
create table read_request (
  id uuid primary key,
  requested_by text not null,
  requested_at timestamptz not null,
  finished_at timestamptz,
  state text not null default 'requested'
    check (state in ('requested', 'running', 'done', 'partial', 'failed')),
  check ((finished_at is not null) = (state in ('done', 'partial', 'failed')))
);
create index read_request_unfinished on read_request (requested_at)
  where state in ('requested', 'running');

create table read_request_item (
  request_id uuid not null references read_request on delete cascade,
  meter_id int not null references meter,
  item text collate "C" not null check (item <> ''),
  position int not null,
  state text not null default 'waiting'
    check (state in ('waiting', 'running', 'answered', 'failed')),
  value text,
  unit text,
  measured_at timestamptz,
  answered_at timestamptz,
  reason_code text,
  reason_message text,
  primary key (request_id, meter_id, item),
  check ((answered_at is not null) = (state in ('answered', 'failed'))),
  check ((state = 'failed') = (reason_code is not null))
);
