-- Why what is missing is missing (采集异常诊断). Owner: src/diagnosis.

-- What came of the visits to meters that were not well, by business date. A meter that answers all
-- it is asked has no row.
create table meter_talk (
  business_date date not null,
  meter_id int not null references meter on delete cascade,
  visits int not null default 0,
  -- Visits in which it answered anything, and those that ended with each kind of failure.
  heard int not null default 0,
  silent int not null default 0,
  damaged int not null default 0,
  -- Damaged answers with its own address at the head: more than one meter spoke.
  clashed int not null default 0,
  mismatched int not null default 0,
  refused int not null default 0,
  denied int not null default 0,
  primary key (business_date, meter_id)
) with (fillfactor = 70);
create index meter_talk_meter on meter_talk (meter_id);

-- What was found where somebody looked closer.
create table meter_probe (
  meter_id int primary key references meter on delete cascade,
  probed_at timestamptz not null,
  -- The protocol in which it answered instead of its own; null for none.
  speaks text
);
create table bus_stranger (
  channel_id int not null references channel on delete cascade,
  address text collate "C" not null,
  protocol text not null,
  seen_at timestamptz not null,
  primary key (channel_id, address)
);
create table bus_search (
  channel_id int primary key references channel on delete cascade,
  searched_at timestamptz not null,
  -- False where it was broken off: then who was not found may be there.
  is_whole boolean not null
);

-- When the database could not be written to, as whoever writes here saw it.
create table database_outage (
  began_at timestamptz primary key,
  ended_at timestamptz not null check (ended_at >= began_at)
);

-- One row for a meter of which something of a business day is missing.
create table meter_diagnosis (
  business_date date not null,
  meter_id int not null references meter on delete cascade,
  cause text not null,
  rule text not null,
  -- Of a hundred.
  confidence smallint not null check (confidence between 0 and 100),
  missing_slots int not null check (missing_slots > 0),
  evidence jsonb not null,
  first_found_at timestamptz not null,
  found_at timestamptz not null,
  primary key (business_date, meter_id)
);
create index meter_diagnosis_cause on meter_diagnosis (business_date, cause, meter_id);
create index meter_diagnosis_meter on meter_diagnosis (meter_id, business_date desc);
