-- What people ask of the statistics again and again. Owner: src/statistics.

-- By which a customer is told that the contracted capacity (合同容量) is too small or too large; the
-- newest that is valid counts.
create table capacity_rule (
  valid_from date primary key,
  -- Too small: apparent load above this part of the capacity on at least so many days …
  over_share numeric not null check (over_share > 0),
  over_days int not null check (over_days > 0),
  -- … too large: never above this part in so many months.
  under_share numeric not null check (under_share > 0 and under_share < over_share),
  months int not null check (months between 1 and 24),
  -- What is advised: so that the peak is this part of it.
  target_share numeric not null check (target_share > 0 and target_share <= 1),
  -- Where no reactive energy is known.
  power_factor numeric not null check (power_factor > 0 and power_factor <= 1),
  -- Of a kVA and month, in yuan; null where capacity has no price.
  kva_month_price numeric check (kva_month_price >= 0),
  changed_by text not null check (changed_by <> '')
);
insert into capacity_rule values ('2000-01-01', 1.00, 3, 0.20, 3, 0.70, 0.90, null, 'default');

-- Key accounts (重点用户) that somebody watches.
create table watch_list (
  id int generated always as identity primary key,
  name text not null check (name <> '' and char_length(name) <= 100),
  owner text not null check (owner <> ''),
  is_shared boolean not null,
  created_at timestamptz not null,
  unique (owner, name)
);
create table watch_list_member (
  watch_list_id int not null references watch_list on delete cascade,
  position int not null,
  usage_point_id int not null references usage_point,
  primary key (watch_list_id, usage_point_id)
);

-- Queries by name (自定义查询), and every way they ever were.
create table saved_query (
  id int generated always as identity primary key,
  name text not null check (name <> '' and char_length(name) <= 100),
  owner text not null check (owner <> ''),
  is_shared boolean not null,
  revision int not null check (revision > 0),
  removed_at timestamptz
);
create unique index saved_query_name on saved_query (owner, name) where removed_at is null;
create table saved_query_revision (
  saved_query_id int not null references saved_query,
  revision int not null,
  definition jsonb not null check (jsonb_typeof(definition) = 'object'),
  changed_by text not null check (changed_by <> ''),
  changed_at timestamptz not null,
  primary key (saved_query_id, revision)
);
