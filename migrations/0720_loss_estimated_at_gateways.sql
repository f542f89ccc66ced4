-- What is estimated of a node's gateways and of those it passes energy on to, apart: inside a region
-- a gateway is neither in nor out, and an estimate of it says nothing about the region's loss.
alter table loss_day add column gateways_estimated bigint not null default 0;
alter table loss_month add column gateways_estimated bigint not null default 0;
