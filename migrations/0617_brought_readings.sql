-- Files of handhelds (掌机) differ by maker: which heading stands for what is data.
create table validation_file_format (
  name text primary key check (name <> ''),
  -- Of address, register, value, at: the heading in the file. Without register it is 1.8.0.
  headings jsonb not null check (jsonb_typeof(headings) = 'object'
    and headings ?& array['address', 'value', 'at']),
  delimiter text not null default ',' check (length(delimiter) = 1),
  changed_by text not null,
  changed_at timestamptz not null
);
insert into validation_file_format (name, headings, changed_by, changed_at) values
  ('standard', '{"address": "address", "register": "register", "value": "value", "at": "at"}',
    'installation', '2000-01-01T00:00Z'),
  ('handheld-zh', '{"address": "表号", "register": "数据项", "value": "示数", "at": "抄表时间"}',
    'installation', '2000-01-01T00:00Z');

-- Readings that people bring, by who and when: what share of all is brought is a figure.
create index register_value_brought on register_value (made_at)
  where kind in ('handheld', 'self', 'manual');
