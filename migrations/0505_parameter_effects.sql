-- Owner: src/parameters.

-- Whether a device may report unasked is how it works: its frame says so, and so does the rule.
alter table parameter_rule drop constraint parameter_rule_effect_check;
alter table parameter_rule add check (effect in ('write', 'price', 'mode'));
update parameter_rule set effect = 'mode', people = 2
where protocol = 'dlt698' and prefix in ('43000700', '43000800');

-- The stable name of what `reason` says, as in every other answer of the field.
alter table parameter_write add column reason_code text;
