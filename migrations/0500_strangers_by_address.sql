-- A silent meter may be heard on another line than its own: looked up by its address.
create index bus_stranger_address on bus_stranger (address);
