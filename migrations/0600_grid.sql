-- The grid (电网) with its history: which part hung on which, and where a usage point counted.
-- Whatever is asked for a past date is answered from these rows. usage_point.transformer_id,
-- usage_point.account_id and transformer.feeder_id only repeat what holds now.

-- Region (区域), substation (变电站), bus (母线), feeder (线路), transformer area (台区). A feeder
-- and an area have their row in feeder and transformer too, which other tables refer to.
create table grid_node (
  id int generated always as identity primary key,
  kind text not null check (kind in ('region', 'substation', 'bus', 'feeder', 'area')),
  code text not null check (code <> ''),
  name text not null default '',
  -- Line to line, in V.
  nominal_voltage int check (nominal_voltage > 0),
  -- WGS 84, degrees.
  longitude double precision check (longitude between -180 and 180),
  latitude double precision check (latitude between -90 and 90),
  unique (kind, code),
  check ((longitude is null) = (latitude is null))
);

alter table feeder add column node_id int unique references grid_node;
alter table transformer add column node_id int unique references grid_node;

insert into grid_node (kind, code, name) select 'feeder', code, name from feeder;
insert into grid_node (kind, code, name) select 'area', code, name from transformer;
update feeder f set node_id = n.id from grid_node n where n.kind = 'feeder' and n.code = f.code;
update transformer t set node_id = n.id from grid_node n where n.kind = 'area' and n.code = t.code;

-- Whoever enters a feeder or an area enters its node.
create function grid_node_of_row() returns trigger language plpgsql as $$
begin
  if new.node_id is null then
    insert into grid_node (kind, code, name) values (tg_argv[0], new.code, new.name)
      on conflict (kind, code) do update set name = grid_node.name
      returning id into new.node_id;
  end if;
  return new;
end $$;
create trigger feeder_node before insert on feeder
  for each row execute function grid_node_of_row('feeder');
create trigger transformer_node before insert on transformer
  for each row execute function grid_node_of_row('area');
alter table feeder alter column node_id set not null;
alter table transformer alter column node_id set not null;

-- What a node hangs on, for a time; `valid_to` is exclusive. Energy flows from parent to child
-- unless it is fed back.
create table grid_link (
  id int generated always as identity primary key,
  node_id int not null references grid_node,
  parent_id int not null references grid_node,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  check (node_id <> parent_id),
  constraint grid_link_one_parent_at_a_time exclude using gist (
    int4range(node_id, node_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);
create index grid_link_parent on grid_link (parent_id);

-- A node hangs only on what stands above its kind, so there is no circle at any time.
create function grid_link_upward() returns trigger language plpgsql as $$
declare
  kinds constant text[] := array['region', 'substation', 'bus', 'feeder', 'area'];
  child text; parent text;
begin
  select kind into child from grid_node where id = new.node_id;
  select kind into parent from grid_node where id = new.parent_id;
  if array_position(kinds, parent) >= array_position(kinds, child)
    and not (child = 'region' and parent = 'region' and new.parent_id < new.node_id)
  then
    raise exception 'a % cannot hang on a %', child, parent using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger grid_link_upward before insert or update on grid_link
  for each row execute function grid_link_upward();

-- Transformers (变压器) with what their plate says; more than one may feed an area, and one may
-- belong to a customer (专变). Losses in W, voltages in V, shares in percent.
create table power_transformer (
  id int generated always as identity primary key,
  code text not null check (code <> ''),
  node_id int references grid_node,
  usage_point_id int references usage_point,
  rated_kva numeric not null check (rated_kva > 0),
  no_load_loss_w numeric not null check (no_load_loss_w >= 0),
  load_loss_w numeric not null check (load_loss_w >= 0),
  no_load_current_percent numeric not null check (no_load_current_percent >= 0),
  short_circuit_percent numeric not null check (short_circuit_percent >= 0),
  high_voltage int check (high_voltage > 0),
  low_voltage int check (low_voltage > 0),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  check ((node_id is null) <> (usage_point_id is null)),
  unique (code, valid_from)
);
create index power_transformer_node on power_transformer (node_id);
create index power_transformer_point on power_transformer (usage_point_id);

alter table usage_point
  add column name text not null default '',
  add column longitude double precision check (longitude between -180 and 180),
  add column latitude double precision check (latitude between -90 and 90),
  add constraint usage_point_position check ((longitude is null) = (latitude is null));

-- Where a usage point counts, for a time, and as what: `supply` (供电点) brings energy into the
-- node, `receive` (受电点) is a customer or what the node passes on, `auxiliary` (辅助点) is the
-- node's own use, `generation` (分布式电源) feeds into it. The meter of a feeder's head is `supply`
-- of the feeder and `receive` of the bus. `phase` is the phase of a single-phase point.
create table usage_point_place (
  id int generated always as identity primary key,
  usage_point_id int not null references usage_point,
  node_id int not null references grid_node,
  role text not null check (role in ('supply', 'receive', 'auxiliary', 'generation')),
  phase text check (phase in ('A', 'B', 'C', 'ABC')),
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  constraint usage_point_place_once_a_node exclude using gist (
    int4range(usage_point_id, usage_point_id, '[]') with &&,
    int4range(node_id, node_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);
create index usage_point_place_point on usage_point_place (usage_point_id);
create index usage_point_place_node on usage_point_place (node_id);

-- What is known is taken as having always been so, like the installations of an import that says
-- no date.
insert into grid_link (node_id, parent_id, valid_from)
  select t.node_id, f.node_id, '2000-01-01T00:00Z' from transformer t
  join feeder f on f.id = t.feeder_id;
insert into usage_point_place (usage_point_id, node_id, role, valid_from)
  select u.id, t.node_id, 'receive', '2000-01-01T00:00Z' from usage_point u
  join transformer t on t.id = u.transformer_id;
