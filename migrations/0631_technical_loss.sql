-- What lines and transformers lose by the laws of physics (理论线损), so that what they cannot
-- explain shows.

-- Lines of an area or a feeder, as its drawings name their ends. Ohm of one conductor.
create table grid_line (
  id int generated always as identity primary key,
  node_id int not null references grid_node,
  from_end text not null check (from_end <> ''),
  to_end text not null check (to_end <> '' and to_end <> from_end),
  ohm numeric not null check (ohm >= 0),
  -- Of the conductor that carries what the phases do not cancel; null: there is none.
  neutral_ohm numeric check (neutral_ohm >= 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from)
);
create index grid_line_node on grid_line (node_id);

-- At which end a usage point is connected; the supply points are where the energy comes from.
create table grid_line_tap (
  node_id int not null references grid_node,
  usage_point_id int not null references usage_point,
  line_end text not null check (line_end <> ''),
  primary key (node_id, usage_point_id)
);

-- The one resistance that would lose as much as all lines of a node together, with the energies of
-- its points as they were in the days before (等值电阻), and the shape of its load (K).
create table loss_network (
  node_id int primary key references grid_node,
  -- Line to line, in V.
  voltage int not null check (voltage > 0),
  equivalent_ohm numeric check (equivalent_ohm >= 0),
  shape numeric check (shape >= 1),
  computed_at timestamptz
);

-- What transformers lost inside the scope; a part of `technical` where that is known.
alter table loss_day add column transformers bigint;
alter table loss_month add column transformers bigint;
