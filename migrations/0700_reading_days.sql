-- What leaves to the marketing system (营销系统) on the reading day (抄表例日): of each usage point
-- of a reading route (抄表段) the registers at the first moment of that day, with those where the
-- last ones ended, in batches that are never changed.

create table reading_route (
  id int generated always as identity primary key,
  code text not null unique check (code <> ''),
  name text not null default '',
  -- Whoever is in the group at the reading day's first moment is read.
  group_id int not null references usage_group,
  -- Of the month; a month that does not have it has its last day instead.
  day smallint not null check (day between 1 and 31),
  every_months smallint not null check (every_months in (1, 2, 3, 4, 6, 12)),
  -- When a batch leaves: minutes after midnight, by the clock on the wall.
  publish_minute smallint not null check (publish_minute between 0 and 1439),
  -- How long a real value is waited for where there is an estimate.
  wait_days smallint not null check (wait_days between 0 and 31),
  registers text[] not null check (cardinality(registers) > 0),
  language text not null check (language in ('en', 'zh')),
  -- Nothing before its first moment is settled here.
  starts_on date not null,
  changed_by text not null check (changed_by <> ''),
  changed_at timestamptz not null,
  -- When what is due was last looked for by itself.
  ran_at timestamptz,
  retired_at timestamptz
);

create table reading_day_batch (
  id int generated always as identity primary key,
  route_id int not null references reading_route,
  reading_date date not null,
  -- 1 is the first of the day, others bring what was missing (补抄).
  no int not null check (no > 0),
  state text not null check (state in ('published', 'acknowledged', 'withdrawn')),
  published_at timestamptz not null,
  published_by text not null check (published_by <> ''),
  language text not null,
  points int not null,
  rows int not null,
  -- By register: {"register", "rows", "energy"}, energy in 10^-6 of its unit.
  totals jsonb not null,
  -- How many pieces stayed behind, by reason.
  held jsonb not null,
  -- Of its CSV file.
  sha256 text not null,
  ended_at timestamptz,
  ended_by text,
  -- What the marketing system answered, or why it was withdrawn.
  ending jsonb,
  unique (route_id, reading_date, no),
  check ((state = 'published') = (ended_at is null))
);
create index reading_day_batch_published on reading_day_batch (published_at);

-- What time of a usage point has left; no moment leaves twice. Gone again where the batch was
-- withdrawn or the marketing system refused it: then it is due again.
create table reading_day_span (
  id bigint generated always as identity primary key,
  batch_id int not null references reading_day_batch,
  usage_point_id int not null references usage_point,
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at > from_at),
  constraint reading_day_span_once exclude using gist (
    int4range(usage_point_id, usage_point_id, '[]') with &&,
    tstzrange(from_at, to_at) with &&)
);
create index reading_day_span_point on reading_day_span (usage_point_id, to_at);
create index reading_day_span_batch on reading_day_span (batch_id);

-- A register of a meter from one moment to another, as it left. Registers are in 10^-6, before any
-- ratio; energy is the difference of both after the ratio, cut to 10^-6.
create table reading_day_row (
  reading_date date not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  from_micro bigint not null,
  to_micro bigint not null,
  energy bigint not null,
  numerator bigint not null,
  denominator bigint not null,
  span_id bigint not null,
  batch_id int not null references reading_day_batch,
  line int not null,
  usage_point_id int not null,
  account_id int not null,
  installation_id int not null,
  meter_id int not null,
  -- How often the register rolled over (满度归零).
  rolls smallint not null,
  from_scale smallint not null,
  to_scale smallint not null,
  -- The worse of both ends, as in usage_day.
  quality smallint not null check (quality between 1 and 6),
  -- How the register at the end is known (抄表方式).
  how text not null
    check (how in ('remote', 'handheld', 'self', 'manual', 'estimated', 'edited')),
  register text collate "C" not null,
  account_no text not null,
  usage_point text not null,
  meter_address text not null,
  primary key (reading_date, batch_id, line)
);
select create_hypertable('reading_day_row', by_range('reading_date', interval '90 days'),
  create_default_indexes => false);
create index reading_day_row_to on reading_day_row (meter_id, to_at);
create index reading_day_row_from on reading_day_row (meter_id, from_at);
create index reading_day_row_point on reading_day_row (usage_point_id, to_at);
alter table reading_day_row set (timescaledb.compress,
  timescaledb.compress_segmentby = 'batch_id', timescaledb.compress_orderby = 'line');

create table reading_day_rejection (
  batch_id int not null references reading_day_batch,
  line int not null,
  reason text not null,
  primary key (batch_id, line)
);

-- What is due and has not left, by the last look at a route.
create table reading_day_held (
  route_id int not null references reading_route,
  usage_point_id int not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  reading_date date not null,
  usage_point text not null,
  account_no text,
  meter_address text,
  reason text not null,
  detail text not null default '',
  primary key (route_id, usage_point_id, from_at)
);

-- The register of installations at one moment for the usual case: a value of that very moment, and
-- around it nothing that falls. Whatever is not so is absent and worked out one by one.
create function register_shown(installations int[], of_register text, shown_at timestamptz)
returns table (installation_id int, micro bigint, scale smallint, quality smallint)
language plpgsql stable rows 10000 as $$
declare
  near constant interval := interval '1 hour';
  meters int[];
begin
  select array_agg(distinct i.meter_id) into meters from installation i
  where i.id = any(installations);
  return query
  with known as (
    select p.meter_id, p.measured_at, p.micro, p.scale, p.quality,
      lag(p.micro) over (partition by p.meter_id order by p.measured_at) as before
    from register_points(meters, of_register, shown_at - near, shown_at + near) p),
  sound as (
    select k.meter_id, max(k.micro) filter (where k.measured_at = shown_at) as micro,
      max(k.scale) filter (where k.measured_at = shown_at) as scale,
      max(k.quality) filter (where k.measured_at = shown_at) as quality
    from known k
    group by k.meter_id
    having bool_and(k.before is null or k.before <= k.micro))
  select i.id, s.micro, s.scale, s.quality
  from sound s
  cross join lateral (
    select m.id from metered_installation m
    where m.meter_id = s.meter_id and m.id = any(installations)
      and m.valid_from <= shown_at - near and m.valid_to >= shown_at + near
    offset 0) i
  where s.quality is not null and s.quality <> 4;
end $$;
