-- What a part of the grid may carry, where that is not what its transformers' plates say: a feeder
-- by its conductor. Owner of this file's tables: src/grid.
create table grid_rating (
  id int generated always as identity primary key,
  node_id int not null references grid_node,
  capacity_kva numeric not null check (capacity_kva > 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  set_by text not null check (set_by <> ''),
  constraint grid_rating_one_at_a_time exclude using gist (
    int4range(node_id, node_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);

-- What a node may carry at an instant, in kVA; null where nobody entered it.
create function grid_capacity(node int, at timestamptz) returns numeric
language sql stable as $$
  select coalesce(
    (select r.capacity_kva from grid_rating r
     where r.node_id = node and r.valid_from <= at and (r.valid_to is null or r.valid_to > at)),
    (select sum(t.rated_kva) from power_transformer t
     where t.node_id = node and t.valid_from <= at and (t.valid_to is null or t.valid_to > at)))
$$;

-- How complete the archive was each day, by rule, for all; `checked` is what the rule looks at.
create table archive_score_day (
  business_date date not null,
  rule text not null,
  checked int not null,
  failed int not null check (failed between 0 and checked),
  primary key (business_date, rule)
);
-- The same by transformer area, as it was last looked at; what belongs to none is in no area.
create table archive_score_area (
  node_id int not null references grid_node,
  rule text not null,
  checked int not null,
  failed int not null check (failed between 0 and checked),
  primary key (node_id, rule)
);

-- Where the archive and what the marketing system said last are not the same (档案不一致). A row
-- stays as long as the difference does, so that its age is known.
create table marketing_difference (
  id int generated always as identity primary key,
  account_no text not null,
  usage_point text not null default '',
  -- `differs`: both say something; `unset`: ours says nothing; `theirs-only`, `ours-only`: one of
  -- the systems does not have the account or the point at all.
  kind text not null check (kind in ('differs', 'unset', 'theirs-only', 'ours-only')),
  field text not null,
  ours text,
  theirs text,
  found_on date not null,
  unique (account_no, usage_point, field)
);
create table marketing_difference_day (
  business_date date not null,
  kind text not null,
  field text not null,
  differences int not null,
  primary key (business_date, kind, field)
);
-- How much was compared, so that zero differences of nothing are told from zero of all.
create table marketing_comparison_day (
  business_date date primary key,
  accounts int not null,
  compared_at timestamptz not null
);

-- Where a usage point hangs by its voltage and by who reads it, where the archive says another.
-- Somebody adopts or dismisses it; one that is found no more is withdrawn.
create table place_proposal (
  id int generated always as identity primary key,
  usage_point_id int not null references usage_point,
  -- What the archive said when it was found.
  archived_node_id int not null references grid_node,
  archived_phase text check (archived_phase in ('A', 'B', 'C', 'ABC')),
  node_id int not null references grid_node,
  phase text check (phase in ('A', 'B', 'C', 'ABC')),
  -- 0 to 1.
  confidence numeric not null check (confidence between 0 and 1),
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  state text not null check (state in ('open', 'adopted', 'dismissed', 'withdrawn')),
  found_at timestamptz not null,
  seen_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  reason text not null default '',
  check ((node_id, phase) is distinct from (archived_node_id, archived_phase))
);
create unique index place_proposal_open on place_proposal (usage_point_id) where state = 'open';
create index place_proposal_state on place_proposal (state, id);
create index place_proposal_point on place_proposal (usage_point_id);
