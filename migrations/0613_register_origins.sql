-- Where a register at some moments came from: everything that was said of them and everything that
-- stands in its place, whatever counts.
create function register_said(meters int[], of_register text, moments timestamptz[])
returns table (meter_id int, measured_at timestamptz, micro bigint, scale smallint,
  data_class smallint, source smallint, quality smallint, time_source smallint,
  received_at timestamptz)
language plpgsql stable rows 100 as $$
declare
  curve_columns constant text[] := array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0',
    '3.8.0', '4.8.0'];
  curve_names constant text[] := array['energy_import', 'energy_import_1', 'energy_import_2',
    'energy_import_3', 'energy_import_4', 'energy_export', 'reactive_1', 'reactive_2'];
  daily_columns constant text[] := array['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0',
    '2.8.1', '2.8.2', '2.8.3', '2.8.4', '3.8.0', '4.8.0', '5.8.0', '6.8.0', '7.8.0', '8.8.0',
    '15.8.0'];
  daily_names constant text[] := array['energy_import', 'energy_import_1', 'energy_import_2',
    'energy_import_3', 'energy_import_4', 'energy_export', 'energy_export_1', 'energy_export_2',
    'energy_export_3', 'energy_export_4', 'reactive_1', 'reactive_2', 'reactive_q1',
    'reactive_q2', 'reactive_q3', 'reactive_q4', 'energy_combined'];
  asked constant text := 't.meter_id = any($1) and t.measured_at = any($2)';
  facts constant text := 't.data_class, t.source, t.quality, t.time_source, t.received_at';
  said text;
  place int;
begin
  said := format('select t.meter_id, t.measured_at,
      floor(t.digits * 10::numeric ^ (6 - t.scale))::bigint, t.scale, %s
    from reading_item t where t.item = %L and t.digits is not null and %s',
    facts, of_register, asked);
  place := array_position(curve_columns, of_register);
  if place is not null then
    said := said || format(' union all select t.meter_id, t.measured_at, t.%I * 100,
        (t.decimals >> %s & 7)::smallint, %s
      from reading_curve t where t.%1$I is not null and %4$s',
      curve_names[place], (place - 1) * 3, facts, asked);
  end if;
  place := array_position(daily_columns, of_register);
  if place is not null then
    said := said || format(' union all select t.meter_id, t.measured_at, t.%I * 100,
        (t.decimals >> %s & 7)::smallint, %s
      from reading_daily t where t.%1$I is not null and %4$s',
      daily_names[place], (place - 1) * 3, facts, asked);
  end if;
  return query execute said || ' order by data_class desc, quality desc' using meters, moments;
end $$;
