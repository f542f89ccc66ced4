-- Transformers and contracts are rated in kVA: what is held against them is apparent power, by the
-- reactive energy where it is measured and by a power factor where it is not. Owner: src/anomaly.
insert into anomaly_setting (name, value, meaning) values
  ('power-factor', 0.9, 'kW by kVA where no reactive energy is measured');

-- Only what nobody has changed: a version that was changed keeps its evidence as it was ordered.
update anomaly_rule set parameters = parameters || '{"tells": ["ratingKva", "ratingKw", "ratingMeasured"]}'
where code = 'transformer-overload' and version = 1;
update anomaly_rule
set parameters = parameters || '{"tells": ["contractKw", "contractFactor", "contractMeasured"]}'
where code in ('demand-over-contract', 'over-contracted') and version = 1;
