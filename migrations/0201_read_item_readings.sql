-- An item asked for on demand may be a block (0001FF00, 040005FF, load records): one item, many
-- readings. value, unit and measured_at stay those of an item with exactly one.
alter table read_request_item
  add column readings jsonb not null default '[]'
    check (jsonb_typeof(readings) = 'array');
update read_request_item
  set readings = jsonb_build_array(jsonb_build_object(
    'register', case when item ~ '\.' then item end, 'name', item, 'value', value,
    'unit', unit, 'at', (extract(epoch from measured_at) * 1000)::bigint, 'flag', null))
  where state = 'answered';
