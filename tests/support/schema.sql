-- The schema that the migrations make together. Written by: node tests/support/programs/dump-schema.ts

create table account (
  id integer not null generated always as identity,
  no text not null,
  customer_id integer not null,
  constraint account_pkey PRIMARY KEY (id),
  constraint account_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  constraint account_no_check CHECK ((no <> ''::text)),
  constraint account_no_key UNIQUE (no)
);

create table account_usage_point (
  id integer not null generated always as identity,
  usage_point_id integer not null,
  account_id integer not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint account_usage_point_pkey PRIMARY KEY (id),
  constraint account_usage_point_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  constraint account_usage_point_check CHECK ((valid_to > valid_from)),
  constraint account_usage_point_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table anomaly (
  id integer not null generated always as identity,
  usage_point_id integer not null,
  meter_id integer,
  node_id integer,
  code text not null,
  version integer not null,
  score smallint not null,
  state text not null,
  began_on date not null,
  last_on date not null,
  ended_on date,
  days integer not null,
  energy bigint not null,
  evidence jsonb not null,
  raised_at timestamp with time zone not null,
  cleared_at timestamp with time zone,
  decided_by text,
  decided_at timestamp with time zone,
  reason text not null default ''::text,
  quiet_until date,
  case_key text,
  case_is_over boolean not null default false,
  constraint anomaly_pkey PRIMARY KEY (id),
  constraint anomaly_check CHECK ((last_on >= began_on)),
  constraint anomaly_check1 CHECK (((state = 'cleared'::text) = (cleared_at IS NOT NULL))),
  constraint anomaly_check2 CHECK (((state <> 'dismissed'::text) OR (decided_by IS NOT NULL))),
  constraint anomaly_code_version_fkey FOREIGN KEY (code, version) REFERENCES anomaly_rule(code, version),
  constraint anomaly_days_check CHECK ((days > 0)),
  constraint anomaly_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint anomaly_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint anomaly_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint anomaly_score_check CHECK (((score >= 0) AND (score <= 100))),
  constraint anomaly_state_check CHECK ((state = ANY (ARRAY['open'::text, 'confirmed'::text, 'dismissed'::text, 'cleared'::text]))),
  constraint anomaly_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table anomaly_day (
  usage_point_id integer not null,
  business_date date not null,
  code text not null,
  version integer not null,
  is_hit boolean not null,
  strength numeric(8,3) not null default 1,
  energy bigint not null default 0,
  evidence jsonb not null default '{}'::jsonb,
  constraint anomaly_day_pkey PRIMARY KEY (usage_point_id, code, business_date),
  constraint anomaly_day_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text))
);

create table anomaly_due (
  usage_point_id integer not null,
  business_date date not null
);

create table anomaly_price (
  tariff text not null default ''::text,
  customer_class text not null default ''::text,
  valid_from date not null,
  price numeric not null,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  constraint anomaly_price_pkey PRIMARY KEY (tariff, customer_class, valid_from),
  constraint anomaly_price_changed_by_check CHECK ((changed_by <> ''::text)),
  constraint anomaly_price_check CHECK (((tariff = ''::text) OR (customer_class = ''::text))),
  constraint anomaly_price_customer_class_check CHECK ((customer_class = ANY (ARRAY[''::text, 'residential'::text, 'commercial'::text, 'industrial'::text, 'agricultural'::text, 'public'::text]))),
  constraint anomaly_price_price_check CHECK ((price >= (0)::numeric))
);

create table anomaly_progress (
  only_row boolean not null default true,
  listed_through date not null,
  constraint anomaly_progress_pkey PRIMARY KEY (only_row),
  constraint anomaly_progress_only_row_check CHECK (only_row)
);

create table anomaly_rule (
  code text not null,
  version integer not null,
  shape text not null,
  customer_class text,
  parameters jsonb not null,
  severity text not null,
  base_score smallint not null,
  raise_days smallint not null default 1,
  raise_within smallint not null default 1,
  clear_days smallint not null default 1,
  opens_case boolean not null,
  enabled boolean not null default true,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  made_by text not null,
  reason text not null default ''::text,
  constraint anomaly_rule_pkey PRIMARY KEY (code, version),
  constraint anomaly_rule_base_score_check CHECK (((base_score >= 0) AND (base_score <= 100))),
  constraint anomaly_rule_check CHECK ((raise_within >= raise_days)),
  constraint anomaly_rule_check1 CHECK ((valid_to >= valid_from)),
  constraint anomaly_rule_clear_days_check CHECK ((clear_days > 0)),
  constraint anomaly_rule_code_check CHECK ((code ~ '^[a-z][a-z0-9-]{0,47}$'::text)),
  constraint anomaly_rule_customer_class_check CHECK ((customer_class = ANY (ARRAY['residential'::text, 'commercial'::text, 'industrial'::text, 'agricultural'::text, 'public'::text]))),
  constraint anomaly_rule_made_by_check CHECK ((made_by <> ''::text)),
  constraint anomaly_rule_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
  constraint anomaly_rule_raise_days_check CHECK ((raise_days > 0)),
  constraint anomaly_rule_severity_check CHECK ((severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
  constraint anomaly_rule_shape_check CHECK ((shape = ANY (ARRAY['samples'::text, 'days'::text, 'event'::text, 'validation'::text, 'clock'::text, 'suspect'::text]))),
  constraint anomaly_rule_version_check CHECK ((version > 0))
);

create table anomaly_setting (
  name text not null,
  value numeric not null,
  meaning text not null,
  constraint anomaly_setting_pkey PRIMARY KEY (name)
);

create table api_key (
  id integer not null generated always as identity,
  name text not null,
  prefix text not null,
  secret_hash bytea not null,
  roles text[] not null,
  created_by integer not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_key_pkey PRIMARY KEY (id),
  constraint api_key_created_by_fkey FOREIGN KEY (created_by) REFERENCES app_user(id),
  constraint api_key_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
  constraint api_key_prefix_key UNIQUE (prefix),
  constraint api_key_roles_check CHECK (((cardinality(roles) > 0) AND (roles <@ ARRAY['admin'::text, 'operator'::text, 'billing'::text, 'approver'::text, 'technician'::text, 'auditor'::text, 'security'::text, 'channel'::text, 'customer'::text]))),
  constraint api_key_secret_hash_key UNIQUE (secret_hash)
);

create table app_user (
  id integer not null generated always as identity,
  username text not null,
  password_hash text not null,
  roles text[] not null,
  disabled boolean not null default false,
  created_at timestamp with time zone not null,
  password_changed_at timestamp with time zone not null,
  telephone text,
  locale text not null default 'zh'::text,
  telephone_since timestamp with time zone,
  constraint app_user_pkey PRIMARY KEY (id),
  constraint app_user_check CHECK (((telephone IS NULL) = (telephone_since IS NULL))),
  constraint app_user_locale_check CHECK ((locale = ANY (ARRAY['zh'::text, 'en'::text]))),
  constraint app_user_roles_check CHECK (((cardinality(roles) > 0) AND (roles <@ ARRAY['admin'::text, 'operator'::text, 'billing'::text, 'approver'::text, 'technician'::text, 'auditor'::text, 'security'::text, 'channel'::text, 'customer'::text]))),
  constraint app_user_telephone_check CHECK ((telephone ~ '^\+?\d{5,20}$'::text)),
  constraint app_user_username_check CHECK (((username = lower(username)) AND ((char_length(username) >= 1) AND (char_length(username) <= 64)))),
  constraint app_user_username_key UNIQUE (username)
);

create table archive_change (
  id bigint not null generated always as identity,
  import_id integer,
  line integer,
  subject text not null,
  key text not null,
  action text not null,
  valid_from timestamp with time zone,
  before jsonb,
  after jsonb,
  usage_point text,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  constraint archive_change_pkey PRIMARY KEY (id),
  constraint archive_change_action_check CHECK ((action = ANY (ARRAY['added'::text, 'changed'::text, 'corrected'::text, 'closed'::text]))),
  constraint archive_change_after_check CHECK ((jsonb_typeof(after) = 'object'::text)),
  constraint archive_change_before_check CHECK ((jsonb_typeof(before) = 'object'::text)),
  constraint archive_change_changed_by_check CHECK ((changed_by <> ''::text)),
  constraint archive_change_key_check CHECK ((key <> ''::text)),
  constraint archive_change_subject_check CHECK ((subject = ANY (ARRAY['usage-point'::text, 'meter'::text, 'account'::text, 'contract'::text, 'node'::text, 'transformer'::text, 'concentrator'::text, 'channel'::text, 'group'::text])))
);

create table archive_due (
  at timestamp with time zone not null,
  constraint archive_due_pkey PRIMARY KEY (at)
);

create table archive_finding (
  id bigint not null generated always as identity,
  import_id integer not null,
  kind text not null,
  line integer,
  field text,
  value text,
  message text not null,
  constraint archive_finding_pkey PRIMARY KEY (id),
  constraint archive_finding_import_id_fkey FOREIGN KEY (import_id) REFERENCES archive_import(id) ON DELETE CASCADE,
  constraint archive_finding_kind_check CHECK ((kind = ANY (ARRAY['conflict'::text, 'unknown'::text, 'ours-only'::text])))
);

create table archive_import (
  id integer not null generated always as identity,
  kind text not null,
  state text not null,
  file_name text not null default ''::text,
  sha256 text not null,
  file bytea,
  options jsonb not null default '{}'::jsonb,
  row_count integer not null,
  created integer not null default 0,
  changed integer not null default 0,
  digest text not null default ''::text,
  proposed_by text not null,
  proposed_at timestamp with time zone not null,
  applied_by text,
  applied_at timestamp with time zone,
  constraint archive_import_pkey PRIMARY KEY (id),
  constraint archive_import_check CHECK (((state = 'applied'::text) = (applied_at IS NOT NULL))),
  constraint archive_import_check1 CHECK (((applied_by IS NULL) = (applied_at IS NULL))),
  constraint archive_import_kind_check CHECK ((kind = ANY (ARRAY['archive'::text, 'marketing'::text]))),
  constraint archive_import_options_check CHECK ((jsonb_typeof(options) = 'object'::text)),
  constraint archive_import_proposed_by_check CHECK ((proposed_by <> ''::text)),
  constraint archive_import_row_count_check CHECK ((row_count >= 0)),
  constraint archive_import_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint archive_import_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'applied'::text, 'refused'::text, 'withdrawn'::text])))
);

create table archive_policy (
  only_row boolean not null default true,
  approval text not null default 'none'::text,
  above_rows integer not null default 0,
  proposals text not null default 'none'::text,
  set_by text,
  set_at timestamp with time zone,
  constraint archive_policy_pkey PRIMARY KEY (only_row),
  constraint archive_policy_above_rows_check CHECK ((above_rows >= 0)),
  constraint archive_policy_approval_check CHECK ((approval = ANY (ARRAY['none'::text, 'second-person'::text]))),
  constraint archive_policy_check CHECK (((set_by IS NULL) = (set_at IS NULL))),
  constraint archive_policy_only_row_check CHECK (only_row),
  constraint archive_policy_proposals_check CHECK ((proposals = ANY (ARRAY['none'::text, 'second-person'::text])))
);

create table archive_revision (
  only_row boolean not null default true,
  revision bigint not null,
  as_of timestamp with time zone not null default 'infinity'::timestamp with time zone,
  constraint archive_revision_pkey PRIMARY KEY (only_row),
  constraint archive_revision_only_row_check CHECK (only_row)
);

create table archive_score_area (
  node_id integer not null,
  rule text not null,
  checked integer not null,
  failed integer not null,
  constraint archive_score_area_pkey PRIMARY KEY (node_id, rule),
  constraint archive_score_area_check CHECK (((failed >= 0) AND (failed <= checked))),
  constraint archive_score_area_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id)
);

create table archive_score_day (
  business_date date not null,
  rule text not null,
  checked integer not null,
  failed integer not null,
  constraint archive_score_day_pkey PRIMARY KEY (business_date, rule),
  constraint archive_score_day_check CHECK (((failed >= 0) AND (failed <= checked)))
);

create table area_duty (
  id integer not null generated always as identity,
  node_id integer not null,
  manager_id integer not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  set_by text not null,
  constraint area_duty_pkey PRIMARY KEY (id),
  constraint area_duty_check CHECK ((valid_to > valid_from)),
  constraint area_duty_manager_id_fkey FOREIGN KEY (manager_id) REFERENCES area_manager(id),
  constraint area_duty_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint area_duty_one_at_a_time EXCLUDE USING gist (int4range(node_id, node_id, '[]'::text) WITH &&, tstzrange(valid_from, valid_to) WITH &&),
  constraint area_duty_set_by_check CHECK ((set_by <> ''::text))
);

create table area_manager (
  id integer not null generated always as identity,
  name text not null,
  staff_no text,
  phone text,
  constraint area_manager_pkey PRIMARY KEY (id),
  constraint area_manager_name_check CHECK ((name <> ''::text)),
  constraint area_manager_phone_check CHECK ((phone <> ''::text)),
  constraint area_manager_staff_no_check CHECK ((staff_no <> ''::text)),
  constraint area_manager_staff_no_key UNIQUE (staff_no)
);

create table audit_record (
  seq bigint not null,
  at timestamp with time zone not null,
  actor_kind text not null,
  actor_id integer,
  actor_name text not null,
  action text not null,
  target text not null,
  outcome text not null,
  detail text not null,
  remote text not null,
  request_id text not null,
  hash bytea not null,
  constraint audit_record_pkey PRIMARY KEY (seq),
  constraint audit_record_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'key'::text, 'system'::text, 'anonymous'::text])))
);

create table bus_search (
  channel_id integer not null,
  searched_at timestamp with time zone not null,
  is_whole boolean not null,
  in_vain smallint not null default 0,
  constraint bus_search_pkey PRIMARY KEY (channel_id),
  constraint bus_search_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE
);

create table bus_stranger (
  channel_id integer not null,
  address text not null,
  protocol text not null,
  seen_at timestamp with time zone not null,
  constraint bus_stranger_pkey PRIMARY KEY (channel_id, address),
  constraint bus_stranger_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE
);

create table capacity_rule (
  valid_from date not null,
  over_share numeric not null,
  over_days integer not null,
  under_share numeric not null,
  months integer not null,
  target_share numeric not null,
  power_factor numeric not null,
  kva_month_price numeric,
  changed_by text not null,
  constraint capacity_rule_pkey PRIMARY KEY (valid_from),
  constraint capacity_rule_changed_by_check CHECK ((changed_by <> ''::text)),
  constraint capacity_rule_check CHECK (((under_share > (0)::numeric) AND (under_share < over_share))),
  constraint capacity_rule_kva_month_price_check CHECK ((kva_month_price >= (0)::numeric)),
  constraint capacity_rule_months_check CHECK (((months >= 1) AND (months <= 24))),
  constraint capacity_rule_over_days_check CHECK ((over_days > 0)),
  constraint capacity_rule_over_share_check CHECK ((over_share > (0)::numeric)),
  constraint capacity_rule_power_factor_check CHECK (((power_factor > (0)::numeric) AND (power_factor <= (1)::numeric))),
  constraint capacity_rule_target_share_check CHECK (((target_share > (0)::numeric) AND (target_share <= (1)::numeric)))
);

create table channel (
  id integer not null generated always as identity,
  name text not null,
  kind text not null,
  settings jsonb not null default '{}'::jsonb,
  constraint channel_pkey PRIMARY KEY (id),
  constraint channel_kind_check CHECK ((kind = ANY (ARRAY['dialin'::text, 'tcp'::text, 'serial'::text, 'modbus-tcp'::text, 'modbus-rtu-tcp'::text, 'modbus-serial'::text, 'mqtt'::text]))),
  constraint channel_name_check CHECK ((name <> ''::text)),
  constraint channel_name_key UNIQUE (name),
  constraint channel_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text))
);

create table channel_backup (
  channel_id integer not null,
  kind text not null,
  settings jsonb not null default '{}'::jsonb,
  constraint channel_backup_pkey PRIMARY KEY (channel_id),
  constraint channel_backup_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE,
  constraint channel_backup_kind_check CHECK ((kind = ANY (ARRAY['dialin'::text, 'tcp'::text, 'serial'::text, 'modbus-tcp'::text, 'modbus-rtu-tcp'::text, 'modbus-serial'::text]))),
  constraint channel_backup_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text))
);

create table channel_change (
  id bigint not null generated always as identity,
  channel_id integer not null,
  at timestamp with time zone not null,
  used text not null,
  reason text not null,
  message text not null,
  constraint channel_change_pkey PRIMARY KEY (id),
  constraint channel_change_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE,
  constraint channel_change_used_check CHECK ((used = ANY (ARRAY['primary'::text, 'backup'::text])))
);

create table channel_pool (
  channel_id integer not null,
  pool text not null,
  constraint channel_pool_pkey PRIMARY KEY (channel_id, pool),
  constraint channel_pool_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id) ON DELETE CASCADE,
  constraint channel_pool_pool_fkey FOREIGN KEY (pool) REFERENCES permit_pool(name) ON UPDATE CASCADE ON DELETE CASCADE
);

create table civil_day (
  business_date date not null,
  kind text not null,
  name text not null default ''::text,
  constraint civil_day_pkey PRIMARY KEY (business_date),
  constraint civil_day_kind_check CHECK ((kind = ANY (ARRAY['work'::text, 'rest'::text, 'holiday'::text])))
);

create table clock_correction (
  id integer not null generated always as identity,
  kind text not null,
  device_id integer not null,
  channel_id integer not null,
  how text not null,
  state text not null,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  approvers text[] not null default '{}'::text[],
  people_needed smallint not null,
  offset_ms bigint,
  uncertainty_ms integer not null,
  before_offset_ms bigint,
  before_uncertainty_ms integer,
  sent_at timestamp with time zone,
  after_offset_ms bigint,
  after_uncertainty_ms integer,
  reason text,
  ended_at timestamp with time zone,
  reason_code text,
  next_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint clock_correction_pkey PRIMARY KEY (id),
  constraint clock_correction_check CHECK (((cardinality(approvers) >= people_needed) OR (state <> ALL (ARRAY['approved'::text, 'sending'::text, 'done'::text])))),
  constraint clock_correction_check1 CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['done'::text, 'failed'::text, 'refused'::text, 'rejected'::text, 'expired'::text])))),
  constraint clock_correction_check2 CHECK (((state <> ALL (ARRAY['sending'::text, 'done'::text])) OR (sent_at IS NOT NULL))),
  constraint clock_correction_how_check CHECK ((how = ANY (ARRAY['own'::text, 'broadcast'::text]))),
  constraint clock_correction_people_needed_check CHECK (((people_needed >= 0) AND (people_needed <= 2))),
  constraint clock_correction_requested_by_check CHECK ((requested_by <> ''::text)),
  constraint clock_correction_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'approved'::text, 'sending'::text, 'unknown'::text, 'done'::text, 'failed'::text, 'refused'::text, 'rejected'::text, 'expired'::text])))
);

create table clock_device (
  kind text not null,
  device_id integer not null,
  channel_id integer not null,
  next_at timestamp with time zone not null,
  measured_at timestamp with time zone,
  offset_ms bigint,
  uncertainty_ms integer,
  failures smallint not null default 0,
  reason text,
  doubtful_since timestamp with time zone,
  doubtful_until timestamp with time zone,
  constraint clock_device_pkey PRIMARY KEY (kind, device_id),
  constraint clock_device_kind_check CHECK ((kind = ANY (ARRAY['meter'::text, 'terminal'::text])))
);

create table clock_measurement (
  measured_at timestamp with time zone not null,
  kind text not null,
  device_id integer not null,
  offset_ms bigint,
  uncertainty_ms integer not null,
  source text not null,
  constraint clock_measurement_source_check CHECK ((source = ANY (ARRAY['scheduled'::text, 'order'::text, 'reading'::text])))
);

create table clock_policy (
  one boolean not null default true,
  auto_correct boolean not null default false,
  trust_host boolean not null default false,
  constraint clock_policy_pkey PRIMARY KEY (one),
  constraint clock_policy_one_check CHECK (one)
);

create table collection_day (
  date date not null,
  plan_id integer not null,
  place_id integer not null,
  due integer not null,
  received integer not null,
  late integer not null,
  given_up integer not null,
  not_expected integer not null,
  estimated integer not null,
  first_pass integer not null,
  constraint collection_day_pkey PRIMARY KEY (date, plan_id, place_id)
) with (fillfactor=50);

create table collection_horizon (
  plan_id integer not null,
  horizon timestamp with time zone not null,
  cycle_seconds integer not null,
  offset_seconds integer not null,
  active boolean not null,
  constraint collection_horizon_pkey PRIMARY KEY (plan_id)
);

create table collection_located (
  meter_id integer not null,
  place_id integer not null,
  constraint collection_located_pkey PRIMARY KEY (meter_id)
) with (fillfactor=80);

create table collection_mark (
  date date not null,
  plan_id integer not null,
  opens timestamp with time zone not null,
  is_whole boolean not null,
  constraint collection_mark_pkey PRIMARY KEY (date, plan_id)
);

create table collection_member (
  plan_id integer not null,
  meter_id integer not null,
  since timestamp with time zone not null,
  until timestamp with time zone,
  reason text,
  settled boolean not null default false,
  constraint collection_member_pkey PRIMARY KEY (plan_id, meter_id),
  constraint collection_member_check CHECK (((until IS NULL) = (reason IS NULL)))
);

create table collection_place (
  id integer not null generated always as identity,
  channel_id integer not null,
  transformer_id integer not null default 0,
  model text not null default ''::text,
  maker text not null default ''::text,
  constraint collection_place_pkey PRIMARY KEY (id),
  constraint collection_place_channel_id_transformer_id_model_maker_key UNIQUE (channel_id, transformer_id, model, maker)
);

create table collection_slot (
  slot_start timestamp with time zone not null,
  due timestamp with time zone not null,
  answered_at timestamp with time zone,
  meter_id integer not null,
  state smallint not null default 1,
  attempts smallint not null default 0,
  reason text,
  plan_id integer not null,
  constraint collection_slot_pkey PRIMARY KEY (meter_id, plan_id, slot_start),
  constraint collection_slot_attempts_check CHECK ((attempts >= 0)),
  constraint collection_slot_check CHECK (((answered_at IS NOT NULL) = (state = ANY (ARRAY[2, 3])))),
  constraint collection_slot_reason_check CHECK (((state = ANY (ARRAY[4, 5, 6])) <= (reason IS NOT NULL))),
  constraint collection_slot_state_check CHECK (((state >= 1) AND (state <= 6)))
);

create table commission_job (
  id integer not null generated always as identity,
  channel_id integer not null,
  concentrator_id integer,
  state text not null,
  ways jsonb not null,
  ways_done integer not null default 0,
  adopts_all boolean not null,
  profile text,
  trying text not null default ''::text,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  failure text,
  verdict text,
  constraint commission_job_pkey PRIMARY KEY (id),
  constraint commission_job_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id),
  constraint commission_job_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id),
  constraint commission_job_state_check CHECK ((state = ANY (ARRAY['searching'::text, 'reading'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))),
  constraint commission_job_verdict_check CHECK ((verdict = ANY (ARRAY['ready'::text, 'remarks'::text, 'not-ready'::text]))),
  constraint commission_job_ways_check CHECK ((jsonb_typeof(ways) = 'array'::text)),
  constraint commission_job_ways_done_check CHECK ((ways_done >= 0))
);

create table commission_meter (
  job_id integer not null,
  address text not null,
  protocol text not null,
  place text not null default ''::text,
  found_at timestamp with time zone,
  match text,
  meter_id integer,
  adopted_at timestamp with time zone,
  read_id uuid,
  verdict text,
  remarks jsonb not null default '[]'::jsonb,
  constraint commission_meter_pkey PRIMARY KEY (job_id, address, protocol, place),
  constraint commission_meter_job_id_fkey FOREIGN KEY (job_id) REFERENCES commission_job(id) ON DELETE CASCADE,
  constraint commission_meter_match_check CHECK ((match = ANY (ARRAY['known'::text, 'new'::text, 'missing'::text, 'moved'::text, 'duplicate'::text]))),
  constraint commission_meter_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint commission_meter_verdict_check CHECK ((verdict = ANY (ARRAY['ready'::text, 'remarks'::text, 'not-ready'::text])))
);

create table concentrator (
  id integer not null generated always as identity,
  address text not null,
  name text not null default ''::text,
  channel_id integer not null,
  transformer_id integer,
  maker text,
  in_service_since timestamp with time zone default now(),
  constraint concentrator_pkey PRIMARY KEY (id),
  constraint concentrator_address_check CHECK ((address <> ''::text)),
  constraint concentrator_address_key UNIQUE (address),
  constraint concentrator_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id),
  constraint concentrator_channel_id_key UNIQUE (channel_id),
  constraint concentrator_maker_check CHECK ((maker <> ''::text)),
  constraint concentrator_transformer_id_fkey FOREIGN KEY (transformer_id) REFERENCES transformer(id)
);

create table concentrator_flapping (
  concentrator_id integer not null,
  since timestamp with time zone not null,
  last_at timestamp with time zone not null,
  takeovers bigint not null,
  addresses text[] not null,
  constraint concentrator_flapping_pkey PRIMARY KEY (concentrator_id),
  constraint concentrator_flapping_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE,
  constraint concentrator_flapping_takeovers_check CHECK ((takeovers > 0))
);

create table concentrator_state (
  concentrator_id integer not null,
  online boolean not null,
  last_heard_at timestamp with time zone,
  remote_address text,
  signal smallint,
  constraint concentrator_state_pkey PRIMARY KEY (concentrator_id),
  constraint concentrator_state_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE
) with (fillfactor=50);

create table concentrator_traffic (
  concentrator_id integer not null,
  business_date date not null,
  bytes_up bigint not null default 0,
  bytes_down bigint not null default 0,
  frames_up bigint not null default 0,
  frames_down bigint not null default 0,
  logins bigint not null default 0,
  heartbeats bigint not null default 0,
  constraint concentrator_traffic_pkey PRIMARY KEY (concentrator_id, business_date),
  constraint concentrator_traffic_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE
) with (fillfactor=70);

create table connection_event (
  at timestamp with time zone not null,
  concentrator_id integer not null,
  kind text not null,
  remote_address text not null default ''::text,
  other_address text not null default ''::text,
  times integer not null default 1,
  constraint connection_event_kind_check CHECK ((kind = ANY (ARRAY['takeover'::text, 'held-off'::text, 'flapping'::text, 'flapping-cleared'::text]))),
  constraint connection_event_times_check CHECK ((times > 0))
);

create table contract (
  id integer not null generated always as identity,
  account_id integer not null,
  no text not null,
  tariff text,
  trade text,
  capacity_kva numeric,
  generates boolean not null default false,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint contract_pkey PRIMARY KEY (id),
  constraint contract_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  constraint contract_capacity_kva_check CHECK ((capacity_kva > (0)::numeric)),
  constraint contract_check CHECK ((valid_to > valid_from)),
  constraint contract_no_check CHECK ((no <> ''::text)),
  constraint contract_tariff_check CHECK ((tariff <> ''::text)),
  constraint contract_trade_check CHECK ((trade <> ''::text))
);

create table customer (
  id integer not null generated always as identity,
  name text not null,
  class text not null,
  constraint customer_pkey PRIMARY KEY (id),
  constraint customer_class_check CHECK ((class = ANY (ARRAY['residential'::text, 'commercial'::text, 'industrial'::text, 'agricultural'::text, 'public'::text])))
);

create table database_outage (
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  constraint database_outage_pkey PRIMARY KEY (began_at),
  constraint database_outage_check CHECK ((ended_at >= began_at))
);

create table device_event (
  id bigint not null generated always as identity,
  meter_id integer,
  concentrator_id integer,
  device text not null generated always as (
CASE
    WHEN (meter_id IS NULL) THEN ('c'::text || concentrator_id)
    ELSE ('m'::text || meter_id)
END) stored,
  told_by text,
  protocol text not null,
  event_id text not null,
  series text not null,
  code text not null,
  phase text not null,
  is_span boolean not null,
  raised_at timestamp with time zone,
  cleared_at timestamp with time zone,
  ended_by json,
  superseded boolean not null default false,
  sequence integer,
  serial integer,
  received_at timestamp with time zone not null,
  source text not null,
  details json not null,
  raw text not null,
  at timestamp with time zone not null,
  constraint device_event_pkey PRIMARY KEY (id),
  constraint device_event_check CHECK ((num_nonnulls(meter_id, concentrator_id) = 1)),
  constraint device_event_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE,
  constraint device_event_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id) ON DELETE CASCADE,
  constraint device_event_phase_check CHECK ((phase = ANY (ARRAY[''::text, 'A'::text, 'B'::text, 'C'::text]))),
  constraint device_event_source_check CHECK ((source = ANY (ARRAY['pull'::text, 'report'::text])))
);

create table energy_dirty (
  business_date date not null,
  meter_id integer not null,
  constraint energy_dirty_pkey PRIMARY KEY (business_date, meter_id)
);

create table energy_through (
  only_row boolean not null default true,
  business_date date not null,
  constraint energy_through_pkey PRIMARY KEY (only_row),
  constraint energy_through_only_row_check CHECK (only_row)
);

create table feeder (
  id integer not null generated always as identity,
  code text not null,
  name text not null default ''::text,
  node_id integer not null,
  constraint feeder_pkey PRIMARY KEY (id),
  constraint feeder_code_check CHECK ((code <> ''::text)),
  constraint feeder_code_key UNIQUE (code),
  constraint feeder_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint feeder_node_id_key UNIQUE (node_id)
);

create table field_order (
  id integer not null generated always as identity,
  idempotency_key text not null,
  kind text not null,
  state text not null,
  spec jsonb not null,
  report jsonb,
  reported_by text,
  meter_id integer,
  usage_point_id integer,
  concentrator_id integer,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  "position" smallint not null default 0,
  turn integer not null default 0,
  lease_until timestamp with time zone,
  next_at timestamp with time zone,
  ended_at timestamp with time zone,
  verdict text,
  assignee_id integer,
  constraint field_order_pkey PRIMARY KEY (id),
  constraint field_order_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES app_user(id),
  constraint field_order_check CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
  constraint field_order_check1 CHECK (((report IS NULL) = (reported_by IS NULL))),
  constraint field_order_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id),
  constraint field_order_idempotency_key_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 200))),
  constraint field_order_idempotency_key_key UNIQUE (idempotency_key),
  constraint field_order_kind_check CHECK ((kind = ANY (ARRAY['replace'::text, 'install'::text, 'retire'::text, 'move'::text, 'firmware'::text]))),
  constraint field_order_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint field_order_position_check CHECK (("position" >= 0)),
  constraint field_order_report_check CHECK ((jsonb_typeof(report) = 'object'::text)),
  constraint field_order_requested_by_check CHECK ((requested_by <> ''::text)),
  constraint field_order_spec_check CHECK ((jsonb_typeof(spec) = 'object'::text)),
  constraint field_order_state_check CHECK ((state = ANY (ARRAY['running'::text, 'waiting'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))),
  constraint field_order_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table field_order_event (
  seq bigint not null generated always as identity,
  order_id integer not null,
  at timestamp with time zone not null,
  actor text not null,
  event text not null,
  detail jsonb not null,
  constraint field_order_event_pkey PRIMARY KEY (seq),
  constraint field_order_event_actor_check CHECK ((actor <> ''::text)),
  constraint field_order_event_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint field_order_event_event_check CHECK ((event <> ''::text)),
  constraint field_order_event_order_id_fkey FOREIGN KEY (order_id) REFERENCES field_order(id)
);

create table field_step (
  order_id integer not null,
  "position" smallint not null,
  name text not null,
  state text not null,
  attempts integer not null,
  started_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  hangs_at timestamp with time zone not null,
  evidence jsonb not null default '{}'::jsonb,
  reason text,
  constraint field_step_pkey PRIMARY KEY (order_id, "position"),
  constraint field_step_attempts_check CHECK ((attempts > 0)),
  constraint field_step_check CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text])) = (ended_at IS NOT NULL))),
  constraint field_step_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint field_step_name_check CHECK ((name <> ''::text)),
  constraint field_step_order_id_fkey FOREIGN KEY (order_id) REFERENCES field_order(id),
  constraint field_step_state_check CHECK ((state = ANY (ARRAY['begun'::text, 'waiting'::text, 'done'::text, 'failed'::text])))
);

create table firmware (
  id integer not null generated always as identity,
  name text not null,
  protocol text not null,
  maker text,
  model text,
  version text not null,
  size integer not null,
  sha256 text not null,
  md5 bytea not null,
  bytes bytea not null,
  uploaded_by text not null,
  uploaded_at timestamp with time zone not null,
  constraint firmware_pkey PRIMARY KEY (id),
  constraint firmware_check CHECK ((octet_length(bytes) = size)),
  constraint firmware_md5_check CHECK ((octet_length(md5) = 16)),
  constraint firmware_name_check CHECK ((name <> ''::text)),
  constraint firmware_protocol_check CHECK ((protocol = ANY (ARRAY['gdw376'::text, 'dlt698'::text]))),
  constraint firmware_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint firmware_sha256_protocol_version_key UNIQUE (sha256, protocol, version),
  constraint firmware_size_check CHECK (((size >= 1) AND (size <= 33554432))),
  constraint firmware_uploaded_by_check CHECK ((uploaded_by <> ''::text)),
  constraint firmware_version_check CHECK ((version <> ''::text))
);

create table firmware_campaign (
  id integer not null generated always as identity,
  idempotency_key text not null,
  firmware_id integer not null,
  state text not null,
  target jsonb not null,
  canary integer not null,
  batch integer not null,
  block_bytes integer not null,
  from_hour smallint not null,
  to_hour smallint not null,
  failure_percent_max integer not null,
  stage integer not null default 0,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  approved_by text,
  approved_at timestamp with time zone,
  ended_at timestamp with time zone,
  reason text,
  constraint firmware_campaign_pkey PRIMARY KEY (id),
  constraint firmware_campaign_batch_check CHECK ((batch > 0)),
  constraint firmware_campaign_block_bytes_check CHECK (((block_bytes >= 64) AND (block_bytes <= 1024))),
  constraint firmware_campaign_canary_check CHECK ((canary > 0)),
  constraint firmware_campaign_check CHECK (((approved_by IS NULL) = (approved_at IS NULL))),
  constraint firmware_campaign_check1 CHECK (((approved_by IS NULL) OR (approved_by <> requested_by))),
  constraint firmware_campaign_check2 CHECK (((approved_by IS NOT NULL) OR (state = ANY (ARRAY['requested'::text, 'cancelled'::text])))),
  constraint firmware_campaign_check3 CHECK (((state = ANY (ARRAY['done'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
  constraint firmware_campaign_failure_percent_max_check CHECK (((failure_percent_max >= 0) AND (failure_percent_max <= 100))),
  constraint firmware_campaign_firmware_id_fkey FOREIGN KEY (firmware_id) REFERENCES firmware(id),
  constraint firmware_campaign_from_hour_check CHECK (((from_hour >= 0) AND (from_hour <= 23))),
  constraint firmware_campaign_idempotency_key_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 200))),
  constraint firmware_campaign_idempotency_key_key UNIQUE (idempotency_key),
  constraint firmware_campaign_requested_by_check CHECK ((requested_by <> ''::text)),
  constraint firmware_campaign_stage_check CHECK ((stage >= 0)),
  constraint firmware_campaign_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'running'::text, 'paused'::text, 'stopped'::text, 'done'::text, 'cancelled'::text]))),
  constraint firmware_campaign_target_check CHECK ((jsonb_typeof(target) = 'object'::text)),
  constraint firmware_campaign_to_hour_check CHECK (((to_hour >= 0) AND (to_hour <= 23)))
);

create table firmware_device (
  campaign_id integer not null,
  concentrator_id integer not null,
  stage integer not null,
  state text not null default 'waiting'::text,
  block integer not null default 0,
  blocks integer not null,
  begun boolean not null default false,
  doubt boolean not null default false,
  restarts integer not null default 0,
  tries integer not null default 0,
  version_before text,
  version_after text,
  reason text,
  started_at timestamp with time zone,
  sent_at timestamp with time zone,
  ended_at timestamp with time zone,
  next_at timestamp with time zone,
  turn integer not null default 0,
  lease_until timestamp with time zone,
  constraint firmware_device_pkey PRIMARY KEY (campaign_id, concentrator_id),
  constraint firmware_device_block_check CHECK ((block >= 0)),
  constraint firmware_device_blocks_check CHECK ((blocks > 0)),
  constraint firmware_device_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES firmware_campaign(id),
  constraint firmware_device_check CHECK ((block <= blocks)),
  constraint firmware_device_check1 CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
  constraint firmware_device_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id),
  constraint firmware_device_restarts_check CHECK ((restarts >= 0)),
  constraint firmware_device_stage_check CHECK ((stage >= 0)),
  constraint firmware_device_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'verifying'::text, 'done'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text]))),
  constraint firmware_device_tries_check CHECK ((tries >= 0))
);

create table firmware_event (
  seq bigint not null generated always as identity,
  campaign_id integer not null,
  concentrator_id integer,
  at timestamp with time zone not null,
  actor text not null,
  event text not null,
  detail jsonb not null,
  constraint firmware_event_pkey PRIMARY KEY (seq),
  constraint firmware_event_actor_check CHECK ((actor <> ''::text)),
  constraint firmware_event_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES firmware_campaign(id),
  constraint firmware_event_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id),
  constraint firmware_event_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint firmware_event_event_check CHECK ((event <> ''::text))
);

create table forecast_day (
  business_date date not null,
  made_at timestamp with time zone not null,
  kind text not null,
  key text not null,
  method text not null,
  best_method text not null,
  hours bigint[] not null,
  low bigint[] not null,
  high bigint[] not null,
  best bigint[] not null,
  naive bigint[] not null,
  constraint forecast_day_pkey PRIMARY KEY (kind, key, business_date),
  constraint forecast_day_best_check CHECK ((cardinality(best) = 24)),
  constraint forecast_day_high_check CHECK ((cardinality(high) = 24)),
  constraint forecast_day_hours_check CHECK ((cardinality(hours) = 24)),
  constraint forecast_day_low_check CHECK ((cardinality(low) = 24)),
  constraint forecast_day_naive_check CHECK ((cardinality(naive) = 24))
);

create table forecast_due (
  business_date date not null
);

create table forecast_score (
  load bigint not null,
  error bigint not null,
  best_error bigint not null,
  naive_error bigint not null,
  business_date date not null,
  hours smallint not null,
  kind text not null,
  key text not null,
  constraint forecast_score_pkey PRIMARY KEY (kind, key, business_date),
  constraint forecast_score_hours_check CHECK (((hours >= 1) AND (hours <= 24)))
);

create table forecast_series (
  business_date date not null,
  kind text not null,
  key text not null,
  hours bigint[] not null,
  constraint forecast_series_pkey PRIMARY KEY (kind, key, business_date),
  constraint forecast_series_hours_check CHECK ((cardinality(hours) = 24)),
  constraint forecast_series_kind_check CHECK ((kind = ANY (ARRAY['all'::text, 'region'::text, 'feeder'::text, 'area'::text, 'group'::text])))
);

create table frame_evidence (
  received_at timestamp with time zone not null,
  at timestamp with time zone not null,
  meter_id integer not null,
  "position" smallint not null,
  direction smallint not null,
  cut boolean not null,
  frame bytea not null,
  masked smallint[],
  measured_from timestamp with time zone,
  measured_to timestamp with time zone,
  items text[],
  constraint frame_evidence_direction_check CHECK ((direction = ANY (ARRAY[1, 2]))),
  constraint frame_evidence_position_check CHECK (("position" >= 0))
);

create table frame_log (
  at timestamp with time zone not null,
  concentrator_id integer not null,
  seq integer not null,
  direction text not null,
  frame text not null,
  constraint frame_log_direction_check CHECK ((direction = ANY (ARRAY['sent'::text, 'received'::text])))
);

create table frame_log_switch (
  concentrator_id integer not null,
  since timestamp with time zone not null,
  until timestamp with time zone not null,
  switched_by text not null,
  constraint frame_log_switch_pkey PRIMARY KEY (concentrator_id),
  constraint frame_log_switch_check CHECK ((until > since)),
  constraint frame_log_switch_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE
);

create table gate_act (
  id integer not null,
  at timestamp with time zone not null,
  kind text not null,
  requested_by text not null,
  confirmed_by text,
  reason text not null,
  seal text,
  constraint gate_act_pkey PRIMARY KEY (id),
  constraint gate_act_check CHECK (((kind = ANY (ARRAY['disarm'::text, 'stop'::text])) OR ((confirmed_by IS NOT NULL) AND (seal IS NOT NULL)))),
  constraint gate_act_check1 CHECK (((kind <> 'arm'::text) OR (confirmed_by <> requested_by))),
  constraint gate_act_id_check CHECK ((id > 0)),
  constraint gate_act_kind_check CHECK ((kind = ANY (ARRAY['arm'::text, 'disarm'::text, 'stop'::text, 'resume'::text]))),
  constraint gate_act_reason_check CHECK ((char_length(reason) <= 500))
);

create table gate_journal (
  seq bigint not null generated always as identity,
  at timestamp with time zone not null,
  event text not null,
  permit_id uuid,
  via text not null,
  protocol text not null,
  effect text not null,
  action text,
  address text,
  purpose text,
  reference text,
  requested_by text,
  approvers text[] not null,
  frame text not null,
  outcome text[] not null,
  constraint gate_journal_pkey PRIMARY KEY (seq),
  constraint gate_journal_event_check CHECK ((event = ANY (ARRAY['passed'::text, 'refused'::text, 'dry-run'::text, 'ended'::text])))
);

create table gate_journal_block (
  id integer not null,
  first_seq bigint not null,
  last_seq bigint not null,
  rows integer not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  before_digest text not null,
  digest text not null,
  written_at timestamp with time zone not null,
  constraint gate_journal_block_pkey PRIMARY KEY (id),
  constraint gate_journal_block_before_digest_check CHECK ((before_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint gate_journal_block_check CHECK ((last_seq >= first_seq)),
  constraint gate_journal_block_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint gate_journal_block_id_check CHECK ((id > 0)),
  constraint gate_journal_block_rows_check CHECK ((rows > 0))
);

create table gate_permit_use (
  permit_id uuid not null,
  used_at timestamp with time zone not null,
  cuts boolean not null,
  via text not null,
  effect text not null,
  protocol text not null,
  address text not null,
  expires_at timestamp with time zone not null,
  constraint gate_permit_use_pkey PRIMARY KEY (permit_id)
);

create table gate_request (
  id uuid not null,
  kind text not null,
  requested_by text not null,
  requested_name text not null,
  requested_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  reason text not null,
  confirmed_by text,
  confirmed_at timestamp with time zone,
  constraint gate_request_pkey PRIMARY KEY (id),
  constraint gate_request_kind_check CHECK ((kind = ANY (ARRAY['arm'::text, 'resume'::text]))),
  constraint gate_request_reason_check CHECK ((char_length(reason) <= 500))
);

create table grid_change (
  seq bigint not null generated always as identity,
  node_id integer not null,
  changed_from timestamp with time zone not null,
  changed_at timestamp with time zone not null default now(),
  constraint grid_change_pkey PRIMARY KEY (seq)
);

create table grid_line (
  id integer not null generated always as identity,
  node_id integer not null,
  from_end text not null,
  to_end text not null,
  ohm numeric not null,
  neutral_ohm numeric,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint grid_line_pkey PRIMARY KEY (id),
  constraint grid_line_check CHECK (((to_end <> ''::text) AND (to_end <> from_end))),
  constraint grid_line_check1 CHECK ((valid_to > valid_from)),
  constraint grid_line_from_end_check CHECK ((from_end <> ''::text)),
  constraint grid_line_neutral_ohm_check CHECK ((neutral_ohm >= (0)::numeric)),
  constraint grid_line_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint grid_line_ohm_check CHECK ((ohm >= (0)::numeric))
);

create table grid_line_tap (
  node_id integer not null,
  usage_point_id integer not null,
  line_end text not null,
  constraint grid_line_tap_pkey PRIMARY KEY (node_id, usage_point_id),
  constraint grid_line_tap_line_end_check CHECK ((line_end <> ''::text)),
  constraint grid_line_tap_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint grid_line_tap_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table grid_link (
  id integer not null generated always as identity,
  node_id integer not null,
  parent_id integer not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint grid_link_pkey PRIMARY KEY (id),
  constraint grid_link_check CHECK ((valid_to > valid_from)),
  constraint grid_link_check1 CHECK ((node_id <> parent_id)),
  constraint grid_link_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint grid_link_one_parent_at_a_time EXCLUDE USING gist (int4range(node_id, node_id, '[]'::text) WITH &&, tstzrange(valid_from, valid_to) WITH &&),
  constraint grid_link_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES grid_node(id)
);

create table grid_node (
  id integer not null generated always as identity,
  kind text not null,
  code text not null,
  name text not null default ''::text,
  nominal_voltage integer,
  longitude double precision,
  latitude double precision,
  constraint grid_node_pkey PRIMARY KEY (id),
  constraint grid_node_check CHECK (((longitude IS NULL) = (latitude IS NULL))),
  constraint grid_node_code_check CHECK ((code <> ''::text)),
  constraint grid_node_kind_check CHECK ((kind = ANY (ARRAY['region'::text, 'substation'::text, 'bus'::text, 'feeder'::text, 'area'::text]))),
  constraint grid_node_kind_code_key UNIQUE (kind, code),
  constraint grid_node_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
  constraint grid_node_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
  constraint grid_node_nominal_voltage_check CHECK ((nominal_voltage > 0))
);

create table grid_rating (
  id integer not null generated always as identity,
  node_id integer not null,
  capacity_kva numeric not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  set_by text not null,
  constraint grid_rating_pkey PRIMARY KEY (id),
  constraint grid_rating_capacity_kva_check CHECK ((capacity_kva > (0)::numeric)),
  constraint grid_rating_check CHECK ((valid_to > valid_from)),
  constraint grid_rating_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint grid_rating_one_at_a_time EXCLUDE USING gist (int4range(node_id, node_id, '[]'::text) WITH &&, tstzrange(valid_from, valid_to) WITH &&),
  constraint grid_rating_set_by_check CHECK ((set_by <> ''::text))
);

create table installation (
  id integer not null generated always as identity,
  usage_point_id integer not null,
  meter_id integer not null,
  ct_numerator bigint not null,
  ct_denominator bigint not null,
  pt_numerator bigint not null,
  pt_denominator bigint not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint installation_pkey PRIMARY KEY (id),
  constraint installation_check CHECK ((valid_to > valid_from)),
  constraint installation_ct_denominator_check CHECK ((ct_denominator > 0)),
  constraint installation_ct_numerator_check CHECK ((ct_numerator > 0)),
  constraint installation_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint installation_pt_denominator_check CHECK ((pt_denominator > 0)),
  constraint installation_pt_numerator_check CHECK ((pt_numerator > 0)),
  constraint installation_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table installation_register (
  installation_id integer not null,
  register text not null,
  opening_digits bigint,
  opening_scale smallint,
  closing_digits bigint,
  closing_scale smallint,
  constraint installation_register_pkey PRIMARY KEY (installation_id, register),
  constraint installation_register_check CHECK (((opening_digits IS NULL) = (opening_scale IS NULL))),
  constraint installation_register_check1 CHECK (((closing_digits IS NULL) = (closing_scale IS NULL))),
  constraint installation_register_closing_scale_check CHECK ((closing_scale >= 0)),
  constraint installation_register_installation_id_fkey FOREIGN KEY (installation_id) REFERENCES installation(id) ON DELETE CASCADE,
  constraint installation_register_opening_scale_check CHECK ((opening_scale >= 0))
);

create table job_run (
  job text not null,
  slot text not null,
  due timestamp with time zone not null,
  state text not null,
  attempt integer not null,
  owner text not null,
  started_at timestamp with time zone not null,
  heartbeat_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  error text,
  constraint job_run_pkey PRIMARY KEY (job, slot),
  constraint job_run_attempt_check CHECK ((attempt > 0)),
  constraint job_run_check CHECK (((finished_at IS NULL) = (state = 'running'::text))),
  constraint job_run_job_check CHECK ((job <> ''::text)),
  constraint job_run_slot_check CHECK ((slot <> ''::text)),
  constraint job_run_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text])))
);

create table load_cell_day (
  peaks bigint not null,
  business_date date not null,
  cell_id integer not null,
  energy bigint[] not null,
  points integer[] not null,
  constraint load_cell_day_pkey PRIMARY KEY (business_date, cell_id)
);

create table load_day (
  peak bigint not null,
  peak_at timestamp with time zone not null,
  "least" bigint not null,
  energy bigint not null,
  night bigint not null,
  usage_point_id integer not null,
  business_date date not null,
  quarters smallint not null,
  night_quarters smallint not null,
  constraint load_day_pkey PRIMARY KEY (usage_point_id, business_date),
  constraint load_day_quarters_check CHECK ((quarters > 0))
);

create table load_due (
  cell_id integer not null,
  business_date date not null
);

create table load_sum_day (
  peak bigint not null,
  peak_at timestamp with time zone not null,
  "least" bigint not null,
  least_at timestamp with time zone not null,
  energy bigint not null,
  peaks bigint not null,
  business_date date not null,
  points integer not null,
  quarters smallint not null,
  thin_quarters smallint not null,
  kind text not null,
  key text not null,
  constraint load_sum_day_pkey PRIMARY KEY (kind, key, business_date)
);

create table load_sum_due (
  seq bigint not null generated always as identity,
  business_date date not null,
  constraint load_sum_due_pkey PRIMARY KEY (seq)
);

create table loss_bus_limit (
  voltage_from integer not null,
  rate_max numeric not null,
  constraint loss_bus_limit_pkey PRIMARY KEY (voltage_from),
  constraint loss_bus_limit_rate_max_check CHECK ((rate_max > (0)::numeric)),
  constraint loss_bus_limit_voltage_from_check CHECK ((voltage_from >= 0))
);

create table loss_day (
  supply bigint not null,
  reverse bigint not null,
  generation bigint not null,
  passed bigint not null,
  returned bigint not null,
  sale bigint not null,
  auxiliary bigint not null,
  transformer_sale bigint not null default 0,
  estimated bigint not null,
  loss bigint,
  technical bigint,
  computed_at timestamp with time zone not null,
  scope_id integer not null,
  starts_on date not null,
  users integer not null,
  users_read integer not null,
  gateways integer not null,
  gateways_read integer not null,
  sources integer not null,
  sources_read integer not null,
  rate numeric(14,6),
  scope text not null,
  denominator text not null,
  reasons text[] not null,
  transformers bigint,
  gateways_estimated bigint not null default 0,
  constraint loss_day_pkey PRIMARY KEY (scope, scope_id, starts_on),
  constraint loss_day_check CHECK (((loss IS NOT NULL) = (reasons = '{}'::text[]))),
  constraint loss_day_check1 CHECK (((loss IS NOT NULL) OR (rate IS NULL)))
);

create table loss_due (
  period text not null,
  starts_on date not null,
  node_id integer not null,
  constraint loss_due_pkey PRIMARY KEY (period, starts_on, node_id),
  constraint loss_due_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text])))
);

create table loss_exception (
  id integer not null generated always as identity,
  scope text not null,
  scope_id integer not null,
  kind text not null,
  began_on date not null,
  last_on date not null,
  ended_on date,
  days integer not null default 1,
  detail jsonb not null,
  has_case boolean not null default false,
  constraint loss_exception_pkey PRIMARY KEY (id),
  constraint loss_exception_check CHECK ((last_on >= began_on)),
  constraint loss_exception_check1 CHECK ((ended_on >= began_on)),
  constraint loss_exception_days_check CHECK ((days > 0)),
  constraint loss_exception_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint loss_exception_kind_fkey FOREIGN KEY (kind) REFERENCES loss_exception_kind(code)
);

create table loss_exception_kind (
  code text not null,
  class text not null,
  severity text not null,
  enabled boolean not null default true,
  opens_case boolean not null,
  case_after_days integer not null default 1,
  constraint loss_exception_kind_pkey PRIMARY KEY (code),
  constraint loss_exception_kind_case_after_days_check CHECK ((case_after_days >= 1)),
  constraint loss_exception_kind_class_check CHECK ((class = ANY (ARRAY['loss'::text, 'data'::text, 'archive'::text]))),
  constraint loss_exception_kind_severity_check CHECK ((severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])))
);

create table loss_month (
  supply bigint not null,
  reverse bigint not null,
  generation bigint not null,
  passed bigint not null,
  returned bigint not null,
  sale bigint not null,
  auxiliary bigint not null,
  transformer_sale bigint not null default 0,
  estimated bigint not null,
  loss bigint,
  technical bigint,
  computed_at timestamp with time zone not null,
  scope_id integer not null,
  starts_on date not null,
  users integer not null,
  users_read integer not null,
  gateways integer not null,
  gateways_read integer not null,
  sources integer not null,
  sources_read integer not null,
  rate numeric(14,6),
  scope text not null,
  denominator text not null,
  reasons text[] not null,
  transformers bigint,
  gateways_estimated bigint not null default 0,
  constraint loss_month_pkey PRIMARY KEY (scope, scope_id, starts_on),
  constraint loss_day_check CHECK (((loss IS NOT NULL) = (reasons = '{}'::text[]))),
  constraint loss_day_check1 CHECK (((loss IS NOT NULL) OR (rate IS NULL))),
  constraint loss_month_starts_on_check CHECK ((EXTRACT(day FROM starts_on) = (1)::numeric))
);

create table loss_month_energy (
  usage_point_id integer not null,
  business_month date not null
);

create table loss_network (
  node_id integer not null,
  voltage integer not null,
  equivalent_ohm numeric,
  shape numeric,
  computed_at timestamp with time zone,
  valid_from timestamp with time zone not null,
  constraint loss_network_pkey PRIMARY KEY (node_id, valid_from),
  constraint loss_network_equivalent_ohm_check CHECK ((equivalent_ohm >= (0)::numeric)),
  constraint loss_network_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint loss_network_shape_check CHECK ((shape >= (1)::numeric)),
  constraint loss_network_voltage_check CHECK ((voltage > 0))
);

create table loss_policy (
  scope text not null,
  valid_from date not null,
  denominator text not null,
  auxiliary text not null,
  user_success_min numeric not null,
  estimated_max numeric not null,
  rate_low numeric not null,
  rate_high numeric not null,
  change_max numeric not null,
  power_factor numeric not null,
  shape numeric not null,
  constraint loss_policy_pkey PRIMARY KEY (scope, valid_from),
  constraint loss_policy_auxiliary_check CHECK ((auxiliary = ANY (ARRAY['output'::text, 'loss'::text]))),
  constraint loss_policy_change_max_check CHECK ((change_max > (0)::numeric)),
  constraint loss_policy_check CHECK ((rate_high > rate_low)),
  constraint loss_policy_denominator_check CHECK ((denominator = ANY (ARRAY['net'::text, 'gross'::text]))),
  constraint loss_policy_estimated_max_check CHECK (((estimated_max >= (0)::numeric) AND (estimated_max <= (1)::numeric))),
  constraint loss_policy_power_factor_check CHECK (((power_factor > (0)::numeric) AND (power_factor <= (1)::numeric))),
  constraint loss_policy_scope_check CHECK ((scope = ANY (ARRAY['area'::text, 'feeder'::text, 'bus'::text, 'substation'::text, 'region'::text, 'voltage'::text]))),
  constraint loss_policy_shape_check CHECK ((shape >= (1)::numeric)),
  constraint loss_policy_user_success_min_check CHECK (((user_success_min >= (0)::numeric) AND (user_success_min <= (1)::numeric)))
);

create table loss_progress (
  only_row boolean not null default true,
  listed_through date not null,
  constraint loss_progress_pkey PRIMARY KEY (only_row),
  constraint loss_progress_only_row_check CHECK (only_row)
);

create table loss_touched (
  usage_point_id integer,
  node_id integer,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone,
  constraint loss_touched_check CHECK (((usage_point_id IS NULL) <> (node_id IS NULL)))
);

create table marketing_comparison_day (
  business_date date not null,
  accounts integer not null,
  compared_at timestamp with time zone not null,
  constraint marketing_comparison_day_pkey PRIMARY KEY (business_date)
);

create table marketing_difference (
  id integer not null generated always as identity,
  account_no text not null,
  usage_point text not null default ''::text,
  kind text not null,
  field text not null,
  ours text,
  theirs text,
  found_on date not null,
  constraint marketing_difference_pkey PRIMARY KEY (id),
  constraint marketing_difference_account_no_usage_point_field_key UNIQUE (account_no, usage_point, field),
  constraint marketing_difference_kind_check CHECK ((kind = ANY (ARRAY['differs'::text, 'unset'::text, 'theirs-only'::text, 'ours-only'::text])))
);

create table marketing_difference_day (
  business_date date not null,
  kind text not null,
  field text not null,
  differences integer not null,
  constraint marketing_difference_day_pkey PRIMARY KEY (business_date, kind, field)
);

create table marketing_record (
  account_no text not null,
  usage_point text not null default ''::text,
  import_id integer not null,
  line integer not null,
  customer text,
  class text,
  contract_no text,
  tariff text,
  trade text,
  capacity_kva numeric,
  generates boolean,
  area text,
  feeder text,
  meter text,
  ct text,
  pt text,
  valid_from timestamp with time zone,
  closed_at timestamp with time zone,
  received_at timestamp with time zone not null,
  constraint marketing_record_pkey PRIMARY KEY (account_no, usage_point),
  constraint marketing_record_account_no_check CHECK ((account_no <> ''::text)),
  constraint marketing_record_import_id_fkey FOREIGN KEY (import_id) REFERENCES archive_import(id)
);

create table message (
  id uuid not null,
  idempotency_key text not null,
  template text not null,
  locale text not null,
  parameters jsonb not null,
  channel text not null,
  recipient text not null,
  body text not null,
  urgent boolean not null,
  reference text not null default ''::text,
  requested_by text not null,
  state text not null,
  turn integer not null default 0,
  tries integer not null default 0,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  next_at timestamp with time zone,
  lease_until timestamp with time zone,
  first_tried_at timestamp with time zone,
  tried_at timestamp with time zone,
  provider_ref text,
  ended_at timestamp with time zone,
  reason text,
  rule text,
  quiet_from_hour smallint,
  quiet_to_hour smallint,
  constraint message_pkey PRIMARY KEY (id),
  constraint message_body_check CHECK (((char_length(body) >= 1) AND (char_length(body) <= 2000))),
  constraint message_channel_check CHECK ((channel = 'sms'::text)),
  constraint message_check CHECK ((expires_at > created_at)),
  constraint message_check1 CHECK (((state <> 'sending'::text) OR ((lease_until IS NOT NULL) AND (tried_at IS NOT NULL)))),
  constraint message_idempotency_key_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 200))),
  constraint message_idempotency_key_key UNIQUE (idempotency_key),
  constraint message_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
  constraint message_quiet_from_hour_check CHECK (((quiet_from_hour >= 0) AND (quiet_from_hour <= 23))),
  constraint message_quiet_to_hour_check CHECK (((quiet_to_hour >= 0) AND (quiet_to_hour <= 23))),
  constraint message_recipient_check CHECK ((recipient <> ''::text)),
  constraint message_requested_by_check CHECK ((requested_by <> ''::text)),
  constraint message_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'failed'::text, 'unknown'::text, 'expired'::text])))
);

create table message_event (
  seq bigint not null generated always as identity,
  message_id uuid not null,
  at timestamp with time zone not null,
  event text not null,
  detail text not null default ''::text,
  constraint message_event_pkey PRIMARY KEY (seq),
  constraint message_event_event_check CHECK ((event <> ''::text)),
  constraint message_event_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id)
);

create table message_policy (
  id smallint not null default 1,
  quiet_from_hour smallint not null,
  quiet_to_hour smallint not null,
  person_hour_max smallint not null,
  constraint message_policy_pkey PRIMARY KEY (id),
  constraint message_policy_id_check CHECK ((id = 1)),
  constraint message_policy_person_hour_max_check CHECK (((person_hour_max >= 1) AND (person_hour_max <= 1000))),
  constraint message_policy_quiet_from_hour_check CHECK (((quiet_from_hour >= 0) AND (quiet_from_hour <= 23))),
  constraint message_policy_quiet_to_hour_check CHECK (((quiet_to_hour >= 0) AND (quiet_to_hour <= 23)))
);

create table message_receipt (
  ref text not null,
  outcome text not null,
  detail text not null,
  received_at timestamp with time zone not null,
  constraint message_receipt_pkey PRIMARY KEY (ref, outcome),
  constraint message_receipt_outcome_check CHECK ((outcome = ANY (ARRAY['delivered'::text, 'failed'::text]))),
  constraint message_receipt_ref_check CHECK ((ref <> ''::text))
);

create table message_rule (
  name text not null,
  occasion text not null,
  min_severity smallint not null default 1,
  topics text[],
  to_assignee boolean not null default false,
  to_role text,
  template text not null,
  urgent boolean not null default false,
  quiet_from_hour smallint,
  quiet_to_hour smallint,
  person_hour_max smallint,
  valid_minutes integer not null default 1440,
  enabled boolean not null default true,
  since timestamp with time zone not null default '2000-01-01 00:00:00+00'::timestamp with time zone,
  constraint message_rule_pkey PRIMARY KEY (name),
  constraint message_rule_check CHECK ((to_assignee OR (to_role IS NOT NULL))),
  constraint message_rule_check1 CHECK (((quiet_from_hour IS NULL) = (quiet_to_hour IS NULL))),
  constraint message_rule_min_severity_check CHECK (((min_severity >= 1) AND (min_severity <= 4))),
  constraint message_rule_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{0,39}$'::text)),
  constraint message_rule_occasion_check CHECK ((occasion = ANY (ARRAY['case.opened'::text, 'case.assigned'::text, 'order.assigned'::text, 'order.hanging'::text, 'firmware.stopped'::text, 'device.event'::text]))),
  constraint message_rule_person_hour_max_check CHECK (((person_hour_max >= 1) AND (person_hour_max <= 1000))),
  constraint message_rule_quiet_from_hour_check CHECK (((quiet_from_hour >= 0) AND (quiet_from_hour <= 23))),
  constraint message_rule_quiet_to_hour_check CHECK (((quiet_to_hour >= 0) AND (quiet_to_hour <= 23))),
  constraint message_rule_to_role_check CHECK ((to_role = ANY (ARRAY['admin'::text, 'operator'::text, 'billing'::text, 'approver'::text, 'technician'::text, 'auditor'::text, 'security'::text]))),
  constraint message_rule_topics_check CHECK (((cardinality(topics) >= 1) AND (cardinality(topics) <= 100))),
  constraint message_rule_valid_minutes_check CHECK (((valid_minutes >= 5) AND (valid_minutes <= 10080)))
);

create table message_template (
  code text not null,
  locale text not null,
  body text not null,
  constraint message_template_pkey PRIMARY KEY (code, locale),
  constraint message_template_body_check CHECK (((char_length(body) >= 1) AND (char_length(body) <= 1000))),
  constraint message_template_code_check CHECK ((code ~ '^[a-z][a-z0-9.-]{0,63}$'::text)),
  constraint message_template_locale_check CHECK ((locale = ANY (ARRAY['zh'::text, 'en'::text])))
);

create table meter (
  id integer not null generated always as identity,
  address text not null,
  protocol text not null,
  profile text,
  model text,
  channel_id integer not null,
  maker text,
  retired_at timestamp with time zone,
  wiring text,
  nominal_voltage numeric,
  basic_current numeric,
  max_current numeric,
  register_digits smallint,
  constraint meter_pkey PRIMARY KEY (id),
  constraint meter_address_check CHECK ((address <> ''::text)),
  constraint meter_basic_current_check CHECK ((basic_current > (0)::numeric)),
  constraint meter_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channel(id),
  constraint meter_check CHECK ((max_current >= basic_current)),
  constraint meter_maker_check CHECK ((maker <> ''::text)),
  constraint meter_nominal_voltage_check CHECK ((nominal_voltage > (0)::numeric)),
  constraint meter_protocol_check CHECK ((protocol = ANY (ARRAY['dlt645-2007'::text, 'dlt645-1997'::text, 'modbus'::text, 'gdw376'::text, 'dlt698'::text, 'dlms'::text, 'mqtt'::text]))),
  constraint meter_register_digits_check CHECK (((register_digits >= 4) AND (register_digits <= 12))),
  constraint meter_wiring_check CHECK ((wiring = ANY (ARRAY['1p2w'::text, '3p3w'::text, '3p4w'::text])))
);

create table meter_diagnosis (
  business_date date not null,
  meter_id integer not null,
  cause text not null,
  rule text not null,
  confidence smallint not null,
  missing_slots integer not null,
  evidence jsonb not null,
  first_found_at timestamp with time zone not null,
  found_at timestamp with time zone not null,
  constraint meter_diagnosis_pkey PRIMARY KEY (business_date, meter_id),
  constraint meter_diagnosis_confidence_check CHECK (((confidence >= 0) AND (confidence <= 100))),
  constraint meter_diagnosis_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id) ON DELETE CASCADE,
  constraint meter_diagnosis_missing_slots_check CHECK ((missing_slots > 0))
);

create table meter_group (
  id integer not null generated always as identity,
  name text not null,
  filter jsonb,
  revision integer not null default 1,
  constraint meter_group_pkey PRIMARY KEY (id),
  constraint meter_group_filter_check CHECK ((jsonb_typeof(filter) = 'object'::text)),
  constraint meter_group_name_check CHECK ((name <> ''::text)),
  constraint meter_group_name_key UNIQUE (name)
);

create table meter_group_meter (
  group_id integer not null,
  meter_id integer not null,
  constraint meter_group_meter_pkey PRIMARY KEY (group_id, meter_id),
  constraint meter_group_meter_group_id_fkey FOREIGN KEY (group_id) REFERENCES meter_group(id) ON DELETE CASCADE,
  constraint meter_group_meter_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id)
);

create table meter_latest (
  shape bigint not null,
  measured_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  decimals bigint not null,
  energy_import bigint,
  energy_import_1 bigint,
  energy_import_2 bigint,
  energy_import_3 bigint,
  energy_import_4 bigint,
  energy_export bigint,
  reactive_1 bigint,
  reactive_2 bigint,
  meter_id integer not null,
  power integer,
  power_a integer,
  power_b integer,
  power_c integer,
  reactive_power integer,
  voltage_a integer,
  voltage_b integer,
  voltage_c integer,
  current_a integer,
  current_b integer,
  current_c integer,
  frequency integer,
  power_factor smallint,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  constraint meter_latest_pkey PRIMARY KEY (meter_id, shape)
) with (fillfactor=60);

create table meter_latest_item (
  measured_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  digits bigint,
  meter_id integer not null,
  scale smallint,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  item text not null,
  text_value text,
  constraint meter_latest_item_pkey PRIMARY KEY (meter_id, item)
) with (fillfactor=60);

create table meter_probe (
  meter_id integer not null,
  probed_at timestamp with time zone not null,
  speaks text,
  constraint meter_probe_pkey PRIMARY KEY (meter_id),
  constraint meter_probe_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id) ON DELETE CASCADE
);

create table meter_talk (
  business_date date not null,
  meter_id integer not null,
  visits integer not null default 0,
  heard integer not null default 0,
  silent integer not null default 0,
  damaged integer not null default 0,
  clashed integer not null default 0,
  mismatched integer not null default 0,
  refused integer not null default 0,
  denied integer not null default 0,
  constraint meter_talk_pkey PRIMARY KEY (business_date, meter_id),
  constraint meter_talk_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id) ON DELETE CASCADE
) with (fillfactor=70);

create table online_interval (
  concentrator_id integer not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  remote_address text,
  end_reason text,
  constraint online_interval_pkey PRIMARY KEY (concentrator_id, valid_from),
  constraint online_interval_check CHECK ((valid_to >= valid_from)),
  constraint online_interval_check1 CHECK (((valid_to IS NULL) = (end_reason IS NULL))),
  constraint online_interval_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE,
  constraint online_interval_end_reason_check CHECK ((end_reason = ANY (ARRAY['closed'::text, 'lost'::text, 'silent'::text, 'taken-over'::text, 'stopped'::text, 'restart'::text, 'refused'::text, 'removed'::text])))
);

create table outbox_position (
  outbox uuid not null,
  taken int8multirange not null default '{}'::int8multirange,
  moved_at timestamp with time zone not null default now(),
  constraint outbox_position_pkey PRIMARY KEY (outbox)
);

create table outbox_refused (
  id bigint not null generated always as identity,
  outbox uuid not null,
  number bigint not null,
  record bytea not null,
  refused_at timestamp with time zone not null,
  reason text not null,
  replayed_at timestamp with time zone,
  dismissed_at timestamp with time zone,
  decided_by text,
  constraint outbox_refused_pkey PRIMARY KEY (id),
  constraint outbox_refused_decided_once CHECK (((replayed_at IS NULL) OR (dismissed_at IS NULL))),
  constraint outbox_refused_outbox_number_key UNIQUE (outbox, number)
);

create table parameter_rule (
  protocol text not null,
  prefix text not null,
  name text not null,
  effect text not null,
  people smallint not null,
  constraint parameter_rule_pkey PRIMARY KEY (protocol, prefix),
  constraint parameter_rule_effect_check CHECK ((effect = ANY (ARRAY['write'::text, 'price'::text, 'mode'::text]))),
  constraint parameter_rule_people_check CHECK ((people = ANY (ARRAY[1, 2]))),
  constraint parameter_rule_prefix_check CHECK ((prefix <> ''::text))
);

create table parameter_run (
  id integer not null generated always as identity,
  name text not null,
  state text not null,
  stop_percent smallint not null,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  reason text,
  constraint parameter_run_pkey PRIMARY KEY (id),
  constraint parameter_run_check CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['stopped'::text, 'done'::text])))),
  constraint parameter_run_name_check CHECK ((name <> ''::text)),
  constraint parameter_run_state_check CHECK ((state = ANY (ARRAY['running'::text, 'stopped'::text, 'done'::text]))),
  constraint parameter_run_stop_percent_check CHECK (((stop_percent >= 1) AND (stop_percent <= 100)))
);

create table parameter_write (
  id integer not null generated always as identity,
  run_id integer,
  meter_id integer not null,
  channel_id integer not null,
  item text not null,
  wanted text not null,
  people_needed smallint not null,
  effect text not null,
  state text not null,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  approvers text[] not null,
  before_value text,
  after_value text,
  sent_at timestamp with time zone,
  attempts smallint not null default 0,
  next_at timestamp with time zone not null,
  reason text,
  ended_at timestamp with time zone,
  reason_code text,
  constraint parameter_write_pkey PRIMARY KEY (id),
  constraint parameter_write_check CHECK (((cardinality(approvers) >= people_needed) OR (state <> ALL (ARRAY['approved'::text, 'sending'::text, 'done'::text])))),
  constraint parameter_write_check1 CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['done'::text, 'failed'::text, 'refused'::text, 'rejected'::text])))),
  constraint parameter_write_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint parameter_write_run_id_fkey FOREIGN KEY (run_id) REFERENCES parameter_run(id),
  constraint parameter_write_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'approved'::text, 'sending'::text, 'unknown'::text, 'done'::text, 'failed'::text, 'refused'::text, 'rejected'::text])))
);

create table permit_pool (
  name text not null,
  kind text not null,
  visits_max integer not null,
  constraint permit_pool_pkey PRIMARY KEY (name),
  constraint permit_pool_kind_check CHECK ((kind = ANY (ARRAY['cell'::text, 'sim-pool'::text, 'gateway'::text]))),
  constraint permit_pool_name_check CHECK ((name <> ''::text)),
  constraint permit_pool_visits_max_check CHECK (((visits_max >= 1) AND (visits_max <= 100000)))
);

create table place_proposal (
  id integer not null generated always as identity,
  usage_point_id integer not null,
  archived_node_id integer not null,
  archived_phase text,
  node_id integer not null,
  phase text,
  confidence numeric not null,
  evidence jsonb not null,
  state text not null,
  found_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  decided_by text,
  decided_at timestamp with time zone,
  reason text not null default ''::text,
  asked_by text,
  asked_at timestamp with time zone,
  asked_since timestamp with time zone,
  constraint place_proposal_pkey PRIMARY KEY (id),
  constraint place_proposal_archived_node_id_fkey FOREIGN KEY (archived_node_id) REFERENCES grid_node(id),
  constraint place_proposal_archived_phase_check CHECK ((archived_phase = ANY (ARRAY['A'::text, 'B'::text, 'C'::text, 'ABC'::text]))),
  constraint place_proposal_check CHECK (((node_id IS DISTINCT FROM archived_node_id) OR (phase IS DISTINCT FROM archived_phase))),
  constraint place_proposal_check1 CHECK (((asked_by IS NULL) = (asked_at IS NULL))),
  constraint place_proposal_confidence_check CHECK (((confidence >= (0)::numeric) AND (confidence <= (1)::numeric))),
  constraint place_proposal_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint place_proposal_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint place_proposal_phase_check CHECK ((phase = ANY (ARRAY['A'::text, 'B'::text, 'C'::text, 'ABC'::text]))),
  constraint place_proposal_state_check CHECK ((state = ANY (ARRAY['open'::text, 'adopted'::text, 'dismissed'::text, 'withdrawn'::text]))),
  constraint place_proposal_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table place_search (
  node_id integer not null,
  searched_at timestamp with time zone not null,
  constraint place_search_pkey PRIMARY KEY (node_id),
  constraint place_search_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id)
);

create table point (
  id integer not null generated always as identity,
  name text not null,
  meter_id integer not null,
  item text not null,
  factor text not null default '1'::text,
  shift text not null default '0'::text,
  unit text not null,
  low_low text,
  low text,
  high text,
  high_high text,
  hysteresis text not null default '0'::text,
  deadband text not null default '0'::text,
  delay_seconds integer not null default 0,
  stale_seconds integer not null,
  opens_case boolean not null default false,
  changed_at timestamp with time zone not null,
  constraint point_pkey PRIMARY KEY (id),
  constraint point_delay_seconds_check CHECK (((delay_seconds >= 0) AND (delay_seconds <= 86400))),
  constraint point_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint point_name_check CHECK (((name <> ''::text) AND (length(name) <= 100))),
  constraint point_name_key UNIQUE (name),
  constraint point_stale_seconds_check CHECK (((stale_seconds >= 1) AND (stale_seconds <= 31536000)))
);

create table point_alarm (
  id bigint not null generated always as identity,
  point_id integer not null,
  level text not null,
  raised_at timestamp with time zone not null,
  value text not null,
  found_at timestamp with time zone not null,
  cleared_at timestamp with time zone,
  cleared_value text,
  withdrawn_at timestamp with time zone,
  acknowledged_at timestamp with time zone,
  acknowledged_by text,
  note text,
  constraint point_alarm_pkey PRIMARY KEY (id),
  constraint point_alarm_check CHECK (((acknowledged_at IS NULL) = (acknowledged_by IS NULL))),
  constraint point_alarm_level_check CHECK ((level = ANY (ARRAY['low-low'::text, 'low'::text, 'high'::text, 'high-high'::text]))),
  constraint point_alarm_point_id_fkey FOREIGN KEY (point_id) REFERENCES point(id) ON DELETE CASCADE,
  constraint point_alarm_point_id_raised_at_level_key UNIQUE (point_id, raised_at, level)
);

create table point_inbox (
  seq bigint not null generated always as identity,
  point_id integer not null,
  measured_at timestamp with time zone,
  digits bigint,
  scale smallint,
  constraint point_inbox_pkey PRIMARY KEY (seq),
  constraint point_inbox_check CHECK ((((measured_at IS NULL) = (digits IS NULL)) AND ((digits IS NULL) = (scale IS NULL)))),
  constraint point_inbox_point_id_fkey FOREIGN KEY (point_id) REFERENCES point(id) ON DELETE CASCADE
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=10000);

create table point_revision (
  only_one boolean not null default true,
  revision bigint not null,
  constraint point_revision_pkey PRIMARY KEY (only_one),
  constraint point_revision_only_one_check CHECK (only_one)
);

create table point_state (
  point_id integer not null,
  level text not null,
  level_since timestamp with time zone,
  value text,
  measured_at timestamp with time zone,
  noted text,
  changed_at timestamp with time zone,
  due_at timestamp with time zone,
  book jsonb not null,
  constraint point_state_pkey PRIMARY KEY (point_id),
  constraint point_state_level_check CHECK ((level = ANY (ARRAY['normal'::text, 'low-low'::text, 'low'::text, 'high'::text, 'high-high'::text]))),
  constraint point_state_point_id_fkey FOREIGN KEY (point_id) REFERENCES point(id) ON DELETE CASCADE
) with (fillfactor=70);

create table poll_plan (
  id integer not null generated always as identity,
  name text not null,
  protocol text not null,
  data_class text not null,
  items text[] not null,
  cycle_seconds integer not null,
  offset_seconds integer not null default 0,
  priority smallint not null default 50,
  enabled boolean not null default true,
  catch_up_seconds integer not null default 0,
  catch_up_items text[] not null default '{}'::text[],
  catch_up_slots smallint not null default 1,
  name_zh text not null default ''::text,
  group_id integer,
  window_seconds integer,
  valid_from date,
  valid_to date,
  revision integer not null default 0,
  timely_seconds integer not null generated always as (COALESCE(window_seconds,
CASE
    WHEN (data_class = 'monthly'::text) THEN (3 * 86400)
    ELSE LEAST(cycle_seconds, 86400)
END)) stored,
  constraint poll_plan_pkey PRIMARY KEY (id),
  constraint poll_plan_catch_up_items_check CHECK ((cardinality(catch_up_items) <= 200)),
  constraint poll_plan_catch_up_seconds_check CHECK (((catch_up_seconds >= 0) AND (catch_up_seconds <= 5356800))),
  constraint poll_plan_catch_up_slots_check CHECK (((catch_up_slots >= 1) AND (catch_up_slots <= 96))),
  constraint poll_plan_check CHECK (((catch_up_seconds > 0) = (cardinality(catch_up_items) > 0))),
  constraint poll_plan_check1 CHECK ((valid_to > valid_from)),
  constraint poll_plan_cycle_seconds_check CHECK (((cycle_seconds >= 1) AND (cycle_seconds <= 2678400))),
  constraint poll_plan_data_class_check CHECK ((data_class = ANY (ARRAY['current'::text, 'interval'::text, 'daily'::text, 'monthly'::text, 'event'::text]))),
  constraint poll_plan_group_id_fkey FOREIGN KEY (group_id) REFERENCES meter_group(id),
  constraint poll_plan_items_check CHECK (((cardinality(items) >= 1) AND (cardinality(items) <= 200))),
  constraint poll_plan_name_key UNIQUE (name),
  constraint poll_plan_offset_seconds_check CHECK (((offset_seconds >= 0) AND (offset_seconds <= 86399))),
  constraint poll_plan_window_seconds_check CHECK (((window_seconds >= 1) AND (window_seconds <= 5356800)))
);

create table power_transformer (
  id integer not null generated always as identity,
  code text not null,
  node_id integer,
  usage_point_id integer,
  rated_kva numeric not null,
  no_load_loss_w numeric not null,
  load_loss_w numeric not null,
  no_load_current_percent numeric not null,
  short_circuit_percent numeric not null,
  high_voltage integer,
  low_voltage integer,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  metered_side text not null default 'low'::text,
  constraint power_transformer_pkey PRIMARY KEY (id),
  constraint power_transformer_check CHECK ((valid_to > valid_from)),
  constraint power_transformer_check1 CHECK (((node_id IS NULL) <> (usage_point_id IS NULL))),
  constraint power_transformer_code_check CHECK ((code <> ''::text)),
  constraint power_transformer_code_valid_from_key UNIQUE (code, valid_from),
  constraint power_transformer_high_voltage_check CHECK ((high_voltage > 0)),
  constraint power_transformer_load_loss_w_check CHECK ((load_loss_w >= (0)::numeric)),
  constraint power_transformer_low_voltage_check CHECK ((low_voltage > 0)),
  constraint power_transformer_metered_side_check CHECK ((metered_side = ANY (ARRAY['low'::text, 'high'::text]))),
  constraint power_transformer_no_load_current_percent_check CHECK ((no_load_current_percent >= (0)::numeric)),
  constraint power_transformer_no_load_loss_w_check CHECK ((no_load_loss_w >= (0)::numeric)),
  constraint power_transformer_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint power_transformer_rated_kva_check CHECK ((rated_kva > (0)::numeric)),
  constraint power_transformer_short_circuit_percent_check CHECK ((short_circuit_percent >= (0)::numeric)),
  constraint power_transformer_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table quality_absence (
  usage_point_id integer not null,
  business_date date not null,
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  scope text not null,
  constraint quality_absence_pkey PRIMARY KEY (usage_point_id, began_at),
  constraint quality_absence_check CHECK ((ended_at > began_at)),
  constraint quality_absence_scope_check CHECK ((scope = ANY (ARRAY['point'::text, 'area'::text, 'unknown'::text])))
);

create table quality_day (
  usage_point_id integer not null,
  business_date date not null,
  supply_class text not null,
  samples integer not null,
  examined integer not null,
  below integer not null,
  above integer not null,
  least_voltage integer,
  most_voltage integer,
  balanced_seconds integer not null,
  voltage_imbalance integer,
  voltage_imbalance_seconds integer not null,
  current_seconds integer not null,
  current_imbalance integer,
  current_imbalance_seconds integer not null,
  constraint quality_day_pkey PRIMARY KEY (usage_point_id, business_date),
  constraint quality_day_check CHECK (((below + above) <= examined))
);

create table quality_due (
  usage_point_id integer not null,
  business_date date not null
);

create table quality_limit (
  supply_class text not null,
  valid_from date not null,
  low numeric not null,
  high numeric not null,
  examined_low numeric not null,
  examined_high numeric not null,
  imbalance numeric not null,
  changed_by text not null,
  constraint quality_limit_pkey PRIMARY KEY (supply_class, valid_from),
  constraint quality_limit_changed_by_check CHECK ((changed_by <> ''::text)),
  constraint quality_limit_check CHECK (((examined_low < low) AND (low < high) AND (high < examined_high))),
  constraint quality_limit_imbalance_check CHECK ((imbalance > (0)::numeric)),
  constraint quality_limit_supply_class_check CHECK ((supply_class = ANY (ARRAY['single-phase'::text, 'three-phase'::text])))
);

create table quarantine (
  id integer not null generated always as identity,
  identity text not null,
  reason text not null,
  state text not null default 'waiting'::text,
  rule text not null,
  protocol text,
  remote_address text not null,
  first_seen_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  calls bigint not null,
  concentrator_id integer,
  decided_by text,
  decided_at timestamp with time zone,
  constraint quarantine_pkey PRIMARY KEY (id),
  constraint quarantine_calls_check CHECK ((calls > 0)),
  constraint quarantine_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE SET NULL,
  constraint quarantine_identity_check CHECK (((identity <> ''::text) AND (char_length(identity) <= 64))),
  constraint quarantine_identity_key UNIQUE (identity),
  constraint quarantine_reason_check CHECK ((reason = ANY (ARRAY['unknown'::text, 'wrong-protocol'::text, 'address-mismatch'::text, 'unidentified'::text, 'blocked'::text]))),
  constraint quarantine_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'adopted'::text, 'blocked'::text])))
);

create table read_request (
  id uuid not null,
  requested_by text not null,
  requested_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  state text not null default 'requested'::text,
  digest text not null default ''::text,
  meters integer not null default 0,
  total integer not null default 0,
  answered integer not null default 0,
  failed integer not null default 0,
  cancelled integer not null default 0,
  started_at timestamp with time zone,
  last_at timestamp with time zone,
  deadline timestamp with time zone,
  cancelled_at timestamp with time zone,
  cancelled_by text,
  constraint read_request_pkey PRIMARY KEY (id),
  constraint read_request_cancelled_check CHECK (((cancelled_at IS NULL) = (cancelled_by IS NULL))),
  constraint read_request_check CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['done'::text, 'partial'::text, 'failed'::text, 'cancelled'::text])))),
  constraint read_request_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'running'::text, 'done'::text, 'partial'::text, 'failed'::text, 'cancelled'::text])))
);

create table read_request_item (
  request_id uuid not null,
  meter_id integer not null,
  item text not null,
  "position" integer not null,
  state text not null default 'waiting'::text,
  value text,
  unit text,
  measured_at timestamp with time zone,
  answered_at timestamp with time zone,
  reason_code text,
  reason_message text,
  readings jsonb not null default '[]'::jsonb,
  channel_id integer not null,
  constraint read_request_item_pkey PRIMARY KEY (request_id, meter_id, item),
  constraint read_request_item_check CHECK (((answered_at IS NOT NULL) = (state = ANY (ARRAY['answered'::text, 'failed'::text, 'cancelled'::text])))),
  constraint read_request_item_check1 CHECK (((state = ANY (ARRAY['failed'::text, 'cancelled'::text])) = (reason_code IS NOT NULL))),
  constraint read_request_item_item_check CHECK ((item <> ''::text)),
  constraint read_request_item_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint read_request_item_readings_check CHECK ((jsonb_typeof(readings) = 'array'::text)),
  constraint read_request_item_request_id_fkey FOREIGN KEY (request_id) REFERENCES read_request(id) ON DELETE CASCADE,
  constraint read_request_item_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'answered'::text, 'failed'::text, 'cancelled'::text])))
);

create table reading_curve (
  measured_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  decimals bigint not null,
  energy_import bigint,
  energy_import_1 bigint,
  energy_import_2 bigint,
  energy_import_3 bigint,
  energy_import_4 bigint,
  energy_export bigint,
  reactive_1 bigint,
  reactive_2 bigint,
  meter_id integer not null,
  power integer,
  power_a integer,
  power_b integer,
  power_c integer,
  reactive_power integer,
  voltage_a integer,
  voltage_b integer,
  voltage_c integer,
  current_a integer,
  current_b integer,
  current_c integer,
  frequency integer,
  power_factor smallint,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  constraint reading_curve_pkey PRIMARY KEY (meter_id, measured_at),
  constraint reading_curve_data_class_check CHECK ((data_class = ANY (ARRAY[1, 2]))),
  constraint reading_curve_decimals_check CHECK ((decimals >= 0)),
  constraint reading_curve_quality_check CHECK (((quality >= 1) AND (quality <= 4))),
  constraint reading_curve_source_check CHECK (((source >= 1) AND (source <= 4))),
  constraint reading_curve_time_source_check CHECK ((time_source = ANY (ARRAY[1, 2])))
);

create table reading_daily (
  measured_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  decimals bigint not null,
  energy_import bigint,
  energy_import_1 bigint,
  energy_import_2 bigint,
  energy_import_3 bigint,
  energy_import_4 bigint,
  energy_export bigint,
  energy_export_1 bigint,
  energy_export_2 bigint,
  energy_export_3 bigint,
  energy_export_4 bigint,
  reactive_1 bigint,
  reactive_2 bigint,
  reactive_q1 bigint,
  reactive_q2 bigint,
  reactive_q3 bigint,
  reactive_q4 bigint,
  energy_combined bigint,
  meter_id integer not null,
  demand_import integer,
  demand_export integer,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  constraint reading_daily_pkey PRIMARY KEY (meter_id, measured_at),
  constraint reading_daily_data_class_check CHECK ((data_class = 3)),
  constraint reading_daily_decimals_check CHECK ((decimals >= 0)),
  constraint reading_daily_quality_check CHECK (((quality >= 1) AND (quality <= 4))),
  constraint reading_daily_source_check CHECK (((source >= 1) AND (source <= 4))),
  constraint reading_daily_time_source_check CHECK ((time_source = ANY (ARRAY[1, 2])))
);

create table reading_day_batch (
  id integer not null generated always as identity,
  route_id integer not null,
  reading_date date not null,
  no integer not null,
  state text not null,
  published_at timestamp with time zone not null,
  published_by text not null,
  language text not null,
  points integer not null,
  rows integer not null,
  totals jsonb not null,
  held jsonb not null,
  sha256 text not null,
  ended_at timestamp with time zone,
  ended_by text,
  ending jsonb,
  constraint reading_day_batch_pkey PRIMARY KEY (id),
  constraint reading_day_batch_check CHECK (((state = 'published'::text) = (ended_at IS NULL))),
  constraint reading_day_batch_no_check CHECK ((no > 0)),
  constraint reading_day_batch_published_by_check CHECK ((published_by <> ''::text)),
  constraint reading_day_batch_route_id_fkey FOREIGN KEY (route_id) REFERENCES reading_route(id),
  constraint reading_day_batch_route_id_reading_date_no_key UNIQUE (route_id, reading_date, no),
  constraint reading_day_batch_state_check CHECK ((state = ANY (ARRAY['published'::text, 'acknowledged'::text, 'withdrawn'::text])))
);

create table reading_day_held (
  route_id integer not null,
  usage_point_id integer not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  reading_date date not null,
  usage_point text not null,
  account_no text,
  meter_address text,
  reason text not null,
  detail text not null default ''::text,
  constraint reading_day_held_pkey PRIMARY KEY (route_id, usage_point_id, from_at),
  constraint reading_day_held_route_id_fkey FOREIGN KEY (route_id) REFERENCES reading_route(id)
);

create table reading_day_rejection (
  batch_id integer not null,
  line integer not null,
  reason text not null,
  constraint reading_day_rejection_pkey PRIMARY KEY (batch_id, line),
  constraint reading_day_rejection_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES reading_day_batch(id)
);

create table reading_day_row (
  reading_date date not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  from_micro bigint not null,
  to_micro bigint not null,
  energy bigint not null,
  numerator bigint not null,
  denominator bigint not null,
  span_id bigint not null,
  batch_id integer not null,
  line integer not null,
  usage_point_id integer not null,
  account_id integer not null,
  installation_id integer not null,
  meter_id integer not null,
  rolls smallint not null,
  from_scale smallint not null,
  to_scale smallint not null,
  quality smallint not null,
  how text not null,
  register text not null,
  account_no text not null,
  usage_point text not null,
  meter_address text not null,
  constraint reading_day_row_pkey PRIMARY KEY (reading_date, batch_id, line),
  constraint reading_day_row_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES reading_day_batch(id),
  constraint reading_day_row_how_check CHECK ((how = ANY (ARRAY['remote'::text, 'handheld'::text, 'self'::text, 'manual'::text, 'estimated'::text, 'edited'::text]))),
  constraint reading_day_row_quality_check CHECK (((quality >= 1) AND (quality <= 6)))
);

create table reading_day_span (
  id bigint not null generated always as identity,
  batch_id integer not null,
  usage_point_id integer not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  constraint reading_day_span_pkey PRIMARY KEY (id),
  constraint reading_day_span_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES reading_day_batch(id),
  constraint reading_day_span_check CHECK ((to_at > from_at)),
  constraint reading_day_span_once EXCLUDE USING gist (int4range(usage_point_id, usage_point_id, '[]'::text) WITH &&, tstzrange(from_at, to_at) WITH &&),
  constraint reading_day_span_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table reading_item (
  measured_at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  digits bigint,
  meter_id integer not null,
  scale smallint,
  data_class smallint not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  item text not null,
  text_value text,
  constraint reading_item_pkey PRIMARY KEY (meter_id, item, data_class, measured_at),
  constraint reading_item_check CHECK (((digits IS NULL) = (scale IS NULL))),
  constraint reading_item_check1 CHECK (((digits IS NULL) <> (text_value IS NULL))),
  constraint reading_item_data_class_check CHECK (((data_class >= 1) AND (data_class <= 4))),
  constraint reading_item_quality_check CHECK (((quality >= 1) AND (quality <= 4))),
  constraint reading_item_scale_check CHECK ((scale >= 0)),
  constraint reading_item_source_check CHECK (((source >= 1) AND (source <= 4))),
  constraint reading_item_time_source_check CHECK ((time_source = ANY (ARRAY[1, 2])))
);

create table reading_revision (
  id bigint not null generated always as identity,
  meter_id integer not null,
  item text not null,
  data_class smallint not null,
  measured_at timestamp with time zone not null,
  value text not null,
  received_at timestamp with time zone not null,
  source smallint not null,
  quality smallint not null,
  time_source smallint not null,
  constraint reading_revision_pkey PRIMARY KEY (id),
  constraint reading_revision_data_class_check CHECK (((data_class >= 1) AND (data_class <= 4))),
  constraint reading_revision_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint reading_revision_meter_id_measured_at_item_data_class_value_key UNIQUE (meter_id, measured_at, item, data_class, value),
  constraint reading_revision_quality_check CHECK (((quality >= 1) AND (quality <= 4))),
  constraint reading_revision_source_check CHECK (((source >= 1) AND (source <= 4))),
  constraint reading_revision_time_source_check CHECK ((time_source = ANY (ARRAY[1, 2])))
);

create table reading_route (
  id integer not null generated always as identity,
  code text not null,
  name text not null default ''::text,
  group_id integer not null,
  day smallint not null,
  every_months smallint not null,
  publish_minute smallint not null,
  wait_days smallint not null,
  registers text[] not null,
  language text not null,
  starts_on date not null,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  ran_at timestamp with time zone,
  retired_at timestamp with time zone,
  constraint reading_route_pkey PRIMARY KEY (id),
  constraint reading_route_changed_by_check CHECK ((changed_by <> ''::text)),
  constraint reading_route_code_check CHECK ((code <> ''::text)),
  constraint reading_route_code_key UNIQUE (code),
  constraint reading_route_day_check CHECK (((day >= 1) AND (day <= 31))),
  constraint reading_route_every_months_check CHECK ((every_months = ANY (ARRAY[1, 2, 3, 4, 6, 12]))),
  constraint reading_route_group_id_fkey FOREIGN KEY (group_id) REFERENCES usage_group(id),
  constraint reading_route_language_check CHECK ((language = ANY (ARRAY['en'::text, 'zh'::text]))),
  constraint reading_route_publish_minute_check CHECK (((publish_minute >= 0) AND (publish_minute <= 1439))),
  constraint reading_route_registers_check CHECK ((cardinality(registers) > 0)),
  constraint reading_route_wait_days_check CHECK (((wait_days >= 0) AND (wait_days <= 31)))
);

create table register_value (
  id bigint not null generated always as identity,
  meter_id integer not null,
  register text not null,
  measured_at timestamp with time zone not null,
  digits bigint not null,
  scale smallint not null,
  kind text not null,
  method text,
  rule text,
  rule_version integer,
  state text not null,
  reason text not null default ''::text,
  made_by text not null,
  made_at timestamp with time zone not null,
  decided_by text,
  decided_at timestamp with time zone,
  detail jsonb not null default '{}'::jsonb,
  constraint register_value_pkey PRIMARY KEY (id),
  constraint register_value_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint register_value_kind_check CHECK ((kind = ANY (ARRAY['estimated'::text, 'edited'::text, 'handheld'::text, 'self'::text, 'manual'::text]))),
  constraint register_value_made_by_check CHECK ((made_by <> ''::text)),
  constraint register_value_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint register_value_scale_check CHECK ((scale >= 0)),
  constraint register_value_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'in-force'::text, 'superseded'::text, 'refused'::text])))
);

create table register_verdict (
  meter_id integer not null,
  register text not null,
  measured_at timestamp with time zone not null,
  verdict text not null,
  rule text,
  rule_version integer,
  reason text not null default ''::text,
  decided_by text not null,
  decided_at timestamp with time zone not null,
  constraint register_verdict_pkey PRIMARY KEY (meter_id, register, measured_at),
  constraint register_verdict_check CHECK (((rule IS NULL) = (rule_version IS NULL))),
  constraint register_verdict_decided_by_check CHECK ((decided_by <> ''::text)),
  constraint register_verdict_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint register_verdict_verdict_check CHECK ((verdict = ANY (ARRAY['rejected'::text, 'suspect'::text, 'accepted'::text])))
);

create table saved_query (
  id integer not null generated always as identity,
  name text not null,
  owner text not null,
  is_shared boolean not null,
  revision integer not null,
  removed_at timestamp with time zone,
  constraint saved_query_pkey PRIMARY KEY (id),
  constraint saved_query_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 100))),
  constraint saved_query_owner_check CHECK ((owner <> ''::text)),
  constraint saved_query_revision_check CHECK ((revision > 0))
);

create table saved_query_revision (
  saved_query_id integer not null,
  revision integer not null,
  definition jsonb not null,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  constraint saved_query_revision_pkey PRIMARY KEY (saved_query_id, revision),
  constraint saved_query_revision_changed_by_check CHECK ((changed_by <> ''::text)),
  constraint saved_query_revision_definition_check CHECK ((jsonb_typeof(definition) = 'object'::text)),
  constraint saved_query_revision_saved_query_id_fkey FOREIGN KEY (saved_query_id) REFERENCES saved_query(id)
);

create table schema_migration (
  name text not null,
  hash text not null,
  steps_done integer not null default 0,
  applied_at timestamp with time zone,
  constraint schema_migration_pkey PRIMARY KEY (name)
);

create table schema_migration_lease (
  only_row boolean not null default true,
  holder uuid not null,
  expires_at timestamp with time zone not null,
  constraint schema_migration_lease_pkey PRIMARY KEY (only_row),
  constraint schema_migration_lease_only_row_check CHECK (only_row)
);

create table session (
  id uuid not null,
  token_hash bytea not null,
  user_id integer not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint session_pkey PRIMARY KEY (id),
  constraint session_token_hash_key UNIQUE (token_hash),
  constraint session_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE
);

create table sign_in_try (
  account bytea not null,
  source bytea not null,
  tries timestamp with time zone[] not null,
  constraint sign_in_try_pkey PRIMARY KEY (account, source)
);

create table sim_assignment (
  concentrator_id integer not null,
  sim_id integer not null,
  valid_from date not null,
  valid_to date,
  constraint sim_assignment_pkey PRIMARY KEY (concentrator_id, valid_from),
  constraint sim_assignment_check CHECK ((valid_to > valid_from)),
  constraint sim_assignment_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id) ON DELETE CASCADE,
  constraint sim_assignment_one_card_at_a_time EXCLUDE USING gist (int4range(concentrator_id, concentrator_id, '[]'::text) WITH &&, daterange(valid_from, valid_to) WITH &&),
  constraint sim_assignment_one_place_at_a_time EXCLUDE USING gist (int4range(sim_id, sim_id, '[]'::text) WITH &&, daterange(valid_from, valid_to) WITH &&),
  constraint sim_assignment_sim_id_fkey FOREIGN KEY (sim_id) REFERENCES sim_card(id)
);

create table sim_card (
  id integer not null generated always as identity,
  iccid text not null,
  msisdn text,
  pool text not null default ''::text,
  apn text not null default ''::text,
  fixed_address inet,
  constraint sim_card_pkey PRIMARY KEY (id),
  constraint sim_card_iccid_check CHECK ((iccid ~ '^[0-9A-F]{18,22}$'::text)),
  constraint sim_card_iccid_key UNIQUE (iccid)
);

create table statistics_archive_change (
  seq bigint not null generated always as identity,
  usage_point_id integer not null,
  constraint statistics_archive_change_pkey PRIMARY KEY (seq)
);

create table statistics_cell (
  id integer not null generated always as identity,
  node_id integer,
  role text not null,
  tariff text not null,
  trade text not null,
  customer_class text not null,
  constraint statistics_cell_pkey PRIMARY KEY (id),
  constraint statistics_cell_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint statistics_cell_role_check CHECK ((role = ANY (ARRAY['supply'::text, 'receive'::text, 'auxiliary'::text, 'generation'::text])))
);

create table statistics_due (
  cell_id integer not null,
  business_date date not null
);

create table statistics_edge (
  cell_id integer not null,
  day date not null,
  step integer not null,
  constraint statistics_edge_pkey PRIMARY KEY (cell_id, day),
  constraint statistics_edge_cell_id_fkey FOREIGN KEY (cell_id) REFERENCES statistics_cell(id),
  constraint statistics_edge_step_check CHECK ((step <> 0))
);

create table statistics_energy (
  energy bigint not null,
  estimated bigint not null,
  business_date date not null,
  cell_id integer not null,
  points integer not null,
  estimated_points integer not null,
  incomplete_points integer not null,
  register text not null,
  constraint statistics_energy_pkey PRIMARY KEY (register, business_date, cell_id),
  constraint statistics_energy_points_check CHECK ((points > 0))
);

create table statistics_meter_day (
  business_date date not null,
  meter_id integer not null
);

create table statistics_segment (
  usage_point_id integer not null,
  cell_id integer not null,
  valid_from date not null,
  valid_to date not null,
  is_metered boolean not null,
  constraint statistics_segment_pkey PRIMARY KEY (usage_point_id, valid_from),
  constraint statistics_segment_cell_id_fkey FOREIGN KEY (cell_id) REFERENCES statistics_cell(id),
  constraint statistics_segment_check CHECK ((valid_to > valid_from))
);

create table temperature_day (
  celsius numeric(4,1) not null,
  business_date date not null,
  region_id integer,
  is_expected boolean not null,
  constraint temperature_day_celsius_check CHECK (((celsius >= ('-90'::integer)::numeric) AND (celsius <= (60)::numeric))),
  constraint temperature_day_region_id_fkey FOREIGN KEY (region_id) REFERENCES grid_node(id)
);

create table theft_area (
  node_id integer not null,
  to_date date not null,
  computed_at timestamp with time zone not null,
  obstacle text,
  constraint theft_area_pkey PRIMARY KEY (node_id),
  constraint theft_area_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id)
);

create table theft_suspect (
  usage_point_id integer not null,
  node_id integer not null,
  score numeric(5,2) not null,
  manner text not null,
  since date not null,
  from_date date not null,
  to_date date not null,
  energy bigint not null,
  energy_low bigint not null,
  energy_high bigint not null,
  detail jsonb not null,
  computed_at timestamp with time zone not null,
  explained numeric(14,4)[] not null default '{}'::numeric[],
  constraint theft_suspect_pkey PRIMARY KEY (usage_point_id),
  constraint theft_suspect_check CHECK ((to_date > from_date)),
  constraint theft_suspect_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint theft_suspect_manner_check CHECK ((manner = ANY (ARRAY['share'::text, 'shift'::text, 'fall'::text, 'hours'::text]))),
  constraint theft_suspect_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint theft_suspect_score_check CHECK (((score >= (0)::numeric) AND (score <= (100)::numeric))),
  constraint theft_suspect_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table transformer (
  id integer not null generated always as identity,
  code text not null,
  name text not null default ''::text,
  feeder_id integer,
  node_id integer not null,
  constraint transformer_pkey PRIMARY KEY (id),
  constraint transformer_code_check CHECK ((code <> ''::text)),
  constraint transformer_code_key UNIQUE (code),
  constraint transformer_feeder_id_fkey FOREIGN KEY (feeder_id) REFERENCES feeder(id),
  constraint transformer_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint transformer_node_id_key UNIQUE (node_id)
);

create table usage_change (
  seq bigint not null generated always as identity,
  usage_point_id integer not null,
  business_date date not null,
  changed_at timestamp with time zone not null,
  constraint usage_change_pkey PRIMARY KEY (seq)
);

create table usage_day (
  energy bigint not null,
  estimated bigint not null default 0,
  computed_at timestamp with time zone not null,
  usage_point_id integer not null,
  business_date date not null,
  quality smallint not null,
  meters smallint not null,
  register text not null,
  from_quality smallint,
  to_quality smallint,
  constraint usage_day_pkey PRIMARY KEY (usage_point_id, register, business_date),
  constraint usage_day_meters_check CHECK ((meters > 0)),
  constraint usage_day_quality_check CHECK (((quality >= 1) AND (quality <= 6)))
);

create table usage_dirty (
  business_date date not null,
  usage_point_id integer not null,
  constraint usage_dirty_pkey PRIMARY KEY (business_date, usage_point_id)
);

create table usage_dirty_span (
  id bigint not null generated always as identity,
  usage_point_id integer not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  constraint usage_dirty_span_pkey PRIMARY KEY (id)
);

create table usage_follower (
  name text not null,
  seq bigint not null,
  constraint usage_follower_pkey PRIMARY KEY (name),
  constraint usage_follower_name_check CHECK ((name <> ''::text))
);

create table usage_group (
  id integer not null generated always as identity,
  name text not null,
  note text not null default ''::text,
  created_by text not null,
  created_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  constraint usage_group_pkey PRIMARY KEY (id),
  constraint usage_group_created_by_check CHECK ((created_by <> ''::text)),
  constraint usage_group_name_check CHECK ((name <> ''::text)),
  constraint usage_group_name_key UNIQUE (name)
);

create table usage_group_member (
  id integer not null generated always as identity,
  group_id integer not null,
  usage_point_id integer not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint usage_group_member_pkey PRIMARY KEY (id),
  constraint usage_group_member_check CHECK ((valid_to > valid_from)),
  constraint usage_group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES usage_group(id) ON DELETE CASCADE,
  constraint usage_group_member_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table usage_group_rule (
  id integer not null generated always as identity,
  group_id integer not null,
  filter jsonb not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint usage_group_rule_pkey PRIMARY KEY (id),
  constraint usage_group_rule_check CHECK ((valid_to > valid_from)),
  constraint usage_group_rule_filter_check CHECK (((jsonb_typeof(filter) = 'object'::text) AND (filter <> '{}'::jsonb))),
  constraint usage_group_rule_group_id_fkey FOREIGN KEY (group_id) REFERENCES usage_group(id) ON DELETE CASCADE,
  constraint usage_group_rule_one_at_a_time EXCLUDE USING gist (int4range(group_id, group_id, '[]'::text) WITH &&, tstzrange(valid_from, valid_to) WITH &&)
);

create table usage_month (
  energy bigint not null,
  estimated bigint not null default 0,
  computed_at timestamp with time zone not null,
  usage_point_id integer not null,
  business_month date not null,
  quality smallint not null,
  meters smallint not null,
  register text not null,
  constraint usage_month_pkey PRIMARY KEY (usage_point_id, register, business_month),
  constraint usage_month_business_month_check CHECK ((EXTRACT(day FROM business_month) = (1)::numeric)),
  constraint usage_month_meters_check CHECK ((meters > 0)),
  constraint usage_month_quality_check CHECK (((quality >= 1) AND (quality <= 6)))
);

create table usage_month_dirty (
  business_month date not null,
  usage_point_id integer not null,
  constraint usage_month_dirty_pkey PRIMARY KEY (business_month, usage_point_id)
);

create table usage_point (
  id integer not null generated always as identity,
  code text not null,
  account_id integer,
  transformer_id integer,
  name text not null default ''::text,
  longitude double precision,
  latitude double precision,
  constraint usage_point_pkey PRIMARY KEY (id),
  constraint usage_point_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  constraint usage_point_code_check CHECK ((code <> ''::text)),
  constraint usage_point_code_key UNIQUE (code),
  constraint usage_point_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
  constraint usage_point_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
  constraint usage_point_position CHECK (((longitude IS NULL) = (latitude IS NULL))),
  constraint usage_point_transformer_id_fkey FOREIGN KEY (transformer_id) REFERENCES transformer(id)
);

create table usage_point_place (
  id integer not null generated always as identity,
  usage_point_id integer not null,
  node_id integer not null,
  role text not null,
  phase text,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  constraint usage_point_place_pkey PRIMARY KEY (id),
  constraint usage_point_place_check CHECK ((valid_to > valid_from)),
  constraint usage_point_place_node_id_fkey FOREIGN KEY (node_id) REFERENCES grid_node(id),
  constraint usage_point_place_phase_check CHECK ((phase = ANY (ARRAY['A'::text, 'B'::text, 'C'::text, 'ABC'::text]))),
  constraint usage_point_place_role_check CHECK ((role = ANY (ARRAY['supply'::text, 'receive'::text, 'auxiliary'::text, 'generation'::text]))),
  constraint usage_point_place_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table user_account (
  user_id integer not null,
  account_no text not null,
  constraint user_account_pkey PRIMARY KEY (user_id, account_no),
  constraint user_account_account_no_fkey FOREIGN KEY (account_no) REFERENCES account(no) ON UPDATE CASCADE ON DELETE CASCADE,
  constraint user_account_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE
);

create table validation_day (
  business_date date not null,
  meter_id integer not null,
  due_at timestamp with time zone not null,
  constraint validation_day_pkey PRIMARY KEY (business_date, meter_id)
);

create table validation_file_format (
  name text not null,
  headings jsonb not null,
  delimiter text not null default ','::text,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  constraint validation_file_format_pkey PRIMARY KEY (name),
  constraint validation_file_format_delimiter_check CHECK ((length(delimiter) = 1)),
  constraint validation_file_format_headings_check CHECK (((jsonb_typeof(headings) = 'object'::text) AND (headings ?& ARRAY['address'::text, 'value'::text, 'at'::text]))),
  constraint validation_file_format_name_check CHECK ((name <> ''::text))
);

create table validation_finding (
  id bigint not null generated always as identity,
  meter_id integer not null,
  usage_point_id integer,
  register text not null,
  business_date date not null,
  measured_at timestamp with time zone,
  value_id bigint,
  code text not null,
  version integer not null,
  act text not null,
  severity smallint not null,
  evidence jsonb not null,
  stake bigint not null default 0,
  state text not null,
  found_at timestamp with time zone not null,
  claimed_by text,
  claimed_at timestamp with time zone,
  decided_by text,
  decided_at timestamp with time zone,
  reason text not null default ''::text,
  constraint validation_finding_pkey PRIMARY KEY (id),
  constraint validation_finding_act_check CHECK ((act = ANY (ARRAY['reject'::text, 'suspect'::text, 'flag'::text]))),
  constraint validation_finding_code_version_fkey FOREIGN KEY (code, version) REFERENCES validation_rule(code, version),
  constraint validation_finding_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint validation_finding_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint validation_finding_once UNIQUE NULLS NOT DISTINCT (meter_id, business_date, code, register, measured_at, value_id),
  constraint validation_finding_severity_check CHECK (((severity >= 1) AND (severity <= 4))),
  constraint validation_finding_stake_check CHECK ((stake >= 0)),
  constraint validation_finding_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'rejected'::text, 'corrected'::text, 'settled'::text]))),
  constraint validation_finding_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id),
  constraint validation_finding_value_id_fkey FOREIGN KEY (value_id) REFERENCES register_value(id)
);

create table validation_limit (
  name text not null,
  value numeric not null,
  meaning text not null default ''::text,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  constraint validation_limit_pkey PRIMARY KEY (name),
  constraint validation_limit_name_check CHECK ((name <> ''::text))
);

create table validation_proposal (
  id bigint not null generated always as identity,
  kind text not null,
  usage_point_id integer not null,
  account_id integer,
  business_month date not null,
  reason text not null,
  detail jsonb not null default '{}'::jsonb,
  state text not null,
  made_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_by text,
  constraint validation_proposal_pkey PRIMARY KEY (id),
  constraint validation_proposal_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  constraint validation_proposal_business_month_check CHECK ((EXTRACT(day FROM business_month) = (1)::numeric)),
  constraint validation_proposal_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint validation_proposal_kind_check CHECK ((kind = 'bill'::text)),
  constraint validation_proposal_reason_check CHECK ((reason <> ''::text)),
  constraint validation_proposal_state_check CHECK ((state = ANY (ARRAY['open'::text, 'done'::text, 'dismissed'::text]))),
  constraint validation_proposal_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table validation_rule (
  id integer not null generated always as identity,
  kind text not null,
  code text not null,
  version integer not null,
  customer_class text,
  group_id integer,
  act text not null,
  severity text not null,
  parameters jsonb not null default '{}'::jsonb,
  "position" integer,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  made_by text not null,
  made_at timestamp with time zone not null,
  reason text not null default ''::text,
  constraint validation_rule_pkey PRIMARY KEY (id),
  constraint validation_rule_act_check CHECK ((act = ANY (ARRAY['reject'::text, 'suspect'::text, 'flag'::text, 'estimate'::text, 'off'::text]))),
  constraint validation_rule_check CHECK ((valid_to >= valid_from)),
  constraint validation_rule_check1 CHECK (((customer_class IS NULL) OR (group_id IS NULL))),
  constraint validation_rule_check2 CHECK (((kind = 'method'::text) = ("position" IS NOT NULL))),
  constraint validation_rule_check3 CHECK ((((kind = 'method'::text) = (act = 'estimate'::text)) OR (act = 'off'::text))),
  constraint validation_rule_code_check CHECK ((code <> ''::text)),
  constraint validation_rule_code_version_key UNIQUE (code, version),
  constraint validation_rule_customer_class_check CHECK ((customer_class = ANY (ARRAY['residential'::text, 'commercial'::text, 'industrial'::text, 'agricultural'::text, 'public'::text]))),
  constraint validation_rule_group_id_fkey FOREIGN KEY (group_id) REFERENCES meter_group(id) ON DELETE CASCADE,
  constraint validation_rule_kind_check CHECK ((kind = ANY (ARRAY['rule'::text, 'method'::text]))),
  constraint validation_rule_made_by_check CHECK ((made_by <> ''::text)),
  constraint validation_rule_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
  constraint validation_rule_severity_check CHECK ((severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
  constraint validation_rule_version_check CHECK ((version > 0))
);

create table watch_list (
  id integer not null generated always as identity,
  name text not null,
  owner text not null,
  is_shared boolean not null,
  created_at timestamp with time zone not null,
  constraint watch_list_pkey PRIMARY KEY (id),
  constraint watch_list_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 100))),
  constraint watch_list_owner_check CHECK ((owner <> ''::text)),
  constraint watch_list_owner_name_key UNIQUE (owner, name)
);

create table watch_list_member (
  watch_list_id integer not null,
  "position" integer not null,
  usage_point_id integer not null,
  constraint watch_list_member_pkey PRIMARY KEY (watch_list_id, usage_point_id),
  constraint watch_list_member_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id),
  constraint watch_list_member_watch_list_id_fkey FOREIGN KEY (watch_list_id) REFERENCES watch_list(id) ON DELETE CASCADE
);

create table work_case (
  id integer not null generated always as identity,
  kind text not null,
  dedupe_key text not null,
  meter_id integer,
  concentrator_id integer,
  usage_point_id integer,
  transformer_id integer,
  severity smallint not null,
  state text not null,
  assignee_id integer,
  due_at timestamp with time zone not null,
  opened_at timestamp with time zone not null,
  last_found_at timestamp with time zone not null,
  times_found integer not null,
  evidence jsonb not null,
  ended_at timestamp with time zone,
  muted_until timestamp with time zone,
  constraint work_case_pkey PRIMARY KEY (id),
  constraint work_case_assignee_id_fkey FOREIGN KEY (assignee_id) REFERENCES app_user(id),
  constraint work_case_check CHECK ((num_nonnulls(meter_id, concentrator_id, usage_point_id, transformer_id) = 1)),
  constraint work_case_check1 CHECK (((state = ANY (ARRAY['closed'::text, 'dismissed'::text])) = (ended_at IS NOT NULL))),
  constraint work_case_check2 CHECK (((state <> ALL (ARRAY['assigned'::text, 'working'::text])) OR (assignee_id IS NOT NULL))),
  constraint work_case_check3 CHECK (((state = 'dismissed'::text) OR (muted_until IS NULL))),
  constraint work_case_concentrator_id_fkey FOREIGN KEY (concentrator_id) REFERENCES concentrator(id),
  constraint work_case_dedupe_key_check CHECK (((char_length(dedupe_key) >= 1) AND (char_length(dedupe_key) <= 200))),
  constraint work_case_dedupe_key_key UNIQUE (dedupe_key),
  constraint work_case_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint work_case_kind_check CHECK ((kind ~ '^[a-z][a-z0-9.-]{0,63}$'::text)),
  constraint work_case_meter_id_fkey FOREIGN KEY (meter_id) REFERENCES meter(id),
  constraint work_case_severity_check CHECK (((severity >= 1) AND (severity <= 4))),
  constraint work_case_state_check CHECK ((state = ANY (ARRAY['open'::text, 'assigned'::text, 'working'::text, 'closed'::text, 'dismissed'::text]))),
  constraint work_case_times_found_check CHECK ((times_found > 0)),
  constraint work_case_transformer_id_fkey FOREIGN KEY (transformer_id) REFERENCES transformer(id),
  constraint work_case_usage_point_id_fkey FOREIGN KEY (usage_point_id) REFERENCES usage_point(id)
);

create table work_case_history (
  seq bigint not null generated always as identity,
  case_id integer not null,
  at timestamp with time zone not null,
  actor text not null,
  act text not null,
  note text not null default ''::text,
  detail jsonb not null,
  constraint work_case_history_pkey PRIMARY KEY (seq),
  constraint work_case_history_act_check CHECK ((act = ANY (ARRAY['opened'::text, 'reopened'::text, 'worsened'::text, 'assigned'::text, 'started'::text, 'changed'::text, 'noted'::text, 'closed'::text, 'dismissed'::text]))),
  constraint work_case_history_actor_check CHECK ((actor <> ''::text)),
  constraint work_case_history_case_id_fkey FOREIGN KEY (case_id) REFERENCES work_case(id),
  constraint work_case_history_detail_check CHECK ((jsonb_typeof(detail) = 'object'::text)),
  constraint work_case_history_note_check CHECK ((char_length(note) <= 2000))
);

CREATE INDEX account_account_usage_point ON public.account_usage_point USING btree (account_id);

CREATE UNIQUE INDEX account_usage_point_point ON public.account_usage_point USING btree (usage_point_id, valid_from);

CREATE UNIQUE INDEX anomaly_active ON public.anomaly USING btree (usage_point_id, code) WHERE (state = ANY (ARRAY['open'::text, 'confirmed'::text]));

CREATE INDEX anomaly_case ON public.anomaly USING btree (case_key) WHERE ((case_key IS NOT NULL) AND (NOT case_is_over));

CREATE INDEX anomaly_point ON public.anomaly USING btree (usage_point_id, code, id);

CREATE INDEX anomaly_worth ON public.anomaly USING btree (energy DESC, id DESC) WHERE (state = ANY (ARRAY['open'::text, 'confirmed'::text]));

CREATE INDEX anomaly_day_date ON public.anomaly_day USING btree (business_date);

CREATE INDEX anomaly_due_date ON public.anomaly_due USING btree (business_date, usage_point_id);

CREATE UNIQUE INDEX anomaly_rule_in_force ON public.anomaly_rule USING btree (code, COALESCE(customer_class, ''::text)) WHERE (valid_to IS NULL);

CREATE INDEX archive_change_import ON public.archive_change USING btree (import_id, id);

CREATE INDEX archive_change_time ON public.archive_change USING brin (changed_at);

CREATE INDEX archive_change_usage_point ON public.archive_change USING btree (usage_point) WHERE (usage_point IS NOT NULL);

CREATE INDEX archive_finding_import ON public.archive_finding USING btree (import_id, id);

CREATE INDEX archive_import_hash ON public.archive_import USING btree (sha256);

CREATE INDEX area_duty_manager ON public.area_duty USING btree (manager_id);

CREATE INDEX area_duty_node ON public.area_duty USING btree (node_id, valid_from);

CREATE INDEX area_manager_name ON public.area_manager USING btree (name);

CREATE UNIQUE INDEX area_manager_without_number ON public.area_manager USING btree (name) WHERE (staff_no IS NULL);

CREATE INDEX audit_record_at ON public.audit_record USING btree (at);

CREATE INDEX bus_stranger_address ON public.bus_stranger USING btree (address);

CREATE UNIQUE INDEX channel_identity ON public.channel USING btree (((settings ->> 'identity'::text))) WHERE (kind = 'dialin'::text);

CREATE UNIQUE INDEX channel_backup_identity ON public.channel_backup USING btree (((settings ->> 'identity'::text))) WHERE (kind = 'dialin'::text);

CREATE INDEX channel_change_of ON public.channel_change USING btree (channel_id, at DESC);

CREATE INDEX channel_pool_pool ON public.channel_pool USING btree (pool);

CREATE INDEX clock_correction_broadcast ON public.clock_correction USING btree (channel_id, sent_at) WHERE (how = 'broadcast'::text);

CREATE INDEX clock_correction_device ON public.clock_correction USING btree (kind, device_id, id);

CREATE UNIQUE INDEX clock_correction_open ON public.clock_correction USING btree (kind, device_id) WHERE (state = ANY (ARRAY['proposed'::text, 'approved'::text, 'sending'::text, 'unknown'::text]));

CREATE INDEX clock_correction_ready ON public.clock_correction USING btree (requested_at) WHERE (state = ANY (ARRAY['approved'::text, 'sending'::text, 'unknown'::text]));

CREATE INDEX clock_device_doubtful ON public.clock_device USING btree (device_id) WHERE (doubtful_since IS NOT NULL);

CREATE INDEX clock_device_due ON public.clock_device USING btree (next_at);

CREATE INDEX clock_device_offset ON public.clock_device USING btree (abs(offset_ms) DESC) WHERE (offset_ms IS NOT NULL);

CREATE INDEX clock_measurement_device ON public.clock_measurement USING btree (kind, device_id, measured_at DESC);

CREATE INDEX collection_mark_partial ON public.collection_mark USING btree (date) WHERE (NOT is_whole);

CREATE INDEX collection_member_meter ON public.collection_member USING btree (meter_id);

CREATE INDEX collection_member_unsettled ON public.collection_member USING btree (plan_id) WHERE (NOT settled);

CREATE INDEX collection_slot_reason ON public.collection_slot USING btree (meter_id, plan_id, slot_start) WHERE (reason IS NOT NULL);

CREATE INDEX collection_slot_time ON public.collection_slot USING brin (slot_start) WITH (pages_per_range='64', autosummarize='on');

CREATE UNIQUE INDEX commission_job_of_channel ON public.commission_job USING btree (channel_id) WHERE (state = ANY (ARRAY['searching'::text, 'reading'::text]));

CREATE INDEX commission_job_unfinished ON public.commission_job USING btree (id) WHERE (state = ANY (ARRAY['searching'::text, 'reading'::text]));

CREATE INDEX concentrator_traffic_date ON public.concentrator_traffic USING btree (business_date);

CREATE INDEX connection_event_of ON public.connection_event USING btree (concentrator_id, at DESC);

CREATE UNIQUE INDEX contract_account ON public.contract USING btree (account_id, valid_from);

CREATE INDEX device_event_open ON public.device_event USING btree (device) WHERE (is_span AND (raised_at IS NOT NULL) AND (cleared_at IS NULL) AND (NOT superseded));

CREATE UNIQUE INDEX device_event_raised ON public.device_event USING btree (device, series, phase, raised_at, COALESCE(serial, '-1'::integer)) WHERE (raised_at IS NOT NULL);

CREATE INDEX device_event_series ON public.device_event USING btree (device, series, phase, at DESC);

CREATE INDEX device_event_supply ON public.device_event USING btree (code, at) WHERE (code = ANY (ARRAY['power-failure'::text, 'power-up'::text]));

CREATE INDEX device_event_times ON public.device_event USING btree (at DESC, id DESC);

CREATE INDEX device_event_told ON public.device_event USING btree (told_by, series, phase, at DESC) WHERE (told_by IS NOT NULL);

CREATE INDEX field_order_due ON public.field_order USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE INDEX field_order_meter ON public.field_order USING btree (meter_id) WHERE (meter_id IS NOT NULL);

CREATE INDEX field_order_unfinished ON public.field_order USING btree (id) WHERE (ended_at IS NULL);

CREATE INDEX field_order_event_at ON public.field_order_event USING btree (at);

CREATE INDEX field_order_event_order ON public.field_order_event USING btree (order_id, seq);

CREATE INDEX field_step_open ON public.field_step USING btree (hangs_at) WHERE (ended_at IS NULL);

CREATE INDEX firmware_campaign_running ON public.firmware_campaign USING btree (id) WHERE (state = 'running'::text);

CREATE INDEX firmware_device_due ON public.firmware_device USING btree (next_at) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX firmware_device_one ON public.firmware_device USING btree (concentrator_id) WHERE (state = ANY (ARRAY['sending'::text, 'sent'::text, 'verifying'::text]));

CREATE INDEX firmware_device_stage ON public.firmware_device USING btree (campaign_id, stage) WHERE (ended_at IS NULL);

CREATE INDEX firmware_event_at ON public.firmware_event USING btree (at);

CREATE INDEX firmware_event_campaign ON public.firmware_event USING btree (campaign_id, seq);

CREATE INDEX forecast_day_date ON public.forecast_day USING btree (business_date);

CREATE INDEX forecast_series_date ON public.forecast_series USING btree (business_date);

CREATE INDEX frame_evidence_of_visit ON public.frame_evidence USING btree (meter_id, received_at);

CREATE INDEX frame_log_of ON public.frame_log USING btree (concentrator_id, at DESC, seq DESC);

CREATE INDEX gate_journal_address ON public.gate_journal USING btree (address, at);

CREATE INDEX gate_journal_at ON public.gate_journal USING btree (at);

CREATE INDEX gate_permit_use_cuts ON public.gate_permit_use USING btree (used_at) WHERE cuts;

CREATE INDEX gate_request_waiting ON public.gate_request USING btree (expires_at) WHERE (confirmed_at IS NULL);

CREATE INDEX grid_line_node ON public.grid_line USING btree (node_id);

CREATE INDEX grid_link_parent ON public.grid_link USING btree (parent_id);

CREATE INDEX grid_node_position ON public.grid_node USING gist (point(longitude, latitude)) WHERE (longitude IS NOT NULL);

CREATE INDEX installation_ended ON public.installation USING btree (valid_to) WHERE (valid_to IS NOT NULL);

CREATE UNIQUE INDEX installation_meter ON public.installation USING btree (meter_id, valid_from);

CREATE UNIQUE INDEX installation_usage_point ON public.installation USING btree (usage_point_id, valid_from);

CREATE INDEX job_run_started ON public.job_run USING btree (started_at);

CREATE INDEX load_due_date ON public.load_due USING btree (business_date, cell_id);

CREATE INDEX load_sum_day_date ON public.load_sum_day USING btree (kind, business_date);

CREATE INDEX loss_day_date ON public.loss_day USING btree (starts_on, scope);

CREATE UNIQUE INDEX loss_exception_open ON public.loss_exception USING btree (scope, scope_id, kind) WHERE (ended_on IS NULL);

CREATE INDEX loss_exception_scope ON public.loss_exception USING btree (scope, scope_id, began_on);

CREATE INDEX loss_month_date ON public.loss_month USING btree (starts_on, scope);

CREATE INDEX marketing_record_point ON public.marketing_record USING btree (usage_point) WHERE (usage_point <> ''::text);

CREATE INDEX message_by_age ON public.message USING btree (created_at DESC, id);

CREATE INDEX message_due ON public.message USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE INDEX message_of_rule ON public.message USING btree (rule, recipient, created_at) WHERE (rule IS NOT NULL);

CREATE INDEX message_recipient ON public.message USING btree (recipient, tried_at) WHERE (tried_at IS NOT NULL);

CREATE INDEX message_ref ON public.message USING btree (provider_ref) WHERE (provider_ref IS NOT NULL);

CREATE INDEX message_event_message ON public.message_event USING btree (message_id, seq);

CREATE UNIQUE INDEX meter_address ON public.meter USING btree (protocol, address) WHERE ((protocol = ANY (ARRAY['dlt645-2007'::text, 'dlt645-1997'::text, 'gdw376'::text, 'dlt698'::text])) AND (retired_at IS NULL));

CREATE INDEX meter_by_address ON public.meter USING btree (address);

CREATE UNIQUE INDEX meter_on_channel ON public.meter USING btree (channel_id, protocol, address) WHERE (retired_at IS NULL);

CREATE INDEX meter_diagnosis_cause ON public.meter_diagnosis USING btree (business_date, cause, meter_id);

CREATE INDEX meter_diagnosis_meter ON public.meter_diagnosis USING btree (meter_id, business_date DESC);

CREATE INDEX meter_group_meter_meter ON public.meter_group_meter USING btree (meter_id);

CREATE INDEX meter_talk_meter ON public.meter_talk USING btree (meter_id);

CREATE UNIQUE INDEX online_interval_open ON public.online_interval USING btree (concentrator_id) WHERE (valid_to IS NULL);

CREATE INDEX online_interval_times ON public.online_interval USING btree (valid_from);

CREATE INDEX outbox_refused_waiting ON public.outbox_refused USING btree (id) WHERE ((replayed_at IS NULL) AND (dismissed_at IS NULL));

CREATE INDEX parameter_write_meter ON public.parameter_write USING btree (meter_id, id);

CREATE UNIQUE INDEX parameter_write_open ON public.parameter_write USING btree (meter_id, item) WHERE (state = ANY (ARRAY['proposed'::text, 'approved'::text, 'sending'::text, 'unknown'::text]));

CREATE INDEX parameter_write_ready ON public.parameter_write USING btree (next_at) WHERE (state = ANY (ARRAY['approved'::text, 'sending'::text, 'unknown'::text]));

CREATE INDEX parameter_write_run ON public.parameter_write USING btree (run_id, id) WHERE (run_id IS NOT NULL);

CREATE UNIQUE INDEX place_proposal_open ON public.place_proposal USING btree (usage_point_id) WHERE (state = 'open'::text);

CREATE INDEX place_proposal_point ON public.place_proposal USING btree (usage_point_id);

CREATE INDEX place_proposal_state ON public.place_proposal USING btree (state, id);

CREATE INDEX point_of ON public.point USING btree (meter_id, item);

CREATE INDEX point_alarm_open ON public.point_alarm USING btree (point_id) WHERE ((acknowledged_at IS NULL) AND (withdrawn_at IS NULL));

CREATE INDEX point_alarm_uncleared ON public.point_alarm USING btree (point_id) WHERE (cleared_at IS NULL);

CREATE INDEX point_inbox_point ON public.point_inbox USING btree (point_id);

CREATE INDEX point_state_alarm ON public.point_state USING btree (point_id) WHERE (level <> 'normal'::text);

CREATE INDEX point_state_due ON public.point_state USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX power_transformer_node ON public.power_transformer USING btree (node_id);

CREATE INDEX power_transformer_point ON public.power_transformer USING btree (usage_point_id);

CREATE INDEX quality_absence_date ON public.quality_absence USING btree (business_date);

CREATE INDEX quality_day_date ON public.quality_day USING btree (business_date);

CREATE INDEX quality_due_date ON public.quality_due USING btree (business_date, usage_point_id);

CREATE INDEX quarantine_seen ON public.quarantine USING btree (last_seen_at);

CREATE INDEX read_request_unfinished ON public.read_request USING btree (requested_at) WHERE (state = ANY (ARRAY['requested'::text, 'running'::text]));

CREATE INDEX read_request_item_running ON public.read_request_item USING btree (request_id) WHERE (state = 'running'::text);

CREATE INDEX read_request_item_waiting ON public.read_request_item USING btree (request_id, channel_id, meter_id) WHERE (state = 'waiting'::text);

CREATE INDEX reading_curve_times ON public.reading_curve USING brin (measured_at, received_at) WITH (pages_per_range='16');

CREATE INDEX reading_day_batch_published ON public.reading_day_batch USING btree (published_at);

CREATE INDEX reading_day_row_from ON public.reading_day_row USING btree (meter_id, from_at);

CREATE INDEX reading_day_row_point ON public.reading_day_row USING btree (usage_point_id, to_at);

CREATE INDEX reading_day_row_to ON public.reading_day_row USING btree (meter_id, to_at);

CREATE INDEX reading_day_span_batch ON public.reading_day_span USING btree (batch_id);

CREATE INDEX reading_day_span_point ON public.reading_day_span USING btree (usage_point_id, to_at);

CREATE INDEX reading_item_of_meter ON public.reading_item USING btree (meter_id, measured_at);

CREATE INDEX register_value_brought ON public.register_value USING btree (made_at) WHERE (kind = ANY (ARRAY['handheld'::text, 'self'::text, 'manual'::text]));

CREATE UNIQUE INDEX register_value_in_force ON public.register_value USING btree (meter_id, register, measured_at) WHERE (state = 'in-force'::text);

CREATE INDEX register_value_proposed ON public.register_value USING btree (made_at) WHERE (state = 'proposed'::text);

CREATE INDEX register_value_time ON public.register_value USING btree (measured_at) WHERE (state = 'in-force'::text);

CREATE UNIQUE INDEX saved_query_name ON public.saved_query USING btree (owner, name) WHERE (removed_at IS NULL);

CREATE INDEX session_expires_at ON public.session USING btree (expires_at);

CREATE INDEX session_user_id ON public.session USING btree (user_id);

CREATE INDEX statistics_archive_change_point ON public.statistics_archive_change USING btree (usage_point_id);

CREATE UNIQUE INDEX statistics_cell_key ON public.statistics_cell USING btree (COALESCE(node_id, 0), role, tariff, trade, customer_class);

CREATE INDEX statistics_due_date ON public.statistics_due USING btree (business_date, cell_id);

CREATE INDEX statistics_energy_cell ON public.statistics_energy USING btree (cell_id, business_date);

CREATE INDEX statistics_meter_day_date ON public.statistics_meter_day USING btree (business_date, meter_id);

CREATE INDEX statistics_segment_cell ON public.statistics_segment USING btree (cell_id, valid_from, valid_to);

CREATE UNIQUE INDEX temperature_day_key ON public.temperature_day USING btree (business_date, COALESCE(region_id, 0), is_expected);

CREATE INDEX theft_area_turn ON public.theft_area USING btree (computed_at);

CREATE INDEX theft_suspect_node ON public.theft_suspect USING btree (node_id);

CREATE INDEX theft_suspect_rank ON public.theft_suspect USING btree (score DESC, usage_point_id DESC);

CREATE INDEX usage_day_date ON public.usage_day USING btree (business_date, register);

CREATE UNIQUE INDEX usage_group_member_now ON public.usage_group_member USING btree (group_id, usage_point_id) WHERE (valid_to IS NULL);

CREATE INDEX usage_group_member_of ON public.usage_group_member USING btree (usage_point_id);

CREATE UNIQUE INDEX usage_group_member_point ON public.usage_group_member USING btree (group_id, usage_point_id, valid_from);

CREATE INDEX usage_month_date ON public.usage_month USING btree (business_month, register);

CREATE INDEX usage_point_account ON public.usage_point USING btree (account_id);

CREATE INDEX usage_point_position ON public.usage_point USING gist (point(longitude, latitude)) WHERE (longitude IS NOT NULL);

CREATE INDEX usage_point_transformer ON public.usage_point USING btree (transformer_id);

CREATE INDEX usage_point_place_gateway ON public.usage_point_place USING btree (node_id) WHERE (role = 'supply'::text);

CREATE INDEX usage_point_place_left ON public.usage_point_place USING btree (valid_to) WHERE (valid_to IS NOT NULL);

CREATE INDEX usage_point_place_node ON public.usage_point_place USING btree (node_id);

CREATE UNIQUE INDEX usage_point_place_point ON public.usage_point_place USING btree (usage_point_id, node_id, valid_from);

CREATE INDEX user_account_account_no ON public.user_account USING btree (account_no);

CREATE INDEX validation_day_due ON public.validation_day USING btree (due_at);

CREATE INDEX validation_finding_date ON public.validation_finding USING btree (business_date);

CREATE INDEX validation_finding_point ON public.validation_finding USING btree (meter_id, measured_at);

CREATE INDEX validation_finding_queue ON public.validation_finding USING btree (severity DESC, stake DESC, id DESC) WHERE (state = 'open'::text);

CREATE UNIQUE INDEX validation_proposal_open ON public.validation_proposal USING btree (kind, usage_point_id, account_id, business_month) NULLS NOT DISTINCT WHERE (state = 'open'::text);

CREATE UNIQUE INDEX validation_rule_in_force ON public.validation_rule USING btree (code, COALESCE(customer_class, ''::text), COALESCE(group_id, 0)) WHERE (valid_to IS NULL);

CREATE INDEX work_case_assignee ON public.work_case USING btree (assignee_id, id) WHERE (ended_at IS NULL);

CREATE INDEX work_case_concentrator ON public.work_case USING btree (concentrator_id) WHERE (concentrator_id IS NOT NULL);

CREATE INDEX work_case_meter ON public.work_case USING btree (meter_id) WHERE (meter_id IS NOT NULL);

CREATE INDEX work_case_unfinished ON public.work_case USING btree (id) WHERE (ended_at IS NULL);

CREATE INDEX work_case_history_at ON public.work_case_history USING btree (at);

CREATE INDEX work_case_history_case ON public.work_case_history USING btree (case_id, seq);

-- hypertable clock_measurement by measured_at, chunks of P30D

-- hypertable collection_slot by slot_start, chunks of P1D

-- hypertable connection_event by at, chunks of P7D

-- hypertable frame_evidence by received_at, chunks of P1D

-- hypertable frame_log by at, chunks of P1D

-- hypertable load_cell_day by business_date, chunks of P90D

-- hypertable load_day by business_date, chunks of P90D

-- hypertable loss_day by starts_on, chunks of P90D

-- hypertable quality_day by business_date, chunks of P90D

-- hypertable reading_curve by measured_at, chunks of P7D

-- hypertable reading_daily by measured_at, chunks of P90D

-- hypertable reading_day_row by reading_date, chunks of P90D

-- hypertable reading_item by measured_at, chunks of P30D

-- hypertable statistics_energy by business_date, chunks of P365D

-- hypertable usage_day by business_date, chunks of P90D

-- columnstore clock_measurement: segment by default, order by default

-- columnstore collection_slot: segment by plan_id, order by meter_id,slot_start

-- columnstore connection_event: segment by default, order by default

-- columnstore frame_evidence: segment by meter_id, order by received_at,"position"

-- columnstore frame_log: segment by concentrator_id, order by at,seq

-- columnstore load_cell_day: segment by default, order by default

-- columnstore load_day: segment by usage_point_id, order by business_date

-- columnstore loss_day: segment by default, order by default

-- columnstore quality_day: segment by default, order by default

-- columnstore reading_curve: segment by meter_id, order by measured_at

-- columnstore reading_daily: segment by meter_id, order by measured_at

-- columnstore reading_day_row: segment by batch_id, order by line,reading_date DESC

-- columnstore reading_item: segment by meter_id,item,data_class, order by measured_at

-- columnstore statistics_energy: segment by default, order by default

-- columnstore usage_day: segment by usage_point_id,register, order by business_date

create materialized view reading_hour with (timescaledb.continuous, materialized_only = f) as
 SELECT meter_id,
    time_bucket('PT1H'::interval, measured_at) AS hour,
    first(energy_import, measured_at) FILTER (WHERE (energy_import IS NOT NULL)) AS import_first,
    min(measured_at) FILTER (WHERE (energy_import IS NOT NULL)) AS import_first_at,
    last(energy_import, measured_at) FILTER (WHERE (energy_import IS NOT NULL)) AS import_last,
    max(measured_at) FILTER (WHERE (energy_import IS NOT NULL)) AS import_last_at,
    first(energy_export, measured_at) FILTER (WHERE (energy_export IS NOT NULL)) AS export_first,
    min(measured_at) FILTER (WHERE (energy_export IS NOT NULL)) AS export_first_at,
    last(energy_export, measured_at) FILTER (WHERE (energy_export IS NOT NULL)) AS export_last,
    max(measured_at) FILTER (WHERE (energy_export IS NOT NULL)) AS export_last_at,
    min(power) AS power_min,
    max(power) AS power_max,
    sum(power) AS power_sum,
    count(power) AS power_count,
    min(voltage_a) AS voltage_a_min,
    max(voltage_a) AS voltage_a_max,
    count(*) AS rows
   FROM reading_curve
  GROUP BY meter_id, (time_bucket('PT1H'::interval, measured_at));

create view account_usage_point_now as
 SELECT h.id,
    h.usage_point_id,
    h.account_id,
    h.valid_from,
    h.valid_to
   FROM account_usage_point h,
    archive_revision r
  WHERE ((h.valid_from <= r.as_of) AND ((h.valid_to IS NULL) OR (h.valid_to > r.as_of)));

create view anomaly_work as
 SELECT id AS case_id,
    dedupe_key AS case_key,
    state
   FROM work_case w
  WHERE (kind = 'anomaly.point'::text);

create view area_duty_of as
 SELECT d.node_id,
    d.valid_from,
    d.valid_to,
    m.id AS manager_id,
    m.name,
    m.staff_no,
    m.phone
   FROM (area_duty d
     JOIN area_manager m ON ((m.id = d.manager_id)));

create view clock_candidate as
 SELECT 'meter'::text AS kind,
    m.id AS device_id,
    m.channel_id
   FROM meter m
  WHERE (m.protocol <> ALL (ARRAY['mqtt'::text, 'modbus'::text]))
UNION ALL
 SELECT 'terminal'::text AS kind,
    c.id AS device_id,
    c.channel_id
   FROM concentrator c;

create view clock_name as
 SELECT 'meter'::text AS kind,
    m.id AS device_id,
    m.address,
    m.protocol
   FROM meter m
UNION ALL
 SELECT 'terminal'::text AS kind,
    c.id AS device_id,
    c.address,
    NULL::text AS protocol
   FROM concentrator c;

create view concentrator_heard as
 SELECT concentrator_id,
    last_heard_at
   FROM concentrator_state;

create view control_outcome as
 SELECT m.id AS meter_id,
        CASE
            WHEN (m.id IS NULL) THEN c.id
            ELSE NULL::integer
        END AS concentrator_id,
    j.at,
    j.effect,
        CASE
            WHEN (j.outcome[1] = 'answered'::text) THEN 'answered'::text
            WHEN (j.outcome[1] ~~ 'refused%'::text) THEN 'refused'::text
            ELSE 'unanswered'::text
        END AS outcome,
    ('gate-journal/'::text || j.seq) AS reference,
    j.outcome[1] AS detail
   FROM ((gate_journal j
     LEFT JOIN meter m ON (((m.protocol = j.protocol) AND (m.address = j.address) AND (m.retired_at IS NULL))))
     LEFT JOIN concentrator c ON ((c.address = j.address)))
  WHERE ((j.event = 'ended'::text) AND (j.outcome[1] <> 'not-sent'::text) AND (num_nonnulls(m.id, c.id) > 0))
UNION ALL
 SELECT w.meter_id,
    NULL::integer AS concentrator_id,
    w.ended_at AS at,
    w.effect,
        CASE
            WHEN (w.state = 'done'::text) THEN 'proven'::text
            ELSE 'wrong-state'::text
        END AS outcome,
    ('parameter-write/'::text || w.id) AS reference,
    ((('wanted '::text || w.wanted) || ', read back '::text) || w.after_value) AS detail
   FROM parameter_write w
  WHERE ((w.state = 'done'::text) OR ((w.state = 'failed'::text) AND (w.sent_at IS NOT NULL) AND (w.after_value IS NOT NULL) AND (w.after_value <> w.wanted)))
UNION ALL
 SELECT
        CASE
            WHEN (k.kind = 'meter'::text) THEN k.device_id
            ELSE NULL::integer
        END AS meter_id,
        CASE
            WHEN (k.kind = 'terminal'::text) THEN k.device_id
            ELSE NULL::integer
        END AS concentrator_id,
    k.ended_at AS at,
    'clock'::text AS effect,
        CASE
            WHEN (k.state = 'done'::text) THEN 'proven'::text
            ELSE 'wrong-state'::text
        END AS outcome,
    ('clock-correction/'::text || k.id) AS reference,
    (('off by '::text || k.after_offset_ms) || ' ms after it was set'::text) AS detail
   FROM clock_correction k
  WHERE ((k.sent_at IS NOT NULL) AND ((k.state = 'done'::text) OR ((k.state = 'failed'::text) AND (k.after_offset_ms IS NOT NULL))));

create view event_evidence as
 SELECT e.id AS event_id,
    e.meter_id,
    e.concentrator_id,
    e.code,
    x.edge,
    f.received_at,
    f."position",
    f.at,
    f.direction,
    f.frame,
    f.masked,
    f.cut
   FROM ((device_event e
     CROSS JOIN LATERAL ( VALUES ('began'::text,e.received_at), ('ended'::text,to_timestamp(((((e.ended_by -> 'end'::text) ->> 'receivedAt'::text))::double precision / (1000)::double precision)))) x(edge, told_at))
     JOIN frame_evidence f ON (((f.meter_id = COALESCE(e.meter_id, (- e.concentrator_id))) AND (f.received_at = x.told_at))))
  WHERE ((x.edge = 'began'::text) OR (x.told_at IS DISTINCT FROM e.received_at));

create view gate_fleet as
 SELECT (count(*))::integer AS meters
   FROM meter;

create view grid_link_now as
 SELECT l.id,
    l.node_id,
    l.parent_id,
    l.valid_from,
    l.valid_to
   FROM grid_link l,
    archive_revision r
  WHERE ((l.valid_from <= r.as_of) AND ((l.valid_to IS NULL) OR (l.valid_to > r.as_of)));

create view grid_load_day as
 SELECT (NULLIF(key, ''::text))::integer AS node_id,
    business_date,
    (peak * 4) AS peak,
    peak_at,
    energy,
    points,
    quarters,
    thin_quarters
   FROM load_sum_day s
  WHERE ((kind = ANY (ARRAY['region'::text, 'substation'::text, 'bus'::text, 'feeder'::text, 'area'::text])) AND (key <> ''::text));

create view installation_ends as
 SELECT r.register,
    i.id AS installation_id,
    i.usage_point_id,
    i.meter_id,
    i.valid_from AS at,
    (floor(((r.opening_digits)::numeric * ((10)::numeric ^ ((6 - r.opening_scale))::numeric))))::bigint AS micro,
    r.opening_scale AS scale
   FROM (installation_register r
     JOIN installation i ON ((i.id = r.installation_id)))
  WHERE (r.opening_digits IS NOT NULL)
UNION ALL
 SELECT r.register,
    i.id AS installation_id,
    i.usage_point_id,
    i.meter_id,
    i.valid_to AS at,
    (floor(((r.closing_digits)::numeric * ((10)::numeric ^ ((6 - r.closing_scale))::numeric))))::bigint AS micro,
    r.closing_scale AS scale
   FROM (installation_register r
     JOIN installation i ON ((i.id = r.installation_id)))
  WHERE ((r.closing_digits IS NOT NULL) AND (i.valid_to IS NOT NULL))
UNION ALL
 SELECT r.register,
    n.id AS installation_id,
    n.usage_point_id,
    n.meter_id,
    n.valid_from AS at,
    (floor(((r.closing_digits)::numeric * ((10)::numeric ^ ((6 - r.closing_scale))::numeric))))::bigint AS micro,
    r.closing_scale AS scale
   FROM (((installation_register r
     JOIN installation i ON ((i.id = r.installation_id)))
     JOIN installation n ON (((n.meter_id = i.meter_id) AND (n.valid_from = i.valid_to))))
     LEFT JOIN installation_register own ON (((own.installation_id = n.id) AND (own.register = r.register))))
  WHERE ((r.closing_digits IS NOT NULL) AND (own.opening_digits IS NULL))
UNION ALL
 SELECT r.register,
    p.id AS installation_id,
    p.usage_point_id,
    p.meter_id,
    p.valid_to AS at,
    (floor(((r.opening_digits)::numeric * ((10)::numeric ^ ((6 - r.opening_scale))::numeric))))::bigint AS micro,
    r.opening_scale AS scale
   FROM (((installation_register r
     JOIN installation i ON ((i.id = r.installation_id)))
     JOIN installation p ON (((p.meter_id = i.meter_id) AND (p.valid_to = i.valid_from))))
     LEFT JOIN installation_register own ON (((own.installation_id = p.id) AND (own.register = r.register))))
  WHERE ((r.opening_digits IS NOT NULL) AND (own.closing_digits IS NULL));

create view installation_now as
 SELECT i.id,
    i.usage_point_id,
    i.meter_id,
    i.ct_numerator,
    i.ct_denominator,
    i.pt_numerator,
    i.pt_denominator,
    i.valid_from,
    i.valid_to
   FROM installation i,
    archive_revision r
  WHERE ((i.valid_from <= r.as_of) AND ((i.valid_to IS NULL) OR (i.valid_to > r.as_of)));

create view message_occasion as
 SELECT ((('case/'::text || c.id) || '/'::text) || h.seq) AS ref,
        CASE
            WHEN (h.act = 'assigned'::text) THEN 'case.assigned'::text
            WHEN (c.kind = 'order.hanging'::text) THEN 'order.hanging'::text
            ELSE 'case.opened'::text
        END AS occasion,
    c.kind AS topic,
    c.severity,
    h.at,
        CASE
            WHEN (h.act = 'assigned'::text) THEN ((h.detail ->> 'to'::text))::integer
            ELSE o.assignee_id
        END AS assignee_id,
        CASE
            WHEN (c.kind = 'order.hanging'::text) THEN ('field-order/'::text || (h.detail ->> 'order'::text))
            ELSE ('case/'::text || c.id)
        END AS reference,
    jsonb_build_object('case', c.id, 'kind', c.kind, 'severity', c.severity, 'due', c.due_at, 'subject', COALESCE(m.address, co.address, up.code, tr.code, ''::text), 'order', (h.detail ->> 'order'::text), 'step', (h.detail ->> 'step'::text), 'since', (h.detail -> 'since'::text)) AS facts
   FROM ((((((work_case_history h
     JOIN work_case c ON ((c.id = h.case_id)))
     LEFT JOIN meter m ON ((m.id = c.meter_id)))
     LEFT JOIN concentrator co ON ((co.id = c.concentrator_id)))
     LEFT JOIN usage_point up ON ((up.id = c.usage_point_id)))
     LEFT JOIN transformer tr ON ((tr.id = c.transformer_id)))
     LEFT JOIN field_order o ON (((c.kind = 'order.hanging'::text) AND (o.id = ((h.detail ->> 'order'::text))::integer))))
  WHERE ((h.act = ANY (ARRAY['opened'::text, 'reopened'::text, 'worsened'::text, 'assigned'::text])) AND (c.kind <> 'firmware.stopped'::text))
UNION ALL
 SELECT ('order/'::text || e.seq) AS ref,
    'order.assigned'::text AS occasion,
    o.kind AS topic,
    2 AS severity,
    e.at,
    ((e.detail ->> 'to'::text))::integer AS assignee_id,
    ('field-order/'::text || o.id) AS reference,
    jsonb_build_object('order', o.id, 'kind', o.kind, 'reason', (o.spec ->> 'reason'::text)) AS facts
   FROM (field_order_event e
     JOIN field_order o ON ((o.id = e.order_id)))
  WHERE (e.event = 'assigned'::text)
UNION ALL
 SELECT ('firmware/'::text || e.seq) AS ref,
    'firmware.stopped'::text AS occasion,
    'firmware.stopped'::text AS topic,
    3 AS severity,
    e.at,
    NULL::integer AS assignee_id,
    ('firmware-campaign/'::text || e.campaign_id) AS reference,
    jsonb_build_object('campaign', e.campaign_id, 'done', (e.detail -> 'done'::text), 'failed', (e.detail -> 'failed'::text)) AS facts
   FROM firmware_event e
  WHERE (e.event = 'stopped'::text);

create view meter_group_member as
 SELECT g.id AS group_id,
    m.id AS meter_id
   FROM ((((((meter_group g
     JOIN meter m ON ((g.filter IS NOT NULL)))
     JOIN channel ch ON ((ch.id = m.channel_id)))
     LEFT JOIN concentrator co ON ((co.channel_id = m.channel_id)))
     LEFT JOIN installation_now i ON ((i.meter_id = m.id)))
     LEFT JOIN usage_point up ON ((up.id = i.usage_point_id)))
     LEFT JOIN transformer tr ON ((tr.id = COALESCE(up.transformer_id, co.transformer_id))))
  WHERE (((NOT (g.filter ? 'protocol'::text)) OR ((g.filter -> 'protocol'::text) ? m.protocol)) AND ((NOT (g.filter ? 'profile'::text)) OR ((g.filter -> 'profile'::text) ? COALESCE(m.profile, ''::text))) AND ((NOT (g.filter ? 'model'::text)) OR ((g.filter -> 'model'::text) ? COALESCE(m.model, ''::text))) AND ((NOT (g.filter ? 'channelKind'::text)) OR ((g.filter -> 'channelKind'::text) ? ch.kind)) AND ((NOT (g.filter ? 'concentrator'::text)) OR COALESCE(((g.filter -> 'concentrator'::text) ? co.address), false)) AND ((NOT (g.filter ? 'transformer'::text)) OR COALESCE(((g.filter -> 'transformer'::text) ? tr.code), false)) AND ((NOT (g.filter ? 'addressPrefix'::text)) OR (EXISTS ( SELECT
           FROM jsonb_array_elements_text((g.filter -> 'addressPrefix'::text)) p(prefix)
          WHERE starts_with(m.address, p.prefix)))))
UNION
 SELECT meter_group_meter.group_id,
    meter_group_meter.meter_id
   FROM meter_group_meter;

create view meter_limits as
 SELECT id AS meter_id,
    (((10)::numeric ^ ((6 + COALESCE((register_digits)::integer,
        CASE
            WHEN (protocol = ANY (ARRAY['dlt645-2007'::text, 'dlt645-1997'::text, 'gdw376'::text])) THEN 6
            ELSE NULL::integer
        END)))::numeric))::bigint AS width,
    (COALESCE(ceil((((nominal_voltage * max_current) * (1200)::numeric) *
        CASE wiring
            WHEN '1p2w'::text THEN (1)::numeric
            WHEN '3p3w'::text THEN 1.7321
            ELSE (3)::numeric
        END)), (82800000)::numeric))::bigint AS per_hour
   FROM meter m;

create view metered_installation as
 SELECT i.id,
    i.usage_point_id,
    i.meter_id,
    i.valid_from,
    COALESCE(i.valid_to, 'infinity'::timestamp with time zone) AS valid_to,
    ((i.ct_numerator)::numeric * (i.pt_numerator)::numeric) AS numerator,
    ((i.ct_denominator)::numeric * (i.pt_denominator)::numeric) AS denominator,
    COALESCE(before.valid_from, i.valid_from) AS stays_from,
        CASE
            WHEN (after.id IS NULL) THEN COALESCE(i.valid_to, 'infinity'::timestamp with time zone)
            ELSE COALESCE(after.valid_to, 'infinity'::timestamp with time zone)
        END AS stays_to,
    l.width,
    l.per_hour
   FROM (((installation i
     JOIN meter_limits l ON ((l.meter_id = i.meter_id)))
     LEFT JOIN installation before ON (((before.meter_id = i.meter_id) AND (before.valid_to = i.valid_from))))
     LEFT JOIN installation after ON (((after.meter_id = i.meter_id) AND (after.valid_from = i.valid_to))));

create view plan_meter as
 SELECT p.id AS plan_id,
    m.id AS meter_id
   FROM (poll_plan p
     JOIN meter m ON ((m.protocol = p.protocol)))
  WHERE ((p.group_id IS NULL) AND (m.retired_at IS NULL))
UNION ALL
 SELECT p.id AS plan_id,
    m.id AS meter_id
   FROM ((poll_plan p
     JOIN meter_group_member g ON ((g.group_id = p.group_id)))
     JOIN meter m ON (((m.id = g.meter_id) AND (m.protocol = p.protocol))))
  WHERE (m.retired_at IS NULL);

create view point_load_day as
 SELECT usage_point_id,
    business_date,
    (peak * 4) AS peak,
    peak_at,
    energy,
    quarters
   FROM load_day d;

create view read_target as
 SELECT m.id AS meter_id,
    m.address,
    m.channel_id,
    co.address AS concentrator,
    tr.code AS area
   FROM ((((meter m
     LEFT JOIN concentrator co ON ((co.channel_id = m.channel_id)))
     LEFT JOIN installation_now i ON ((i.meter_id = m.id)))
     LEFT JOIN usage_point up ON ((up.id = i.usage_point_id)))
     LEFT JOIN transformer tr ON ((tr.id = COALESCE(up.transformer_id, co.transformer_id))));

create view reading_evidence as
 SELECT r.meter_id,
    r.measured_at,
    r.received_at,
    r.data_class,
    r.item,
    s.plan_id,
    s.slot_start,
    s.due,
    s.answered_at,
    s.state,
    s.attempts,
    s.reason,
    f."position",
    f.at,
    f.direction,
    f.frame,
    f.masked,
    f.cut
   FROM ((( SELECT reading_curve.meter_id,
            reading_curve.measured_at,
            reading_curve.received_at,
            reading_curve.data_class,
            NULL::text AS item
           FROM reading_curve
        UNION ALL
         SELECT reading_daily.meter_id,
            reading_daily.measured_at,
            reading_daily.received_at,
            reading_daily.data_class,
            NULL::text
           FROM reading_daily
        UNION ALL
         SELECT reading_item.meter_id,
            reading_item.measured_at,
            reading_item.received_at,
            reading_item.data_class,
            reading_item.item
           FROM reading_item) r
     LEFT JOIN LATERAL ( SELECT c.plan_id,
            c.slot_start,
            c.due,
            c.answered_at,
            c.state,
            c.attempts,
            c.reason
           FROM collection_slot c
          WHERE ((c.meter_id = r.meter_id) AND (c.answered_at = r.received_at) AND ((c.slot_start >= (r.received_at - 'P70D'::interval)) AND (c.slot_start <= r.received_at)))
          ORDER BY (c.slot_start <= r.measured_at) DESC, (abs(EXTRACT(epoch FROM (c.slot_start - r.measured_at)))), c.plan_id
         LIMIT 1) s ON (true))
     LEFT JOIN frame_evidence f ON (((f.meter_id = r.meter_id) AND (f.received_at = r.received_at))));

create view register_reading as
 SELECT c.meter_id,
    c.measured_at,
    c.received_at,
    r.register,
    r.value,
    (((c.decimals >> r.shift) & (7)::bigint))::smallint AS scale,
    c.data_class,
    c.quality
   FROM (reading_curve c
     CROSS JOIN LATERAL ( VALUES ('1.8.0'::text,c.energy_import,0), ('1.8.1'::text,c.energy_import_1,3), ('1.8.2'::text,c.energy_import_2,6), ('1.8.3'::text,c.energy_import_3,9), ('1.8.4'::text,c.energy_import_4,12), ('2.8.0'::text,c.energy_export,15), ('3.8.0'::text,c.reactive_1,18), ('4.8.0'::text,c.reactive_2,21)) r(register, value, shift))
  WHERE (r.value IS NOT NULL)
UNION ALL
 SELECT d.meter_id,
    d.measured_at,
    d.received_at,
    r.register,
    r.value,
    (((d.decimals >> r.shift) & (7)::bigint))::smallint AS scale,
    d.data_class,
    d.quality
   FROM (reading_daily d
     CROSS JOIN LATERAL ( VALUES ('1.8.0'::text,d.energy_import,0), ('1.8.1'::text,d.energy_import_1,3), ('1.8.2'::text,d.energy_import_2,6), ('1.8.3'::text,d.energy_import_3,9), ('1.8.4'::text,d.energy_import_4,12), ('2.8.0'::text,d.energy_export,15), ('2.8.1'::text,d.energy_export_1,18), ('2.8.2'::text,d.energy_export_2,21), ('2.8.3'::text,d.energy_export_3,24), ('2.8.4'::text,d.energy_export_4,27), ('3.8.0'::text,d.reactive_1,30), ('4.8.0'::text,d.reactive_2,33), ('5.8.0'::text,d.reactive_q1,36), ('6.8.0'::text,d.reactive_q2,39), ('7.8.0'::text,d.reactive_q3,42), ('8.8.0'::text,d.reactive_q4,45)) r(register, value, shift))
  WHERE (r.value IS NOT NULL)
UNION ALL
 SELECT i.meter_id,
    i.measured_at,
    i.received_at,
    i.item AS register,
    (trunc(((i.digits)::numeric * ((10)::numeric ^ ((4 - i.scale))::numeric))))::bigint AS value,
    i.scale,
    i.data_class,
    i.quality
   FROM reading_item i
  WHERE ((i.digits IS NOT NULL) AND (i.item ~ '^[1-8]\.8\.[0-9]+$'::text) AND (i.data_class <= 3));

create view usage_point_place_now as
 SELECT w.id,
    w.usage_point_id,
    w.node_id,
    w.role,
    w.phase,
    w.valid_from,
    w.valid_to
   FROM usage_point_place w,
    archive_revision r
  WHERE ((w.valid_from <= r.as_of) AND ((w.valid_to IS NULL) OR (w.valid_to > r.as_of)));

CREATE OR REPLACE FUNCTION public.anomaly_due_of_decisions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select distinct a.usage_point_id, a.business_date
  from after a join before b on b.id = a.id
  where a.usage_point_id is not null and a.state <> b.state;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.anomaly_due_of_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select distinct i.usage_point_id, d.day
  from told t
  join installation i on i.meter_id = t.meter_id and i.valid_from <= t.at
    and (i.valid_to is null or i.valid_to > t.at)
  cross join lateral (values ((t.at - interval '14 hours')::date),
    ((t.at + interval '14 hours')::date)) as d (day)
  where t.code in (select jsonb_array_elements_text(r.parameters -> 'codes')
    from anomaly_rule r where r.shape = 'event' and r.valid_to is null);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.anomaly_due_of_findings()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select distinct f.usage_point_id, f.business_date from found f
  where f.usage_point_id is not null;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.anomaly_due_of_looks()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into anomaly_due (usage_point_id, business_date)
  select usage_point_id, business_date from looked;
  insert into quality_due (usage_point_id, business_date)
  select usage_point_id, business_date from looked;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.anomaly_price_of(point integer, on_day date)
 RETURNS numeric
 LANGUAGE sql
 STABLE
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.audit_record_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'audit_record is append-only' using errcode = 'integrity_constraint_violation';
end $function$
;

CREATE OR REPLACE FUNCTION public.energy_dirty_of_words()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into energy_dirty (meter_id, business_date)
  select distinct w.meter_id, d::date
  from words w, generate_series(
    ((w.measured_at - interval '17 hours') at time zone 'UTC')::date,
    ((w.measured_at + interval '17 hours') at time zone 'UTC')::date, interval '1 day') d
  order by 1, 2
  on conflict do nothing;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.energy_is_possible(advance bigint, during interval, per_hour bigint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (advance - 1000000)::numeric * 3600000
    <= per_hour * (extract(epoch from during) * 1000)::bigint::numeric
$function$
;

CREATE OR REPLACE FUNCTION public.field_order_event_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $function$
;

CREATE OR REPLACE FUNCTION public.gate_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $function$
;

CREATE OR REPLACE FUNCTION public.gate_journal_digest(first_of bigint, last_of bigint, before text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select encode(sha256(convert_to(before || string_agg(jsonb_build_array(j.seq,
    (extract(epoch from j.at) * 1000000)::bigint, j.event, j.permit_id, j.via, j.protocol, j.effect,
    j.action, j.address, j.purpose, j.reference, j.requested_by, j.approvers, j.frame,
    j.outcome)::text, E'\n' order by j.seq), 'UTF8')), 'hex')
  from gate_journal j where j.seq between first_of and last_of
$function$
;

CREATE OR REPLACE FUNCTION public.gate_journal_may_go()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from gate_journal_block b
      where old.seq between b.first_seq and b.last_seq) then
    raise exception 'gate_journal is append-only but for what a block stands for'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $function$
;

CREATE OR REPLACE FUNCTION public.gate_permit_use_may_go()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.expires_at > (select coalesce(max(last_at), '-infinity') from gate_journal_block) then
    raise exception 'gate_permit_use is append-only while a permit may be of use'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $function$
;

CREATE OR REPLACE FUNCTION public.grid_above(node integer, at timestamp with time zone)
 RETURNS TABLE(node_id integer, height integer)
 LANGUAGE sql
 STABLE ROWS 5
AS $function$
  with recursive above (node_id, height) as (
    select n.id, 0 from grid_node n where n.id = node
    union all
    select l.parent_id, a.height + 1
    from above a join grid_link l on l.node_id = a.node_id
    where l.valid_from <= at and (l.valid_to is null or l.valid_to > at) and a.height < 32)
  select a.node_id, a.height from above a
$function$
;

CREATE OR REPLACE FUNCTION public.grid_below(node integer, at timestamp with time zone)
 RETURNS TABLE(node_id integer, depth integer, path integer[])
 LANGUAGE sql
 STABLE
AS $function$
  with recursive below (node_id, depth, path) as (
    select n.id, 0, array[n.id] from grid_node n where n.id = node
    union all
    select l.node_id, b.depth + 1, b.path || l.node_id
    from below b join grid_link l on l.parent_id = b.node_id
    where l.valid_from <= at and (l.valid_to is null or l.valid_to > at) and b.depth < 32)
  select b.node_id, b.depth, b.path from below b
$function$
;

CREATE OR REPLACE FUNCTION public.grid_capacity(node integer, at timestamp with time zone)
 RETURNS numeric
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(
    (select r.capacity_kva from grid_rating r
     where r.node_id = node and r.valid_from <= at and (r.valid_to is null or r.valid_to > at)),
    (select sum(t.rated_kva) from power_transformer t
     where t.node_id = node and t.valid_from <= at and (t.valid_to is null or t.valid_to > at)))
$function$
;

CREATE OR REPLACE FUNCTION public.grid_link_upward()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$
;

CREATE OR REPLACE FUNCTION public.grid_node_of_row()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.node_id is null then
    insert into grid_node (kind, code, name) values (tg_argv[0], new.code, new.name)
      on conflict (kind, code) do update set name = grid_node.name
      returning id into new.node_id;
  end if;
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.grid_points(node integer, at timestamp with time zone)
 RETURNS TABLE(usage_point_id integer, node_id integer, role text, phase text, depth integer, path integer[])
 LANGUAGE sql
 STABLE ROWS 10000
AS $function$
  select p.usage_point_id, b.node_id, p.role, p.phase, b.depth, b.path
  from grid_below(node, at) b join usage_point_place p on p.node_id = b.node_id
  where p.valid_from <= at and (p.valid_to is null or p.valid_to > at)
$function$
;

CREATE OR REPLACE FUNCTION public.loss_archive_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  rows constant text := case tg_op when 'INSERT' then 'select * from new_rows'
    when 'DELETE' then 'select * from old_rows'
    else 'select * from new_rows except select * from old_rows union all
      (select * from old_rows except select * from new_rows)' end;
begin
  case tg_table_name
  -- A swap is of the day on which one meter went and another came.
  when 'installation' then
    execute format('insert into loss_touched (usage_point_id, from_at, to_at)
      select distinct r.usage_point_id, x.at, x.at from (%s) r,
        lateral (values (r.valid_from), (r.valid_to)) x (at) where x.at is not null', rows);
  when 'installation_register' then
    execute format('insert into loss_touched (usage_point_id, from_at, to_at)
      select distinct i.usage_point_id, x.at, x.at from (%s) r
      join installation i on i.id = r.installation_id,
        lateral (values (i.valid_from), (i.valid_to)) x (at) where x.at is not null', rows);
  when 'power_transformer' then
    execute format('insert into loss_touched (usage_point_id, node_id, from_at)
      select r.usage_point_id, r.node_id, min(r.valid_from) from (%s) r group by 1, 2', rows);
  -- What measures one node may be what another one passes on.
  when 'usage_point_place' then
    execute format('insert into loss_touched (usage_point_id, from_at)
      select r.usage_point_id, min(r.valid_from) from (%s) r group by 1', rows);
  else
    insert into loss_touched (node_id, from_at)
      select n.id, '-infinity' from new_rows n join old_rows o on o.id = n.id
      where n.nominal_voltage is distinct from o.nominal_voltage;
  end case;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.loss_month_energy_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into loss_month_energy (usage_point_id, business_month)
    select distinct usage_point_id, business_month from changed;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.message_event_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $function$
;

CREATE OR REPLACE FUNCTION public.note_grid_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  -- What besides the end of its time makes a row another one.
  same constant text := case tg_table_name
    when 'grid_link' then 'o.node_id = n.node_id and o.parent_id = n.parent_id'
    else 'o.node_id = n.node_id and o.usage_point_id = n.usage_point_id and o.role = n.role
      and o.phase is not distinct from n.phase' end;
  parent constant text := case tg_table_name when 'grid_link' then 'parent_id' else 'node_id' end;
  source text;
begin
  source := case tg_op
    when 'INSERT' then format('select node_id, %1$I as other_id, valid_from from came', parent)
    when 'DELETE' then format('select node_id, %1$I as other_id, valid_from from gone', parent)
    else format($q$
      select x.node_id, x.other_id, case when %2$s and o.valid_from = n.valid_from
          then least(o.valid_to, n.valid_to) else least(o.valid_from, n.valid_from) end
      from gone o join came n on n.id = o.id,
        lateral (values (o.node_id, o.%1$I), (n.node_id, n.%1$I)) x (node_id, other_id)
      where o is distinct from n $q$, parent, same) end;
  execute format($q$
    insert into grid_change (node_id, changed_from)
    select x.id, min(s.valid_from) from (%s) s (node_id, other_id, valid_from),
      lateral (values (s.node_id), (s.other_id)) x (id)
    group by x.id order by x.id $q$, source);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.primary_energy(micro bigint, numerator numeric, denominator numeric)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when numerator = denominator then micro
    else floor(micro * numerator / denominator)::bigint end
$function$
;

CREATE OR REPLACE FUNCTION public.refuse_installation_overlaps()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  rule text;
begin
  -- One writer at a time, until it has ended: two that do not see each other could overlap.
  perform pg_advisory_xact_lock(hashtext('installation'));
  -- Planned anew each time: a statement may write one row or all there are.
  execute $q$
    select 'installation_one_place_at_a_time'
    from written w join installation i on i.meter_id = w.meter_id and i.id <> w.id
      and tstzrange(i.valid_from, i.valid_to) && tstzrange(w.valid_from, w.valid_to)
    limit 1 $q$ into rule;
  if rule is null then
    execute $q$
      select 'installation_one_meter_at_a_time'
      from written w join installation i on i.usage_point_id = w.usage_point_id and i.id <> w.id
        and tstzrange(i.valid_from, i.valid_to) && tstzrange(w.valid_from, w.valid_to)
      limit 1 $q$ into rule;
  end if;
  if rule is not null then
    raise exception 'overlapping installations violate "%"', rule
      using errcode = 'exclusion_violation', table = 'installation', constraint = rule;
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.refuse_overlaps()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  columns constant text[] := tg_argv[:array_upper(tg_argv, 1) - 1];
  rule constant text := tg_argv[array_upper(tg_argv, 1)];
  same text; found boolean;
begin
  -- One writer at a time, until it has ended: two that do not see each other could overlap.
  perform pg_advisory_xact_lock(hashtext(tg_table_name));
  select string_agg(format('i.%1$I = w.%1$I', c), ' and ') into same from unnest(columns) c;
  -- Planned anew each time: a statement may write one row or all there are.
  execute format($q$
    select exists (select from written w join %I i on %s and i.id <> w.id
      and tstzrange(i.valid_from, i.valid_to) && tstzrange(w.valid_from, w.valid_to)) $q$,
    tg_table_name, same) into found;
  if found then
    raise exception 'overlapping rows of % violate "%"', tg_table_name, rule
      using errcode = 'exclusion_violation', table = tg_table_name, constraint = rule;
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.register_points(meters integer[], of_register text, from_at timestamp with time zone, to_at timestamp with time zone)
 RETURNS TABLE(meter_id integer, measured_at timestamp with time zone, micro bigint, scale smallint, quality smallint)
 LANGUAGE plpgsql
 STABLE ROWS 100000
 SET jit TO 'off'
AS $function$
declare
  -- Columns of reading_curve and reading_daily with their place in `decimals`.
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
  place int;
  -- Written out, so that the planner leaves chunks out and sees what is asked.
  within text := format('t.measured_at between %L::timestamptz and %L::timestamptz', from_at,
    to_at) || case when meters is null then '' else ' and t.meter_id = any($1)' end;
  said text := format(
    'select t.meter_id, t.measured_at,
       case when t.scale <= 6 then t.digits * (10 ^ (6 - t.scale))::bigint
         else floor(t.digits / 10::numeric ^ (t.scale - 6))::bigint end as micro,
       t.scale, t.quality, (t.data_class * 10 + t.quality)::smallint as precedence
     from reading_item t
     where t.item = %L and t.digits is not null and %s', of_register, within);
  counts text;
begin
  place := array_position(curve_columns, of_register);
  if place is not null then
    said := said || format(
      ' union all select t.meter_id, t.measured_at, t.%I * 100,
         (t.decimals >> %s & 7)::smallint, t.quality, (t.data_class * 10 + t.quality)::smallint
       from reading_curve t where t.%1$I is not null and %3$s',
      curve_names[place], (place - 1) * 3, within);
  end if;
  place := array_position(daily_columns, of_register);
  if place is not null then
    said := said || format(
      ' union all select t.meter_id, t.measured_at, t.%I * 100,
         (t.decimals >> %s & 7)::smallint, t.quality, (t.data_class * 10 + t.quality)::smallint
       from reading_daily t where t.%1$I is not null and %3$s',
      daily_names[place], (place - 1) * 3, within);
  end if;
  counts := format(
    'select s.meter_id, s.measured_at, s.micro, s.scale,
       case when v.verdict = ''accepted'' and s.quality < 4 then 1::smallint
         when v.verdict = ''suspect'' and s.quality < 4 then 3::smallint
         when s.quality = 1 then 1::smallint when s.quality = 4 then 5::smallint
         else 3::smallint end as quality, s.precedence
     from (%s) s
     left join (select t.* from register_verdict t where t.register = %L and %s) v
       on v.meter_id = s.meter_id and v.measured_at = s.measured_at
     where v.verdict is distinct from ''rejected''
     union all
     select t.meter_id, t.measured_at,
       case when t.scale <= 6 then t.digits * (10 ^ (6 - t.scale))::bigint
         else floor(t.digits / 10::numeric ^ (t.scale - 6))::bigint end,
       t.scale, case t.kind when ''estimated'' then 5::smallint when ''edited'' then 6::smallint
         else 1::smallint end, 0::smallint
     from register_value t
     where t.register = %2$L and t.state = ''in-force'' and %3$s', said, of_register, within);
  return query execute
    'select distinct on (c.meter_id, c.measured_at)
       c.meter_id, c.measured_at, c.micro, c.scale, c.quality
     from (' || counts || ') c
     order by c.meter_id, c.measured_at, c.precedence desc' using meters;
end $function$
;

CREATE OR REPLACE FUNCTION public.register_presence(points integer[], registers text[], from_at timestamp with time zone, to_at timestamp with time zone)
 RETURNS TABLE(usage_point_id integer, register text)
 LANGUAGE plpgsql
 STABLE ROWS 10000
 SET jit TO 'off'
AS $function$
#variable_conflict use_column
declare
  meters int[];
begin
  select array_agg(distinct i.meter_id) into meters from installation i
  where i.usage_point_id = any(points) and i.valid_from < register_presence.to_at
    and (i.valid_to is null or i.valid_to > register_presence.from_at);
  -- Planned for these moments and so many meters.
  return query execute format($q$
    with curve as (
      select t.meter_id, bool_or(energy_import is not null) as r1,
        bool_or(energy_import_1 is not null) as r2, bool_or(energy_import_2 is not null) as r3,
        bool_or(energy_import_3 is not null) as r4, bool_or(energy_import_4 is not null) as r5,
        bool_or(energy_export is not null) as r6, bool_or(reactive_1 is not null) as r7,
        bool_or(reactive_2 is not null) as r8
      from reading_curve t
      where t.meter_id = any($1) and t.measured_at between %1$L::timestamptz and %2$L::timestamptz
      group by t.meter_id),
    daily as (
      select t.meter_id, bool_or(energy_import is not null) as r1,
        bool_or(energy_import_1 is not null) as r2, bool_or(energy_import_2 is not null) as r3,
        bool_or(energy_import_3 is not null) as r4, bool_or(energy_import_4 is not null) as r5,
        bool_or(energy_export is not null) as r6, bool_or(reactive_1 is not null) as r7,
        bool_or(reactive_2 is not null) as r8
      from reading_daily t
      where t.meter_id = any($1) and t.measured_at between %1$L::timestamptz and %2$L::timestamptz
      group by t.meter_id),
    present as (
      select w.meter_id, c.register
      from (select * from curve union all select * from daily) w
      cross join lateral (values ('1.8.0', r1), ('1.8.1', r2), ('1.8.2', r3), ('1.8.3', r4),
        ('1.8.4', r5), ('2.8.0', r6), ('3.8.0', r7), ('4.8.0', r8)) as c (register, is_there)
      where c.is_there
      union
      select t.meter_id, t.item from reading_item t
      where t.meter_id = any($1) and t.item = any($2) and t.digits is not null
        and t.measured_at between %1$L::timestamptz and %2$L::timestamptz
      union
      select t.meter_id, t.register from register_value t
      where t.meter_id = any($1) and t.state = 'in-force'
        and t.measured_at between %1$L::timestamptz and %2$L::timestamptz)
    select distinct i.usage_point_id, p.register
    from present p join installation i on i.meter_id = p.meter_id
    where p.register = any($2) and i.usage_point_id = any($3)
      and i.valid_from < %2$L::timestamptz
      and (i.valid_to is null or i.valid_to > %1$L::timestamptz)$q$, from_at, to_at)
    using meters, registers, points;
end $function$
;

CREATE OR REPLACE FUNCTION public.register_said(meters integer[], of_register text, moments timestamp with time zone[])
 RETURNS TABLE(meter_id integer, measured_at timestamp with time zone, micro bigint, scale smallint, data_class smallint, source smallint, quality smallint, time_source smallint, received_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE ROWS 100
AS $function$
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
end $function$
;

CREATE OR REPLACE FUNCTION public.register_shown(installations integer[], of_register text, shown_at timestamp with time zone)
 RETURNS TABLE(installation_id integer, micro bigint, scale smallint, quality smallint)
 LANGUAGE plpgsql
 STABLE ROWS 10000
AS $function$
declare
  near constant interval := interval '1 hour';
  meters int[];
begin
  select array_agg(distinct i.meter_id) into meters from installation i
  where i.id = any(installations);
  return query
  with known as (
    select p.meter_id, p.measured_at, p.micro, p.scale, p.quality,
      lag(p.micro) over (partition by p.meter_id order by p.measured_at) as before
    from register_points(meters, of_register, shown_at - near, shown_at + near) p),
  sound as (
    select k.meter_id, max(k.micro) filter (where k.measured_at = shown_at) as micro,
      max(k.scale) filter (where k.measured_at = shown_at) as scale,
      max(k.quality) filter (where k.measured_at = shown_at) as quality
    from known k
    group by k.meter_id
    having bool_and(k.before is null or k.before <= k.micro))
  select i.id, s.micro, s.scale, s.quality
  from sound s
  cross join lateral (
    select m.id from metered_installation m
    where m.meter_id = s.meter_id and m.id = any(installations)
      and m.valid_from <= shown_at - near and m.valid_to >= shown_at + near
    offset 0) i
  where s.quality is not null and s.quality <> 4;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_above(zone text)
 RETURNS TABLE(node_id integer, ancestor_id integer, kind text, is_nearest boolean, valid_from date, valid_to date)
 LANGUAGE sql
 STABLE ROWS 20000
AS $function$
  with recursive link as (
    select l.node_id, l.parent_id, (l.valid_from at time zone zone)::date as starts,
      least(
        case when l.valid_to is null then 'infinity'::date
          else ((l.valid_to at time zone zone) - interval '1 microsecond')::date + 1 end,
        lead((l.valid_from at time zone zone)::date, 1, 'infinity'::date)
          over (partition by l.node_id order by l.valid_from)) as ends
    from grid_link l),
  above (node_id, ancestor_id, kind, is_nearest, starts, ends, height) as (
    select n.id, n.id, n.kind, true, '-infinity'::date, 'infinity'::date, 0 from grid_node n
    union all
    select a.node_id, l.parent_id, p.kind, p.kind <> 'region' or a.kind <> 'region',
      greatest(a.starts, l.starts), least(a.ends, l.ends), a.height + 1
    from above a join link l on l.node_id = a.ancestor_id join grid_node p on p.id = l.parent_id
    where greatest(a.starts, l.starts) < least(a.ends, l.ends) and a.height < 32)
  select a.node_id, a.ancestor_id, a.kind, a.is_nearest, a.starts, a.ends from above a
$function$
;

CREATE OR REPLACE FUNCTION public.statistics_account_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into statistics_archive_change (usage_point_id)
    select a.usage_point_id from old_rows o join new_rows n on n.id = o.id
    join account_usage_point a on a.account_id = n.id
    where n.customer_id <> o.customer_id;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_contract_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  note constant text := $q$
    insert into statistics_archive_change (usage_point_id)
    select distinct a.usage_point_id from %s r
    join account_usage_point a on a.account_id = r.account_id
    where not exists (select from statistics_archive_change s
      where s.usage_point_id = a.usage_point_id and s.xmin = pg_current_xact_id()::xid) $q$;
begin
  if tg_op <> 'DELETE' then
    execute format(note, 'new_rows');
  end if;
  if tg_op <> 'INSERT' then
    execute format(note, 'old_rows');
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_customer_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into statistics_archive_change (usage_point_id)
    select a.usage_point_id from old_rows o join new_rows n on n.id = o.id
    join account c on c.customer_id = n.id join account_usage_point a on a.account_id = c.id
    where n.class <> o.class;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_link_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  since date;
begin
  if tg_op = 'INSERT' then select min(valid_from)::date - 1 into since from new_rows;
  elsif tg_op = 'DELETE' then select min(valid_from)::date - 1 into since from old_rows;
  else
    select min(least(
        case when n.parent_id = o.parent_id and n.valid_from = o.valid_from
          then least(coalesce(n.valid_to, 'infinity'), coalesce(o.valid_to, 'infinity'))
          else least(n.valid_from, o.valid_from) end))::date - 1 into since
      from old_rows o join new_rows n on n.id = o.id;
  end if;
  insert into load_sum_due (business_date)
    select distinct business_date from load_cell_day where business_date >= since;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_meter_day_listed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into statistics_meter_day (business_date, meter_id)
    select business_date, meter_id from listed;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_point_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  note constant text := $q$
    insert into statistics_archive_change (usage_point_id)
    select distinct r.usage_point_id from %s r
    where not exists (select from statistics_archive_change s
      where s.usage_point_id = r.usage_point_id and s.xmin = pg_current_xact_id()::xid) $q$;
begin
  if tg_op <> 'DELETE' then
    execute format(note, 'new_rows');
  end if;
  if tg_op <> 'INSERT' then
    execute format(note, 'old_rows');
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.statistics_point_made()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into statistics_archive_change (usage_point_id) select id from new_rows;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.transformer_loss(no_load_w numeric, load_w numeric, kva numeric, hours numeric, shape numeric, active bigint, reactive bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select round(no_load_w * hours * 1000
    + case when hours = 0 then 0 else
        shape * load_w * (active::numeric ^ 2 + reactive::numeric ^ 2)
          / (kva ^ 2 * hours * 1000000000) end)::bigint
$function$
;

CREATE OR REPLACE FUNCTION public.usage_dirty_of_changed_installations()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select s.usage_point_id, s.from_at, s.to_at
  from before b join after a on a.id = b.id
  cross join lateral (values (coalesce(b.valid_to, 'infinity'), coalesce(a.valid_to, 'infinity')))
    as e (b, a)
  cross join lateral (
    select a.usage_point_id, least(e.b, e.a) as from_at, greatest(e.b, e.a) as to_at
    where (a.usage_point_id, a.meter_id, a.valid_from, a.ct_numerator, a.ct_denominator,
        a.pt_numerator, a.pt_denominator)
      = (b.usage_point_id, b.meter_id, b.valid_from, b.ct_numerator, b.ct_denominator,
        b.pt_numerator, b.pt_denominator) and e.b <> e.a
    union all
    select u.usage_point_id, least(a.valid_from, b.valid_from), greatest(e.b, e.a)
    from (values (a.usage_point_id), (b.usage_point_id)) as u (usage_point_id)
    where (a.usage_point_id, a.meter_id, a.valid_from, a.ct_numerator, a.ct_denominator,
        a.pt_numerator, a.pt_denominator)
      <> (b.usage_point_id, b.meter_id, b.valid_from, b.ct_numerator, b.ct_denominator,
        b.pt_numerator, b.pt_denominator)) s;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.usage_dirty_of_ends()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select distinct i.usage_point_id, t.at, t.at
  from changed c join installation i on i.id = c.installation_id
  cross join lateral (values (i.valid_from), (i.valid_to)) as t (at)
  where t.at is not null;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.usage_dirty_of_installations()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select c.usage_point_id, c.valid_from, coalesce(c.valid_to, 'infinity') from changed c;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.usage_dirty_of_plates()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into usage_dirty_span (usage_point_id, from_at, to_at)
  select i.usage_point_id, i.valid_from, coalesce(i.valid_to, 'infinity')
  from before b join after a on a.id = b.id join installation i on i.meter_id = a.id
  where (a.register_digits, a.nominal_voltage, a.max_current, a.wiring)
    is distinct from (b.register_digits, b.nominal_voltage, b.max_current, b.wiring);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.usage_exact(points integer[], register text, starts timestamp with time zone, stops timestamp with time zone)
 RETURNS TABLE(usage_point_id integer, energy bigint, from_quality smallint, to_quality smallint)
 LANGUAGE plpgsql
 STABLE ROWS 10000
 SET jit TO 'off'
AS $function$
#variable_conflict use_column
declare
  near constant interval := interval '1 hour';
  ms constant numeric := (extract(epoch from usage_exact.stops - usage_exact.starts) * 1000)::bigint;
  meters int[];
begin
  select array_agg(distinct i.meter_id) into meters from installation i
  where i.usage_point_id = any(usage_exact.points)
    and i.valid_from < usage_exact.stops
    and (i.valid_to is null or i.valid_to > usage_exact.starts);
  return query
  with known as (
    select p.meter_id, p.measured_at, p.micro, p.quality,
      lag(p.micro) over (partition by p.meter_id order by p.measured_at) as before
    from (
      select * from register_points(meters, usage_exact.register, usage_exact.starts - near,
        usage_exact.starts + near)
      union all
      select * from register_points(meters, usage_exact.register, usage_exact.stops - near,
        usage_exact.stops + near)) p),
  ends as (
    select k.meter_id,
      max(k.micro) filter (where k.measured_at = usage_exact.starts) as from_micro,
      max(k.quality) filter (where k.measured_at = usage_exact.starts) as from_quality,
      max(k.micro) filter (where k.measured_at = usage_exact.stops) as to_micro,
      max(k.quality) filter (where k.measured_at = usage_exact.stops) as to_quality
    from known k
    group by k.meter_id
    having bool_and(k.before is null or k.before <= k.micro))
  select i.usage_point_id,
    primary_energy(e.to_micro, i.numerator, i.denominator)
      - primary_energy(e.from_micro, i.numerator, i.denominator),
    e.from_quality, e.to_quality
  from ends e
  -- One by one through the index, however few the planner expects: never all against all.
  cross join lateral (
    select m.* from metered_installation m
    where m.meter_id = e.meter_id and m.usage_point_id = any(usage_exact.points)
      and m.valid_from <= usage_exact.starts - near and m.valid_to >= usage_exact.stops + near
    offset 0) i
  where e.from_quality in (1, 3) and e.to_quality in (1, 3)
    and energy_is_possible(e.to_micro - e.from_micro, usage_exact.stops - usage_exact.starts,
      i.per_hour)
    and (i.width is null or i.width > i.per_hour * ms / 3600000);
end $function$
;

CREATE OR REPLACE FUNCTION public.usage_group_point(of_group integer, at timestamp with time zone)
 RETURNS TABLE(usage_point_id integer)
 LANGUAGE sql
 STABLE ROWS 10000
AS $function$
  select m.usage_point_id from usage_group_member m
  where m.group_id = of_group and m.valid_from <= at and (m.valid_to is null or m.valid_to > at)
  union
  select l.usage_point_id from usage_group_rule r, usage_points_like(r.filter, at) l
  where r.group_id = of_group and r.valid_from <= at and (r.valid_to is null or r.valid_to > at)
$function$
;

CREATE OR REPLACE FUNCTION public.usage_interval(points integer[], register text, from_at timestamp with time zone, to_at timestamp with time zone)
 RETURNS TABLE(usage_point_id integer, ends_at timestamp with time zone, energy bigint, quality smallint)
 LANGUAGE plpgsql
 STABLE ROWS 100000
 SET jit TO 'off'
AS $function$
#variable_conflict use_column
declare
  quarter constant interval := interval '15 minutes';
  -- A boundary may be interpolated between readings that are no further apart.
  apart constant interval := interval '1 hour';
  margin constant interval := interval '2 hours';
  meters int[];
begin
  if usage_interval.points is not null then
    select coalesce(array_agg(distinct i.meter_id), '{}') into meters from installation i
    where i.usage_point_id = any(usage_interval.points);
  end if;
  return query
  with installed as materialized (
    select i.* from metered_installation i
    where (usage_interval.points is null or i.usage_point_id = any(usage_interval.points))
      and i.valid_from < usage_interval.to_at and i.valid_to > usage_interval.from_at),
  read as (
    select s.id, s.usage_point_id, s.numerator, s.denominator, s.per_hour, s.stays_from, s.stays_to,
      s.valid_from <= usage_interval.from_at - margin
        and s.valid_to >= usage_interval.to_at + margin as throughout,
      r.measured_at as at, r.micro, r.scale, r.quality, lag(r.measured_at) over w as before_at,
      lag(r.micro) over w as before_micro, lag(r.quality) over w as before_quality
    from register_points(meters, usage_interval.register, usage_interval.from_at - margin,
      usage_interval.to_at + margin) r
    join installed s on s.meter_id = r.meter_id
    window w as (partition by s.id order by r.measured_at)),
  -- The usual case: one installation over the whole time, read at quarters of an hour, never
  -- falling, and no more than can have flown. Told by windows: no join has to be estimated.
  marked as materialized (
    select r.*, bool_and(r.throughout and r.at = date_bin(quarter, r.at, 'epoch')
      and (r.before_at is null or r.micro >= r.before_micro
        and (r.at - r.before_at > apart
          or r.at - r.before_at = quarter and r.micro - r.before_micro - 1000000 <= r.per_hour / 4)))
      over (partition by r.id) as plain
    from read r),
  span as materialized (
    select i.* from installed i
    where i.id not in (select distinct m.id from marked m where m.plain)),
  ends as materialized (
    select e.installation_id as id, e.at, e.micro, e.scale
    from installation_ends e join span s on s.id = e.installation_id
    where e.register = usage_interval.register),
  -- What counts for each other installation: what was written down at its ends before what was
  -- read.
  own as (
    select m.id, m.at, m.micro, m.scale, m.quality
    from marked m
    where not m.plain and m.at >= m.stays_from and m.at <= m.stays_to
      and not exists (select from ends e where e.id = m.id and e.at = m.at)
    union all
    select e.id, e.at, e.micro, e.scale, 1::smallint from ends e
    where e.at between usage_interval.from_at - margin and usage_interval.to_at + margin),
  -- Next to a value with other decimals one may seem to be a little less than its predecessor.
  evened as (
    select o.id, o.at, o.quality,
      case when p.micro > o.micro and p.scale <> o.scale and o.at - p.at <= apart
        and p.micro - o.micro < 10::numeric ^ (6 - least(p.scale, o.scale))
        then p.micro else o.micro end as micro
    from (select o.*, lag(o.at) over w as before_at, lag(o.micro) over w as before_micro,
        lag(o.scale) over w as before_scale
      from own o window w as (partition by o.id order by o.at)) o
    cross join lateral (values (o.before_at, o.before_micro, o.before_scale))
      as p (at, micro, scale)),
  stepped as (
    select e.*, lag(e.at) over w as p_at, lag(e.micro) over w as p_micro,
      lag(e.quality) over w as p_quality
    from evened e window w as (partition by e.id order by e.at)),
  -- What stands out from its neighbours of an hour: a peak that falls back, or a dip that recovers.
  odd as (
    select o.id, o.at from (
      select e.id, e.at, e.micro,
        min(e.micro) over b as least_before, max(e.micro) over b as most_before,
        min(e.micro) over a as least_after, max(e.micro) over a as most_after
      from evened e
      where e.id in (select s.id from stepped s where s.micro < s.p_micro)
      window b as (partition by e.id order by e.at
          range between interval '1 hour' preceding and current row exclude current row),
        a as (partition by e.id order by e.at
          range between current row and interval '1 hour' following exclude current row)) o
    where (o.least_before <= o.least_after and o.least_after < o.micro)
      or (o.micro < o.most_before and o.most_before <= o.most_after)),
  judged as (
    select s.id, s.at, s.micro, s.quality, s.p_at, s.p_micro, s.p_quality, s.odd,
      -- A fall is a roll-over where the way around is short enough for the time.
      s.micro < s.p_micro and not s.odd and not s.p_odd and i.width is not null
        and energy_is_possible(s.micro + i.width - s.p_micro, s.at - s.p_at, i.per_hour) as rolled,
      s.odd or s.p_odd or s.micro < s.p_micro as broken,
      i.width
    from (
      select s.*, o.at is not null as odd,
        coalesce(lag(o.at is not null) over (partition by s.id order by s.at), false) as p_odd
      from stepped s left join odd o on o.id = s.id and o.at = s.at) s
    join span i on i.id = s.id),
  counted as (
    select j.*, sum(case when j.rolled then 1 else 0 end)
      over (partition by j.id order by j.at) as rolls
    from judged j),
  -- The register at every quarter and at the ends of installations.
  boundary as (
    select c.id, c.at, c.micro, c.quality, c.rolls, c.odd as bad, c.at as first_at, c.at as last_at
    from counted c join span i on i.id = c.id
    where c.at = date_bin(quarter, c.at, 'epoch') or c.at in (i.valid_from, i.valid_to)
    union all
    select c.id, g.at, m.micro - case when m.past then c.width else 0 end,
      worse_quality(2::smallint, worse_quality(c.quality, c.p_quality)),
      c.rolls - case when c.rolled and not m.past then 1 else 0 end,
      c.broken and not coalesce(c.rolled, false), c.p_at, c.at
    from counted c
    join span i on i.id = c.id
    cross join lateral (
      select t.at from generate_series(date_bin(quarter, c.p_at, 'epoch') + quarter,
        c.at - interval '1 microsecond', quarter) as t (at)
      union select t.at from (values (i.valid_from), (i.valid_to)) as t (at)
        where t.at > c.p_at and t.at < c.at) g
    cross join lateral (
      select c.p_micro + div(
        (c.micro + case when c.rolled then c.width else 0 end - c.p_micro)::numeric
          * (extract(epoch from g.at - c.p_at) * 1000)::bigint,
        (extract(epoch from c.at - c.p_at) * 1000)::bigint)::bigint as micro) v
    cross join lateral (
      select v.micro, coalesce(c.rolled and v.micro >= c.width, false) as past) m
    where c.at - c.p_at <= apart and c.at > c.p_at),
  step as (
    select b.id, i.usage_point_id, i.meter_id,
      date_bin(quarter, b.at - interval '1 microsecond', 'epoch') + quarter as ends_at,
      primary_energy(b.micro, i.numerator, i.denominator)
        - primary_energy(b.before_micro, i.numerator, i.denominator)
        + case when b.rolls = b.before_rolls then 0
          else (b.rolls - b.before_rolls)::bigint
            * primary_energy(i.width, i.numerator, i.denominator) end as energy,
      worse_quality(b.quality, b.before_quality) as quality,
      b.bad or b.before_bad
        or b.micro < b.before_micro and b.rolls = b.before_rolls as fallen,
      energy_is_possible(b.micro - b.before_micro
          + case when b.rolls = b.before_rolls then 0 else (b.rolls - b.before_rolls)::bigint * i.width end,
        b.at - b.before_at, i.per_hour) as possible,
      array[b.before_first_at, b.before_last_at, b.first_at, b.last_at] as rests_on
    from (
      select b.*, lag(b.at) over w as before_at, lag(b.micro) over w as before_micro,
        lag(b.quality) over w as before_quality, lag(b.rolls) over w as before_rolls,
        lag(b.bad) over w as before_bad, lag(b.first_at) over w as before_first_at,
        lag(b.last_at) over w as before_last_at
      from boundary b window w as (partition by b.id order by b.at)) b
    join span i on i.id = b.id
    where b.before_at >= date_bin(quarter, b.at - interval '1 microsecond', 'epoch')
      and b.at > usage_interval.from_at and b.at <= usage_interval.to_at
      and b.before_at >= i.valid_from and b.at <= i.valid_to),
  -- Where more came than can have flown, values are compared with those of a day and a bit: a dip
  -- of hours recovers with a leap.
  leapt as materialized (
    select s.id, s.meter_id, min(s.rests_on[1]) as first_at, max(s.rests_on[4]) as last_at
    from step s where not s.possible and not s.fallen group by s.id, s.meter_id),
  wide as (
    select l.id, r.measured_at as at, r.micro, r.scale
    from (select array_agg(distinct meter_id) as meters, min(first_at) as first_at,
        max(last_at) as last_at from leapt having count(*) > 0) d
    cross join lateral register_points(d.meters, usage_interval.register,
      d.first_at - interval '28 hours', d.last_at + interval '28 hours') r
    join leapt l on l.meter_id = r.meter_id
    join span i on i.id = l.id and r.measured_at >= i.stays_from and r.measured_at <= i.stays_to
    where not exists (select from ends e where e.id = l.id and e.at = r.measured_at)
    union all
    select e.id, e.at, e.micro, e.scale from ends e where e.id in (select l.id from leapt l)),
  widely_odd as materialized (
    select o.id, o.at from (
      select e.id, e.at, e.micro,
        min(e.micro) over b as least_before, max(e.micro) over b as most_before,
        min(e.micro) over a as least_after, max(e.micro) over a as most_after
      from (
        select w.id, w.at,
          case when w.p_micro > w.micro and w.p_scale <> w.scale and w.at - w.p_at <= apart
            and w.p_micro - w.micro < 10::numeric ^ (6 - least(w.p_scale, w.scale))
            then w.p_micro else w.micro end as micro
        from (select w.*, lag(w.at) over v as p_at, lag(w.micro) over v as p_micro,
            lag(w.scale) over v as p_scale
          from wide w window v as (partition by w.id order by w.at)) w) e
      window b as (partition by e.id order by e.at
          range between interval '26 hours' preceding and current row exclude current row),
        a as (partition by e.id order by e.at
          range between current row and interval '26 hours' following exclude current row)) o
    where (o.least_before <= o.least_after and o.least_after < o.micro)
      or (o.micro < o.most_before and o.most_before <= o.most_after)),
  part as (
    select s.usage_point_id, s.ends_at, s.energy, s.quality,
      s.fallen or not s.possible and exists (
        select from widely_odd o where o.id = s.id and o.at = any(s.rests_on)) as fallen
    from step s),
  -- Quarters in which something was put up or taken down have a part of each installation.
  shared as (
    select q.usage_point_id, q.ends_at, count(*) as parts
    from (
      select distinct s.usage_point_id, date_bin(quarter, t.at, 'epoch') + quarter as ends_at
      from span s cross join lateral (values (s.valid_from), (s.valid_to)) as t (at)
      where isfinite(t.at) and t.at <> date_bin(quarter, t.at, 'epoch')
        and t.at between usage_interval.from_at and usage_interval.to_at) q
    join span s on s.usage_point_id = q.usage_point_id
      and s.valid_from < q.ends_at and s.valid_to > q.ends_at - quarter
    group by q.usage_point_id, q.ends_at)
  select m.usage_point_id, m.at,
    primary_energy(m.micro, m.numerator, m.denominator)
      - primary_energy(m.before_micro, m.numerator, m.denominator),
    worse_quality(m.quality, m.before_quality)
  from marked m
  where m.plain and m.at - m.before_at = quarter
    and m.before_at >= usage_interval.from_at and m.at <= usage_interval.to_at
  union all
  select p.usage_point_id, p.ends_at, sum(p.energy)::bigint,
    case when count(*) < coalesce(min(s.parts), 1)
        or bool_or(p.quality = 4) then 4 else max(p.quality) end::smallint
  from part p left join shared s
    on s.usage_point_id = p.usage_point_id and s.ends_at = p.ends_at
  where p.ends_at <= usage_interval.to_at
    and p.ends_at - quarter >= usage_interval.from_at
  group by p.usage_point_id, p.ends_at
  having not bool_or(p.fallen);
end $function$
;

CREATE OR REPLACE FUNCTION public.usage_points_like(filter jsonb, at timestamp with time zone)
 RETURNS TABLE(usage_point_id integer)
 LANGUAGE plpgsql
 STABLE ROWS 10000
AS $function$
declare
  kind text; word text; condition text;
  places text[] := '{}'; holders text[] := '{}'; points text[] := '{}';
  held constant text := '%1$s.valid_from <= $2 and (%1$s.valid_to is null or %1$s.valid_to > $2)';
begin
  foreach kind in array array['region', 'substation', 'bus', 'feeder', 'area'] loop
    if filter ? kind then
      places := places || format('w.node_id = any(array(
        with recursive below (id) as (
          select n.id from grid_node n where n.kind = %1$L
            and n.code in (select jsonb_array_elements_text($1 -> %1$L))
          union
          select l.node_id from below b join grid_link l on l.parent_id = b.id and %2$s)
        select id from below))', kind, format(held, 'l'));
    end if;
  end loop;
  foreach word in array array['role', 'phase'] loop
    if filter ? word then
      places := places || format('w.%1$I in (select jsonb_array_elements_text($1 -> %1$L))', word);
    end if;
  end loop;
  foreach word in array array['trade', 'tariff'] loop
    if filter ? word then
      holders := holders || format('c.%1$I in (select jsonb_array_elements_text($1 -> %1$L))', word);
    end if;
  end loop;
  if filter ? 'capacity_min' then
    holders := holders || 'c.capacity_kva >= ($1 ->> ''capacity_min'')::numeric'::text;
  end if;
  if filter ? 'capacity_max' then
    holders := holders || 'c.capacity_kva < ($1 ->> ''capacity_max'')::numeric'::text;
  end if;
  if places <> '{}' then
    points := points || format('p.id in (select w.usage_point_id from usage_point_place w
      where %s and %s)', format(held, 'w'), array_to_string(places, ' and '));
  end if;
  if holders <> '{}' then
    points := points || format('p.id in (select h.usage_point_id from account_usage_point h
      join contract c on c.account_id = h.account_id and %s where %s and %s)',
      format(held, 'c'), format(held, 'h'), array_to_string(holders, ' and '));
  end if;
  if filter ? 'class' then
    points := points || format('p.id in (select h.usage_point_id from account_usage_point h
      join account a on a.id = h.account_id join customer c on c.id = a.customer_id
      where %s and c.class in (select jsonb_array_elements_text($1 -> ''class'')))',
      format(held, 'h'));
  end if;
  -- A filter that names nothing known finds nothing, never everything.
  condition := case when points = '{}' then 'false' else array_to_string(points, ' and ') end;
  return query execute 'select p.id from usage_point p where ' || condition using filter, at;
end $function$
;

CREATE OR REPLACE FUNCTION public.validation_day_listed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into validation_day (business_date, meter_id, due_at)
  select business_date, meter_id, '-infinity' from listed order by meter_id, business_date
  on conflict (business_date, meter_id) do update set due_at = '-infinity'
    where validation_day.due_at <> '-infinity';
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.validation_day_of_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into validation_day (business_date, meter_id, due_at)
  select distinct d::date, e.meter_id, '-infinity'::timestamptz
  from told e, generate_series(
    ((e.at - interval '17 hours') at time zone 'UTC')::date,
    ((e.at + interval '17 hours') at time zone 'UTC')::date, interval '1 day') d
  where e.meter_id is not null and exists (
    select from validation_rule r where r.code = 'event' and r.act <> 'off' and r.valid_to is null
      and r.parameters -> 'codes' ? e.code)
  order by 1, 2
  on conflict (business_date, meter_id) do update set due_at = '-infinity'
    where validation_day.due_at <> '-infinity';
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.work_case_history_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $function$
;

CREATE OR REPLACE FUNCTION public.worse_quality(a smallint, b smallint)
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when a = 4 or b = 4 then 4::smallint else greatest(a, b) end
$function$
;

CREATE TRIGGER statistics_account AFTER UPDATE ON public.account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_account_changed();

CREATE TRIGGER account_usage_point_inserted AFTER INSERT ON public.account_usage_point REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('usage_point_id', 'account_usage_point_one_at_a_time');

CREATE TRIGGER account_usage_point_updated AFTER UPDATE ON public.account_usage_point REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('usage_point_id', 'account_usage_point_one_at_a_time');

CREATE TRIGGER statistics_deleted AFTER DELETE ON public.account_usage_point REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER statistics_inserted AFTER INSERT ON public.account_usage_point REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER statistics_updated AFTER UPDATE ON public.account_usage_point REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER audit_record_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_record FOR EACH STATEMENT EXECUTE FUNCTION audit_record_is_append_only();

CREATE TRIGGER contract_inserted AFTER INSERT ON public.contract REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('account_id', 'contract_one_at_a_time');

CREATE TRIGGER contract_updated AFTER UPDATE ON public.contract REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('account_id', 'contract_one_at_a_time');

CREATE TRIGGER statistics_deleted AFTER DELETE ON public.contract REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_contract_changed();

CREATE TRIGGER statistics_inserted AFTER INSERT ON public.contract REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_contract_changed();

CREATE TRIGGER statistics_updated AFTER UPDATE ON public.contract REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_contract_changed();

CREATE TRIGGER statistics_customer AFTER UPDATE ON public.customer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_customer_changed();

CREATE TRIGGER anomaly_event_told AFTER INSERT ON public.device_event REFERENCING NEW TABLE AS told FOR EACH STATEMENT EXECUTE FUNCTION anomaly_due_of_events();

CREATE TRIGGER device_event_told AFTER INSERT ON public.device_event REFERENCING NEW TABLE AS told FOR EACH STATEMENT EXECUTE FUNCTION validation_day_of_events();

CREATE TRIGGER statistics_meter_day_listed AFTER INSERT ON public.energy_dirty REFERENCING NEW TABLE AS listed FOR EACH STATEMENT EXECUTE FUNCTION statistics_meter_day_listed();

CREATE TRIGGER validation_day_listed AFTER INSERT ON public.energy_dirty REFERENCING NEW TABLE AS listed FOR EACH STATEMENT EXECUTE FUNCTION validation_day_listed();

CREATE TRIGGER feeder_node BEFORE INSERT ON public.feeder FOR EACH ROW EXECUTE FUNCTION grid_node_of_row('feeder');

CREATE TRIGGER field_order_event_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.field_order_event FOR EACH STATEMENT EXECUTE FUNCTION field_order_event_is_append_only();

CREATE TRIGGER firmware_event_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.firmware_event FOR EACH STATEMENT EXECUTE FUNCTION field_order_event_is_append_only();

CREATE TRIGGER gate_act_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.gate_act FOR EACH STATEMENT EXECUTE FUNCTION gate_is_append_only();

CREATE TRIGGER gate_journal_go BEFORE DELETE ON public.gate_journal FOR EACH ROW EXECUTE FUNCTION gate_journal_may_go();

CREATE TRIGGER gate_journal_keep BEFORE UPDATE OR TRUNCATE ON public.gate_journal FOR EACH STATEMENT EXECUTE FUNCTION gate_is_append_only();

CREATE TRIGGER gate_journal_block_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.gate_journal_block FOR EACH STATEMENT EXECUTE FUNCTION gate_is_append_only();

CREATE TRIGGER gate_permit_use_go BEFORE DELETE ON public.gate_permit_use FOR EACH ROW EXECUTE FUNCTION gate_permit_use_may_go();

CREATE TRIGGER gate_permit_use_keep BEFORE UPDATE OR TRUNCATE ON public.gate_permit_use FOR EACH STATEMENT EXECUTE FUNCTION gate_is_append_only();

CREATE TRIGGER grid_link_came AFTER INSERT ON public.grid_link REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION note_grid_change();

CREATE TRIGGER grid_link_changed AFTER UPDATE ON public.grid_link REFERENCING OLD TABLE AS gone NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION note_grid_change();

CREATE TRIGGER grid_link_gone AFTER DELETE ON public.grid_link REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_grid_change();

CREATE TRIGGER grid_link_upward BEFORE INSERT OR UPDATE ON public.grid_link FOR EACH ROW EXECUTE FUNCTION grid_link_upward();

CREATE TRIGGER statistics_deleted AFTER DELETE ON public.grid_link REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_link_changed();

CREATE TRIGGER statistics_inserted AFTER INSERT ON public.grid_link REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_link_changed();

CREATE TRIGGER statistics_updated AFTER UPDATE ON public.grid_link REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_link_changed();

CREATE TRIGGER loss_changed AFTER UPDATE ON public.grid_node REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER installation_began AFTER INSERT ON public.installation REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_installations();

CREATE TRIGGER installation_inserted AFTER INSERT ON public.installation REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_installation_overlaps();

CREATE TRIGGER installation_moved AFTER UPDATE ON public.installation REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_changed_installations();

CREATE TRIGGER installation_updated AFTER UPDATE ON public.installation REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_installation_overlaps();

CREATE TRIGGER installation_went AFTER DELETE ON public.installation REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_installations();

CREATE TRIGGER loss_came AFTER INSERT ON public.installation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_changed AFTER UPDATE ON public.installation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_gone AFTER DELETE ON public.installation REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER statistics_deleted AFTER DELETE ON public.installation REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER statistics_inserted AFTER INSERT ON public.installation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER statistics_updated AFTER UPDATE ON public.installation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER installation_register_deleted AFTER DELETE ON public.installation_register REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_ends();

CREATE TRIGGER installation_register_inserted AFTER INSERT ON public.installation_register REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_ends();

CREATE TRIGGER installation_register_updated AFTER UPDATE ON public.installation_register REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_ends();

CREATE TRIGGER loss_came AFTER INSERT ON public.installation_register REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_changed AFTER UPDATE ON public.installation_register REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_gone AFTER DELETE ON public.installation_register REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER message_event_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.message_event FOR EACH STATEMENT EXECUTE FUNCTION message_event_is_append_only();

CREATE TRIGGER meter_plate_changed AFTER UPDATE ON public.meter REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION usage_dirty_of_plates();

CREATE TRIGGER loss_came AFTER INSERT ON public.power_transformer REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_changed AFTER UPDATE ON public.power_transformer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_gone AFTER DELETE ON public.power_transformer REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER register_value_deleted AFTER DELETE ON public.register_value REFERENCING OLD TABLE AS words FOR EACH STATEMENT EXECUTE FUNCTION energy_dirty_of_words();

CREATE TRIGGER register_value_inserted AFTER INSERT ON public.register_value REFERENCING NEW TABLE AS words FOR EACH STATEMENT EXECUTE FUNCTION energy_dirty_of_words();

CREATE TRIGGER register_value_updated AFTER UPDATE ON public.register_value REFERENCING NEW TABLE AS words FOR EACH STATEMENT EXECUTE FUNCTION energy_dirty_of_words();

CREATE TRIGGER register_verdict_deleted AFTER DELETE ON public.register_verdict REFERENCING OLD TABLE AS words FOR EACH STATEMENT EXECUTE FUNCTION energy_dirty_of_words();

CREATE TRIGGER register_verdict_inserted AFTER INSERT ON public.register_verdict REFERENCING NEW TABLE AS words FOR EACH STATEMENT EXECUTE FUNCTION energy_dirty_of_words();

CREATE TRIGGER register_verdict_updated AFTER UPDATE ON public.register_verdict REFERENCING NEW TABLE AS words FOR EACH STATEMENT EXECUTE FUNCTION energy_dirty_of_words();

CREATE TRIGGER transformer_node BEFORE INSERT ON public.transformer FOR EACH ROW EXECUTE FUNCTION grid_node_of_row('area');

CREATE TRIGGER anomaly_day_looked_at AFTER DELETE ON public.usage_dirty REFERENCING OLD TABLE AS looked FOR EACH STATEMENT EXECUTE FUNCTION anomaly_due_of_looks();

CREATE TRIGGER usage_group_member_inserted AFTER INSERT ON public.usage_group_member REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('group_id', 'usage_point_id', 'usage_group_member_once');

CREATE TRIGGER usage_group_member_updated AFTER UPDATE ON public.usage_group_member REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('group_id', 'usage_point_id', 'usage_group_member_once');

CREATE TRIGGER loss_month_came AFTER INSERT ON public.usage_month REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION loss_month_energy_changed();

CREATE TRIGGER loss_month_changed AFTER UPDATE ON public.usage_month REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION loss_month_energy_changed();

CREATE TRIGGER loss_month_gone AFTER DELETE ON public.usage_month REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION loss_month_energy_changed();

CREATE TRIGGER statistics_made AFTER INSERT ON public.usage_point REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_made();

CREATE TRIGGER loss_came AFTER INSERT ON public.usage_point_place REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_changed AFTER UPDATE ON public.usage_point_place REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER loss_gone AFTER DELETE ON public.usage_point_place REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION loss_archive_changed();

CREATE TRIGGER statistics_deleted AFTER DELETE ON public.usage_point_place REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER statistics_inserted AFTER INSERT ON public.usage_point_place REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER statistics_updated AFTER UPDATE ON public.usage_point_place REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION statistics_point_changed();

CREATE TRIGGER usage_point_place_came AFTER INSERT ON public.usage_point_place REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION note_grid_change();

CREATE TRIGGER usage_point_place_changed AFTER UPDATE ON public.usage_point_place REFERENCING OLD TABLE AS gone NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION note_grid_change();

CREATE TRIGGER usage_point_place_gone AFTER DELETE ON public.usage_point_place REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_grid_change();

CREATE TRIGGER usage_point_place_inserted AFTER INSERT ON public.usage_point_place REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('usage_point_id', 'node_id', 'usage_point_place_once_a_node');

CREATE TRIGGER usage_point_place_updated AFTER UPDATE ON public.usage_point_place REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlaps('usage_point_id', 'node_id', 'usage_point_place_once_a_node');

CREATE TRIGGER anomaly_finding_decided AFTER UPDATE ON public.validation_finding REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION anomaly_due_of_decisions();

CREATE TRIGGER anomaly_finding_made AFTER INSERT ON public.validation_finding REFERENCING NEW TABLE AS found FOR EACH STATEMENT EXECUTE FUNCTION anomaly_due_of_findings();

CREATE TRIGGER work_case_history_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON public.work_case_history FOR EACH STATEMENT EXECUTE FUNCTION work_case_history_is_append_only();
