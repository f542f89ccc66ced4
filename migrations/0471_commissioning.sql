-- Taking meters on a channel into use (调试): what was found, compared with the archive, adopted,
-- read for the first time and judged. Owner: src/commissioning.
create table commission_job (
  id int generated always as identity primary key,
  channel_id int not null references channel,
  concentrator_id int references concentrator,
  state text not null check (state in ('searching', 'reading', 'done', 'failed', 'cancelled')),
  -- How it is searched, and how many of these searches are done.
  ways jsonb not null check (jsonb_typeof(ways) = 'array'),
  ways_done int not null default 0 check (ways_done >= 0),
  adopts_all boolean not null,
  profile text,
  trying text not null default '',
  requested_by text not null,
  requested_at timestamptz not null,
  finished_at timestamptz,
  failure text,
  verdict text check (verdict in ('ready', 'remarks', 'not-ready'))
);
create index commission_job_unfinished on commission_job (id)
  where state in ('searching', 'reading');
create unique index commission_job_of_channel on commission_job (channel_id)
  where state in ('searching', 'reading');

create table commission_meter (
  job_id int not null references commission_job on delete cascade,
  address text not null,
  protocol text not null,
  -- Where the list of a terminal has it; empty where it answered itself.
  place text not null default '',
  found_at timestamptz,
  match text check (match in ('known', 'new', 'missing', 'moved', 'duplicate')),
  meter_id int references meter,
  adopted_at timestamptz,
  read_id uuid,
  verdict text check (verdict in ('ready', 'remarks', 'not-ready')),
  remarks jsonb not null default '[]',
  primary key (job_id, address, protocol, place)
);
