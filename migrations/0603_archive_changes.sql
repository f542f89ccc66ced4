-- The archive's own history: which file or order brought which change, what was proposed and what
-- was applied, and what the marketing system said last.

-- Exclusion constraints looked every row up for itself; with 100,000 rows of an archive that took
-- most of an import (0520). The same is looked up once for each statement.
alter table usage_point_place drop constraint usage_point_place_once_a_node;
alter table account_usage_point drop constraint account_usage_point_one_at_a_time;
alter table contract drop constraint contract_one_at_a_time;
drop index usage_point_place_point;
drop index account_usage_point_point;
drop index contract_account;
create unique index usage_point_place_point
  on usage_point_place (usage_point_id, node_id, valid_from);
create unique index account_usage_point_point on account_usage_point (usage_point_id, valid_from);
create unique index account_usage_point_now on account_usage_point (usage_point_id)
  where valid_to is null;
create unique index contract_account on contract (account_id, valid_from);
create unique index contract_now on contract (account_id) where valid_to is null;

-- Rows of one table that have the columns named first in common never hold at the same time; the
-- last argument is the name of the rule.
create function refuse_overlaps() returns trigger language plpgsql as $$
declare
  columns constant text[] := tg_argv[:array_upper(tg_argv, 1) - 1];
  rule constant text := tg_argv[array_upper(tg_argv, 1)];
  same text; found boolean;
begin
  -- One writer at a time, until it has ended: two that do not see each other could overlap.
  perform pg_advisory_xact_lock(hashtext(tg_table_name));
  select string_agg(format('i.%1$I = w.%1$I', c), ' and ') into same from unnest(columns) c;
  -- Planned anew each time: a statement may write one row or all there are.
  execute format($q$
    select exists (select from written w join %I i on %s and i.id <> w.id
      and tstzrange(i.valid_from, i.valid_to) && tstzrange(w.valid_from, w.valid_to)) $q$,
    tg_table_name, same) into found;
  if found then
    raise exception 'overlapping rows of % violate "%"', tg_table_name, rule
      using errcode = 'exclusion_violation', table = tg_table_name, constraint = rule;
  end if;
  return null;
end $$;
create trigger usage_point_place_inserted after insert on usage_point_place
  referencing new table as written for each statement
  execute function refuse_overlaps('usage_point_id', 'node_id', 'usage_point_place_once_a_node');
create trigger usage_point_place_updated after update on usage_point_place
  referencing new table as written for each statement
  execute function refuse_overlaps('usage_point_id', 'node_id', 'usage_point_place_once_a_node');
create trigger account_usage_point_inserted after insert on account_usage_point
  referencing new table as written for each statement
  execute function refuse_overlaps('usage_point_id', 'account_usage_point_one_at_a_time');
create trigger account_usage_point_updated after update on account_usage_point
  referencing new table as written for each statement
  execute function refuse_overlaps('usage_point_id', 'account_usage_point_one_at_a_time');
create trigger contract_inserted after insert on contract
  referencing new table as written for each statement
  execute function refuse_overlaps('account_id', 'contract_one_at_a_time');
create trigger contract_updated after update on contract
  referencing new table as written for each statement
  execute function refuse_overlaps('account_id', 'contract_one_at_a_time');

-- Nodes whose points or place in the grid are others than were thought, from a moment on: whoever
-- keeps figures of nodes (losses, balances) computes them anew from there. A follower keeps its
-- position in usage_follower, under a name of its own.
create table grid_change (
  seq bigint generated always as identity primary key,
  node_id int not null,
  changed_from timestamptz not null,
  changed_at timestamptz not null default now()
);

create function note_grid_change() returns trigger language plpgsql as $$
declare
  -- What besides the end of its time makes a row another one.
  same constant text := case tg_table_name
    when 'grid_link' then 'o.node_id = n.node_id and o.parent_id = n.parent_id'
    else 'o.node_id = n.node_id and o.usage_point_id = n.usage_point_id and o.role = n.role
      and o.phase is not distinct from n.phase' end;
  parent constant text := case tg_table_name when 'grid_link' then 'parent_id' else 'node_id' end;
  source text;
begin
  source := case tg_op
    when 'INSERT' then format('select node_id, %1$I as other_id, valid_from from came', parent)
    when 'DELETE' then format('select node_id, %1$I as other_id, valid_from from gone', parent)
    else format($q$
      select x.node_id, x.other_id, case when %2$s and o.valid_from = n.valid_from
          then least(o.valid_to, n.valid_to) else least(o.valid_from, n.valid_from) end
      from gone o join came n on n.id = o.id,
        lateral (values (o.node_id, o.%1$I), (n.node_id, n.%1$I)) x (node_id, other_id)
      where o is distinct from n $q$, parent, same) end;
  execute format($q$
    insert into grid_change (node_id, changed_from)
    select x.id, min(s.valid_from) from (%s) s (node_id, other_id, valid_from),
      lateral (values (s.node_id), (s.other_id)) x (id)
    group by x.id order by x.id $q$, source);
  return null;
end $$;
create trigger usage_point_place_came after insert on usage_point_place
  referencing new table as came for each statement execute function note_grid_change();
create trigger usage_point_place_changed after update on usage_point_place
  referencing old table as gone new table as came for each statement
  execute function note_grid_change();
create trigger usage_point_place_gone after delete on usage_point_place
  referencing old table as gone for each statement execute function note_grid_change();
create trigger grid_link_came after insert on grid_link
  referencing new table as came for each statement execute function note_grid_change();
create trigger grid_link_changed after update on grid_link
  referencing old table as gone new table as came for each statement
  execute function note_grid_change();
create trigger grid_link_gone after delete on grid_link
  referencing old table as gone for each statement execute function note_grid_change();

-- A file that came: of the archive, or of the marketing system (营销系统). Kept as it came, packed
-- with gzip, so that what is applied is what was shown.
create table archive_import (
  id int generated always as identity primary key,
  kind text not null check (kind in ('archive', 'marketing')),
  -- refused: it had conflicts, so that nothing can come of it.
  state text not null check (state in ('proposed', 'applied', 'refused', 'withdrawn')),
  file_name text not null default '',
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  file bytea,
  -- How it is to be read: for the marketing system whether it has all accounts.
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
  row_count int not null check (row_count >= 0),
  created int not null default 0,
  changed int not null default 0,
  -- Over all changes in their order: the same digest is the same change.
  digest text not null default '',
  proposed_by text not null check (proposed_by <> ''),
  proposed_at timestamptz not null,
  applied_by text,
  applied_at timestamptz,
  check ((state = 'applied') = (applied_at is not null)),
  check ((applied_by is null) = (applied_at is null))
);
create index archive_import_hash on archive_import (sha256);

-- What changed, in the words of a file: which thing by the name people know it by, and what of it.
-- One of a file counts once its import is applied; one without an import happened (an order, an
-- adoption). `added`: it was not there; `changed`: another holds from valid_from on, and what held
-- is closed there; `corrected`: it was entered wrongly, and another is taken as having held since
-- valid_from; `closed`: it ends at valid_from.
create table archive_change (
  id bigint generated always as identity primary key,
  import_id int references archive_import on delete cascade,
  line int,
  subject text not null check (subject in ('usage-point', 'meter', 'account', 'contract', 'node',
    'transformer', 'concentrator', 'channel', 'group')),
  key text not null check (key <> ''),
  action text not null check (action in ('added', 'changed', 'corrected', 'closed')),
  valid_from timestamptz,
  -- By attribute: what it was, and what it is.
  before jsonb check (jsonb_typeof(before) = 'object'),
  after jsonb check (jsonb_typeof(after) = 'object'),
  -- Whose history it is part of, where that is another thing than the subject.
  usage_point text,
  changed_by text not null check (changed_by <> ''),
  changed_at timestamptz not null
);
create index archive_change_import on archive_change (import_id, id);
create index archive_change_subject on archive_change (subject, key);
create index archive_change_usage_point on archive_change (usage_point)
  where usage_point is not null;

-- What was found beside the changes. `conflict`: a cell or row that cannot be followed; `unknown`:
-- it says an account number (户号) that the archive does not have; `ours-only`: the archive has an
-- account of which a complete batch says nothing.
create table archive_finding (
  id bigint generated always as identity primary key,
  import_id int not null references archive_import on delete cascade,
  kind text not null check (kind in ('conflict', 'unknown', 'ours-only')),
  line int,
  field text,
  value text,
  message text not null
);
create index archive_finding_import on archive_finding (import_id, id);

-- What the marketing system said last of each of its accounts' usage points, whether or not it was
-- followed: what the archive is compared with. A null is what it did not say.
create table marketing_record (
  account_no text not null check (account_no <> ''),
  -- '' where the batch names none for the account.
  usage_point text not null default '',
  import_id int not null references archive_import,
  line int not null,
  customer text,
  class text,
  contract_no text,
  tariff text,
  trade text,
  capacity_kva numeric,
  generates boolean,
  -- Codes of the transformer area and the feeder, and the address of the meter.
  area text,
  feeder text,
  meter text,
  ct text,
  pt text,
  valid_from timestamptz,
  -- The account, or its use of the point, ended (销户).
  closed_at timestamptz,
  received_at timestamptz not null,
  primary key (account_no, usage_point)
);
create index marketing_record_point on marketing_record (usage_point) where usage_point <> '';
