-- Runs of the schedule: one row for each due moment of a job, a lease while it runs.
create table job_run (
  job text not null check (job <> ''),
  -- An instant or a civil date: what makes the run happen once.
  slot text not null check (slot <> ''),
  due timestamptz not null,
  state text not null check (state in ('running', 'done', 'failed')),
  attempt int not null check (attempt > 0),
  owner text not null,
  started_at timestamptz not null,
  heartbeat_at timestamptz not null,
  expires_at timestamptz not null,
  finished_at timestamptz,
  error text,
  primary key (job, slot),
  check ((finished_at is null) = (state = 'running'))
);
create index job_run_started on job_run (started_at);
