-- By how many metered usage points a cell grew or shrank on a day: who is expected on any day is a
-- sum of a few rows, and need not be counted among all usage points. Owner: src/statistics.
create table statistics_edge (
  cell_id int not null references statistics_cell,
  day date not null,
  step int not null check (step <> 0),
  primary key (cell_id, day)
);
insert into statistics_edge (cell_id, day, step)
  select cell_id, day, sum(step) from (
    select cell_id, valid_from, 1 from statistics_segment where is_metered
    union all
    select cell_id, valid_to, -1 from statistics_segment
    where is_metered and valid_to < 'infinity') s (cell_id, day, step)
  group by cell_id, day having sum(step) <> 0;
