-- What a suspect explains of the loss of its area, day by day, so that the loss can be shown with
-- and without it: kWh from from_date on. Owner: src/anomaly.
alter table theft_suspect add column explained numeric(14, 4)[] not null default '{}';
