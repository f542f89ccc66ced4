-- Line loss (线损): what went into a node and what came out of it in the same civil day or month.

-- A customer's transformer (专变) that is metered on its low side (高供低计) loses energy before the
-- meter: its losses are sold to the customer. Metered on the high side (高供高计) they are in what
-- the meter says.
alter table power_transformer
  add column metered_side text not null default 'low' check (metered_side in ('low', 'high'));

-- What a loss of a scope is computed by and judged by, from a day on. Shares and rates are of one.
create table loss_policy (
  scope text not null check (scope in
    ('area', 'feeder', 'bus', 'substation', 'region', 'voltage')),
  valid_from date not null,
  -- What the rate is of: what went in less what was fed back at the gateways, or all of it. Near
  -- zero a net denominator makes any rate.
  denominator text not null check (denominator in ('net', 'gross')),
  -- Whether the node's own use (辅助点) counts as output, or as a part of the loss.
  auxiliary text not null check (auxiliary in ('output', 'loss')),
  -- The gate (是否可算): at least so many users read, at most so much of the energy estimated.
  user_success_min numeric not null check (user_success_min between 0 and 1),
  estimated_max numeric not null check (estimated_max between 0 and 1),
  -- The normal band, and how far a rate may lie from the median of the days before.
  rate_low numeric not null,
  rate_high numeric not null check (rate_high > rate_low),
  change_max numeric not null check (change_max > 0),
  -- Where no reactive meter is: the power factor that is assumed.
  power_factor numeric not null check (power_factor > 0 and power_factor <= 1),
  -- Mean of squares by square of the mean of the load (K), where no curve is known.
  shape numeric not null check (shape >= 1),
  primary key (scope, valid_from)
);
insert into loss_policy (scope, valid_from, denominator, auxiliary, user_success_min,
  estimated_max, rate_low, rate_high, change_max, power_factor, shape)
values
  ('area', '2000-01-01', 'net', 'output', 0.98, 0.05, 0, 0.12, 0.03, 0.8, 1.2),
  ('feeder', '2000-01-01', 'net', 'output', 0.98, 0.05, 0, 0.10, 0.02, 0.8, 1.1),
  ('bus', '2000-01-01', 'net', 'output', 1, 0.05, -0.02, 0.02, 0.01, 0.8, 1.05),
  ('substation', '2000-01-01', 'net', 'output', 0.98, 0.05, 0, 0.10, 0.02, 0.8, 1.05),
  ('region', '2000-01-01', 'net', 'output', 0.98, 0.05, 0, 0.10, 0.02, 0.8, 1.05),
  ('voltage', '2000-01-01', 'net', 'output', 0.98, 0.05, 0, 0.10, 0.02, 0.8, 1.05);

-- How far a bus may be out of balance (母线不平衡率), from a nominal voltage (V, line to line) up.
create table loss_bus_limit (
  voltage_from int primary key check (voltage_from >= 0),
  rate_max numeric not null check (rate_max > 0)
);
insert into loss_bus_limit (voltage_from, rate_max) values (0, 0.02), (110000, 0.01);

-- One row for each scope and day; `scope_id` is the node, or the nominal voltage in V. Energy in
-- 10^-6 kWh. A region, a substation and a voltage level are a set of nodes: what passes between
-- two of them is neither input nor output.
create table loss_day (
  -- Through the supply points, forward and back.
  supply bigint not null,
  reverse bigint not null,
  -- What sources and customers fed in (分布式电源上网).
  generation bigint not null,
  -- To and from the gateways of what hangs below.
  passed bigint not null,
  returned bigint not null,
  sale bigint not null,
  auxiliary bigint not null,
  -- Losses of customers' transformers before their meters; a part of `sale`.
  transformer_sale bigint not null default 0,
  -- What rests on values that no meter said.
  estimated bigint not null,
  loss bigint,
  -- What lines and transformers lose by the laws of physics, where their data are known.
  technical bigint,
  computed_at timestamptz not null,
  scope_id int not null,
  starts_on date not null,
  users int not null,
  users_read int not null,
  gateways int not null,
  gateways_read int not null,
  sources int not null,
  sources_read int not null,
  rate numeric(14, 6),
  scope text collate "C" not null,
  denominator text not null,
  -- Why there is no loss; empty where it is computable.
  reasons text[] not null,
  primary key (scope, scope_id, starts_on),
  check ((loss is not null) = (reasons = '{}')),
  check (loss is not null or rate is null)
);
select create_hypertable('loss_day', by_range('starts_on', interval '90 days'),
  create_default_indexes => false);
create index loss_day_date on loss_day (starts_on, scope);

create table loss_month (
  like loss_day including defaults including constraints,
  primary key (scope, scope_id, starts_on),
  check (extract(day from starts_on) = 1)
);
create index loss_month_date on loss_month (starts_on, scope);

-- Losses of a transformer in a time, in 10^-6 kWh: no-load loss for the hours in service, load loss
-- by the energy that went through: P0 h + K Pk (Wp2 + Wq2) / (S2 h). Energy in 10^-6 kWh and kvarh,
-- losses in W.
create function transformer_loss(no_load_w numeric, load_w numeric, kva numeric, hours numeric,
  shape numeric, active bigint, reactive bigint)
returns bigint language sql immutable parallel safe as $$
  select round(no_load_w * hours * 1000
    + case when hours = 0 then 0 else
        shape * load_w * (active::numeric ^ 2 + reactive::numeric ^ 2)
          / (kva ^ 2 * hours * 1000000000) end)::bigint
$$;

-- What a day's computation looks up: the gateways of all nodes, and meters taken down that day.
create index usage_point_place_gateway on usage_point_place (node_id) where role = 'supply';
create index installation_ended on installation (valid_to) where valid_to is not null;

-- What is to be computed (anew): a node in a day or a month.
create table loss_due (
  period text not null check (period in ('day', 'month')),
  starts_on date not null,
  node_id int not null,
  primary key (period, starts_on, node_id)
);
-- The last day of which every node was put on that list, read or not.
create table loss_progress (
  only_row boolean primary key default true check (only_row),
  listed_through date not null
);
