-- Days of cells whose sums are to be made anew. What an import of the whole archive touches is made
-- once in the end, not with each part of it. Rows are only added, and taken away by whoever did it.
create table statistics_due (
  cell_id int not null,
  business_date date not null
);
create index statistics_due_date on statistics_due (business_date, cell_id);

-- A usage point is on the list once for each row of the archive that changed, and leaves it at once.
create index statistics_archive_change_point on statistics_archive_change (usage_point_id);
