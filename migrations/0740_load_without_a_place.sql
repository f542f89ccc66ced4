-- The load of those that hang below no region, substation, bus, feeder or area is a sum of its own,
-- under the key '', so that the parts make the whole; made of what is kept by cell.
create or replace view grid_load_day as
select nullif(s.key, '')::int as node_id, s.business_date, s.peak * 4 as peak, s.peak_at, s.energy,
  s.points, s.quarters, s.thin_quarters
from load_sum_day s
where s.kind in ('region', 'substation', 'bus', 'feeder', 'area') and s.key <> '';

insert into load_sum_due (business_date)
select distinct business_date from load_sum_day where kind = 'none';
