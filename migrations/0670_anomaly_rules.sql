-- What was missing of the rules of anomalies: what meters and terminals tell themselves, current
-- transformers that saturate, voltage out of its band for long; prices by tariff and by class; and
-- days that are judged again when something comes late or is decided. Owner: src/anomaly.

insert into anomaly_rule (code, version, shape, parameters, severity, base_score, raise_days,
  raise_within, clear_days, opens_case, valid_from, made_by)
select r.code, 1, r.shape, r.parameters::jsonb, r.severity, r.base_score, r.raise_days,
  r.raise_within, r.clear_days, r.opens_case, '2000-01-01T00:00Z', 'installation'
from (values
  ('ct-saturated', 'samples', '{"start": [{"of": "ctLoad", "above": 1.2}],
    "end": [{"of": "ctLoad", "below": 1.1}], "samples": 3, "share": 0.1}', 'medium', 50, 1, 1, 2,
    true),
  ('voltage-unqualified', 'days', '{"start": [{"of": "voltageOff", "above": 0.05}],
    "end": [{"of": "voltageOff", "below": 0.02}]}', 'low', 25, 3, 7, 3, false),
  ('phase-sequence', 'event', '{"codes": ["voltage-sequence", "current-sequence",
    "phase-sequence"]}', 'medium', 50, 1, 1, 7, true),
  ('voltage-fault-told', 'event', '{"codes": ["voltage-loss", "all-voltage-loss",
    "voltage-circuit", "neutral-loss"]}', 'medium', 45, 1, 1, 7, true),
  ('current-fault-told', 'event', '{"codes": ["current-loss", "current-circuit",
    "current-transformer", "power-reversed"]}', 'high', 50, 1, 1, 7, true),
  ('meter-fault-told', 'event', '{"codes": ["register-down", "register-off", "meter-flies",
    "meter-stopped", "metering-chip-fault"]}', 'high', 60, 1, 1, 7, true)
) as r (code, shape, parameters, severity, base_score, raise_days, raise_within, clear_days,
  opens_case);

-- Three within thirty days are remembered for thirty days already.
update anomaly_rule set clear_days = 7 where code = 'clock-set-often' and version = 1;

-- What a kWh is worth, from a day on: to whom has the tariff, else to the class, else to all.
create table anomaly_price (
  tariff text not null default '',
  customer_class text not null default '' check (customer_class in
    ('', 'residential', 'commercial', 'industrial', 'agricultural', 'public')),
  valid_from date not null,
  price numeric not null check (price >= 0),
  changed_by text not null check (changed_by <> ''),
  changed_at timestamptz not null,
  primary key (tariff, customer_class, valid_from),
  check (tariff = '' or customer_class = '')
);
insert into anomaly_price (valid_from, price, changed_by, changed_at)
select '2000-01-01', value, 'installation', '2000-01-01T00:00Z' from anomaly_setting
where name = 'price';
delete from anomaly_setting where name = 'price';

-- By who had the usage point that day and by which contract. Days begin by the zone of the
-- utility; a contract that changes on the very day is of either.
create function anomaly_price_of(point int, on_day date) returns numeric language sql stable as $$
  select p.price from anomaly_price p
  left join lateral (
    select c.class, t.tariff from account_usage_point a
    join account o on o.id = a.account_id join customer c on c.id = o.customer_id
    left join contract t on t.account_id = o.id and t.valid_from <= on_day + 1
      and (t.valid_to is null or t.valid_to > on_day)
    where a.usage_point_id = point and a.valid_from <= on_day + 1
      and (a.valid_to is null or a.valid_to > on_day)
    order by a.valid_from desc, t.valid_from desc nulls last limit 1) k on true
  where p.valid_from <= on_day
    and (p.tariff = '' or p.tariff = k.tariff)
    and (p.customer_class = '' or p.customer_class = k.class)
  order by p.tariff <> '' desc, p.customer_class <> '' desc, p.valid_from desc limit 1
$$;

-- What comes late may leave the energy as it was and yet say something: a curve of voltages. Once a
-- usage point's day was looked at, its curve is judged anew.
create function anomaly_due_of_looks() returns trigger language plpgsql as $$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select usage_point_id, business_date from looked;
  insert into quality_due (usage_point_id, business_date)
  select usage_point_id, business_date from looked;
  return null;
end $$;
create trigger anomaly_day_looked_at after delete on usage_dirty
  referencing old table as looked for each statement execute function anomaly_due_of_looks();

-- What a person decides of a finding, and what is so no longer.
create function anomaly_due_of_decisions() returns trigger language plpgsql as $$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select distinct a.usage_point_id, a.business_date
  from after a join before b on b.id = a.id
  where a.usage_point_id is not null and a.state <> b.state;
  return null;
end $$;
create trigger anomaly_finding_decided after update on validation_finding
  referencing old table as before new table as after
  for each statement execute function anomaly_due_of_decisions();

-- Of which areas the loss rose lately, and when each was looked at, so that all have their turn.
create index theft_area_turn on theft_area (computed_at);
