-- Who used a usage point, and by what contract, for a time; the account number (户号) is the key
-- that other systems know.
create table account_usage_point (
  id int generated always as identity primary key,
  usage_point_id int not null references usage_point,
  account_id int not null references account,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  constraint account_usage_point_one_at_a_time exclude using gist (
    int4range(usage_point_id, usage_point_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);
create index account_usage_point_point on account_usage_point (usage_point_id);
create index account_account_usage_point on account_usage_point (account_id);
insert into account_usage_point (usage_point_id, account_id, valid_from)
  select id, account_id, '2000-01-01T00:00Z' from usage_point where account_id is not null;

create table contract (
  id int generated always as identity primary key,
  account_id int not null references account,
  no text not null check (no <> ''),
  -- Code of the tariff (电价).
  tariff text check (tariff <> ''),
  -- Line of business (行业分类), as the utility codes it.
  trade text check (trade <> ''),
  -- Contracted capacity (合同容量).
  capacity_kva numeric check (capacity_kva > 0),
  -- A source of one's own may feed in (分布式电源).
  generates boolean not null default false,
  valid_from timestamptz not null,
  valid_to timestamptz check (valid_to > valid_from),
  constraint contract_one_at_a_time exclude using gist (
    int4range(account_id, account_id, '[]') with &&,
    tstzrange(valid_from, valid_to) with &&)
);
create index contract_account on contract (account_id);

-- What a meter's plate says; null where nobody entered it.
alter table meter
  add column wiring text check (wiring in ('1p2w', '3p3w', '3p4w')),
  -- Phase to neutral, or line to line of 3p3w, in V.
  add column nominal_voltage numeric check (nominal_voltage > 0),
  -- Ib and Imax, in A.
  add column basic_current numeric check (basic_current > 0),
  add column max_current numeric check (max_current >= basic_current),
  -- Digits before the point of an energy register: where it rolls over (满度归零).
  add column register_digits smallint check (register_digits between 4 and 12);

-- What a register showed when the meter was put up and when it was taken down.
create table installation_register (
  installation_id int not null references installation on delete cascade,
  register text collate "C" not null,
  opening_digits bigint,
  opening_scale smallint check (opening_scale >= 0),
  closing_digits bigint,
  closing_scale smallint check (closing_scale >= 0),
  primary key (installation_id, register),
  check ((opening_digits is null) = (opening_scale is null)),
  check ((closing_digits is null) = (closing_scale is null))
);
