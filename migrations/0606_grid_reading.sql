-- Reading the grid at an instant. Every table of its history says from when (inclusive) and until
-- when (exclusive) a row held.

-- Nodes at or below a node, with the way from it. Links cannot run in a circle; the depth is
-- bounded all the same, so that no data can make a statement endless.
create function grid_below(node int, at timestamptz)
returns table (node_id int, depth int, path int[])
language sql stable rows 1000 as $$
  with recursive below (node_id, depth, path) as (
    select n.id, 0, array[n.id] from grid_node n where n.id = node
    union all
    select l.node_id, b.depth + 1, b.path || l.node_id
    from below b join grid_link l on l.parent_id = b.node_id
    where l.valid_from <= at and (l.valid_to is null or l.valid_to > at) and b.depth < 32)
  select b.node_id, b.depth, b.path from below b
$$;

-- The node and what it hung on, one after the other up to the root.
create function grid_above(node int, at timestamptz)
returns table (node_id int, height int)
language sql stable rows 5 as $$
  with recursive above (node_id, height) as (
    select n.id, 0 from grid_node n where n.id = node
    union all
    select l.parent_id, a.height + 1
    from above a join grid_link l on l.node_id = a.node_id
    where l.valid_from <= at and (l.valid_to is null or l.valid_to > at) and a.height < 32)
  select a.node_id, a.height from above a
$$;

-- Every usage point that counted at or below a node, where it counted and as what. The supply point
-- of a feeder that counts for the bus too is there once for each, with another role.
create function grid_points(node int, at timestamptz)
returns table (usage_point_id int, node_id int, role text, phase text, depth int, path int[])
language sql stable rows 10000 as $$
  select p.usage_point_id, b.node_id, p.role, p.phase, b.depth, b.path
  from grid_below(node, at) b join usage_point_place p on p.node_id = b.node_id
  where p.valid_from <= at and (p.valid_to is null or p.valid_to > at)
$$;

-- What lies in an area of the map.
create index grid_node_position on grid_node using gist (point(longitude, latitude))
  where longitude is not null;
create index usage_point_position on usage_point using gist (point(longitude, latitude))
  where longitude is not null;
