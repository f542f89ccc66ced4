-- Load of nodes and of usage points by civil day, in 10^-6 kW of the highest quarter.
create view grid_load_day as
select s.key::int as node_id, s.business_date, s.peak * 4 as peak, s.peak_at, s.energy, s.points,
  s.quarters, s.thin_quarters
from load_sum_day s
where s.kind in ('region', 'substation', 'bus', 'feeder', 'area');
create view point_load_day as
select d.usage_point_id, d.business_date, d.peak * 4 as peak, d.peak_at, d.energy, d.quarters
from load_day d;
