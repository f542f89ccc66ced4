-- Who made a device (厂家), and since when a terminal serves. Owner: src/registry.
alter table meter add column maker text check (maker <> '');
alter table concentrator
  add column maker text check (maker <> ''),
  -- Nobody expects it to have been online before.
  add column in_service_since timestamptz;
