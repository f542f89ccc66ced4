-- Who may explain the loss of an area (窃电嫌疑), as last computed. Owner: src/anomaly.

create table theft_suspect (
  usage_point_id int primary key references usage_point,
  node_id int not null references grid_node,
  -- 0 to 100, with two decimals to rank by.
  score numeric(5, 2) not null check (score between 0 and 100),
  manner text not null check (manner in ('share', 'shift', 'fall', 'hours')),
  since date not null,
  -- Days that were looked at.
  from_date date not null,
  to_date date not null check (to_date > from_date),
  -- Not billed, 10^-6 kWh: the estimate, and at least and at most.
  energy bigint not null,
  energy_low bigint not null,
  energy_high bigint not null,
  -- What the estimate and the score rest on.
  detail jsonb not null check (jsonb_typeof(detail) = 'object'),
  computed_at timestamptz not null
);
create index theft_suspect_rank on theft_suspect (score desc, usage_point_id desc);
create index theft_suspect_node on theft_suspect (node_id);

-- Until which day an area was looked at.
create table theft_area (
  node_id int primary key references grid_node,
  to_date date not null,
  computed_at timestamptz not null,
  -- Why nobody is suspected there; null where it was computed.
  obstacle text
);
