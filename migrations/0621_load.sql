-- Load (负荷) from energy by quarter of an hour: of usage points, and of cells, nodes of the grid
-- and whatever else statistics are told apart by. The load of many is that of the sum of their
-- energy in each quarter, never the sum of their peaks. Owner: src/statistics.

-- Energies of quarters in 10^-6 kWh; times four that is 10^-6 kW. peak_at is the quarter's end.
create table load_day (
  peak bigint not null,
  peak_at timestamptz not null,
  least bigint not null,
  energy bigint not null,
  -- Of the quarters between 02:00 and 05:00 of the utility's civil time (夜间基荷).
  night bigint not null,
  usage_point_id int not null,
  business_date date not null,
  quarters smallint not null check (quarters > 0),
  night_quarters smallint not null,
  primary key (usage_point_id, business_date)
);
select create_hypertable('load_day', by_range('business_date', interval '90 days'),
  create_default_indexes => false);
alter table load_day set (timescaledb.compress, timescaledb.compress_segmentby = 'usage_point_id',
  timescaledb.compress_orderby = 'business_date');

-- The curve of a cell: an element for each quarter of the civil day, 92 to 100 of them.
create table load_cell_day (
  -- Of the usage points' own peaks that day, whenever each had it.
  peaks bigint not null,
  business_date date not null,
  cell_id int not null,
  energy bigint[] not null,
  points int[] not null,
  primary key (business_date, cell_id)
);
select create_hypertable('load_cell_day', by_range('business_date', interval '90 days'),
  create_default_indexes => false);

-- The load of sums: a row for each node of the grid that has usage points below it, each trade,
-- tariff and class of customers, and of all. `key`: the id of a node, or the word itself.
create table load_sum_day (
  peak bigint not null,
  peak_at timestamptz not null,
  -- Over quarters of which all usage points told; a quarter that misses some would seem low.
  least bigint not null,
  least_at timestamptz not null,
  energy bigint not null,
  peaks bigint not null,
  business_date date not null,
  points int not null,
  quarters smallint not null,
  -- Quarters of which not all usage points told that told of any.
  thin_quarters smallint not null,
  kind text not null,
  key text not null,
  primary key (kind, key, business_date)
);
create index load_sum_day_date on load_sum_day (kind, business_date);

-- Cells and days whose load is to be computed anew, and days whose sums are; rows are only added,
-- and taken away by whoever did it.
create table load_due (
  cell_id int not null,
  business_date date not null
);
create index load_due_date on load_due (business_date, cell_id);
create table load_sum_due (
  seq bigint generated always as identity primary key,
  business_date date not null
);

-- Who hung on what: the sums of nodes are others, the cells' own curves are not.
create function statistics_link_changed() returns trigger language plpgsql as $$
declare
  since date;
begin
  if tg_op = 'INSERT' then select min(valid_from)::date - 1 into since from new_rows;
  elsif tg_op = 'DELETE' then select min(valid_from)::date - 1 into since from old_rows;
  else
    select min(least(
        case when n.parent_id = o.parent_id and n.valid_from = o.valid_from
          then least(coalesce(n.valid_to, 'infinity'), coalesce(o.valid_to, 'infinity'))
          else least(n.valid_from, o.valid_from) end))::date - 1 into since
      from old_rows o join new_rows n on n.id = o.id;
  end if;
  insert into load_sum_due (business_date)
    select distinct business_date from load_cell_day where business_date >= since;
  return null;
end $$;
create trigger statistics_inserted after insert on grid_link
  referencing new table as new_rows
  for each statement execute function statistics_link_changed();
create trigger statistics_updated after update on grid_link
  referencing old table as old_rows new table as new_rows
  for each statement execute function statistics_link_changed();
create trigger statistics_deleted after delete on grid_link
  referencing old table as old_rows
  for each statement execute function statistics_link_changed();
