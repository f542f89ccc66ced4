-- Who may change the archive alone. One row. Owner: src/registry.
create table archive_policy (
  only_row boolean primary key default true check (only_row),
  -- Files: `second-person` lets a file that changes more rows than `above_rows` only be proposed,
  -- and applied by somebody else than who proposed it.
  approval text not null default 'none' check (approval in ('none', 'second-person')),
  above_rows int not null default 0 check (above_rows >= 0),
  -- What the head-end itself proposes (area and phase of a usage point): one person, or one who
  -- asks for it and another who agrees.
  proposals text not null default 'none' check (proposals in ('none', 'second-person')),
  set_by text,
  set_at timestamptz,
  check ((set_by is null) = (set_at is null))
);
insert into archive_policy default values;

-- Who asked for what was proposed to be adopted, and since when it is to be so.
alter table place_proposal
  add column asked_by text,
  add column asked_at timestamptz,
  add column asked_since timestamptz,
  add check ((asked_by is null) = (asked_at is null));
