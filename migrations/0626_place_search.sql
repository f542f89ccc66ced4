-- When the areas of a feeder were last looked at for points that hang elsewhere. Owner: src/grid.
create table place_search (
  node_id int primary key references grid_node,
  searched_at timestamptz not null
);
