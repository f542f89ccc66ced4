-- Who made a device (厂家), and since when a terminal serves. Owner: src/registry.
alter table meter add column maker text check (maker <> '');
alter table concentrator
  add column maker text check (maker <> ''),
  -- Nobody expects it to have been online before; null of those that were there already.
  add column in_service_since timestamptz;
alter table concentrator alter column in_service_since set default now();
