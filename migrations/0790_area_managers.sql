-- Who is responsible for a transformer area or a feeder (台区经理), for a time. Owner of this
-- file's tables: src/grid.

-- A person. Two of one name are told apart by their staff numbers.
create table area_manager (
  id int generated always as identity primary key,
  name text not null check (name <> ''),
  staff_no text unique check (staff_no <> ''),
  phone text check (phone <> '')
);
create unique index area_manager_without_number on area_manager (name) where staff_no is null;
create index area_manager_name on area_manager (name);

create table area_duty (
  id int generated always as identity primary key,
  node_id int not null references grid_node,
  manager_id int not null references area_manager,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  set_by text not null check (set_by <> ''),
  constraint area_duty_one_at_a_time exclude using gist (
    int4range(node_id, node_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);
create index area_duty_node on area_duty (node_id, valid_from);
create index area_duty_manager on area_duty (manager_id);

-- What others read. A time that ends at a moment no longer holds at it.
create view area_duty_of as
select d.node_id, d.valid_from, d.valid_to, m.id as manager_id, m.name, m.staff_no, m.phone
from area_duty d join area_manager m on m.id = d.manager_id;
