-- A meter that was taken away stays in the archive with its readings and is asked no more; another
-- one may have its address then (the metering point of a terminal, or the same meter elsewhere).
alter table meter add column retired_at timestamptz;
alter table meter drop constraint meter_channel_id_protocol_address_key;
create unique index meter_on_channel on meter (channel_id, protocol, address)
  where retired_at is null;
drop index meter_address;
create unique index meter_address on meter (protocol, address)
  where protocol in ('dlt645-2007', 'dlt645-1997', 'gdw376', 'dlt698') and retired_at is null;
