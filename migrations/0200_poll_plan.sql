-- Poll plans (采集任务): what is read of which meters, how often. Owner: src/acquisition.
CREATE TABLE poll_plan (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  protocol text NOT NULL,
  data_class text NOT NULL CHECK (data_class IN ('current', 'interval', 'daily', 'monthly')),
  -- Register-model codes or the protocol's own ids, in the order they are asked for.
  items text[] NOT NULL CHECK (cardinality(items) BETWEEN 1 AND 200),
  -- Slots count from civil midnight plus the offset; a cycle of a day or more is one slot a day.
  cycle_seconds integer NOT NULL CHECK (cycle_seconds BETWEEN 1 AND 2678400),
  offset_seconds integer NOT NULL DEFAULT 0 CHECK (offset_seconds BETWEEN 0 AND 86399),
  -- Lower goes first.
  priority smallint NOT NULL DEFAULT 50,
  enabled boolean NOT NULL DEFAULT true
);

INSERT INTO poll_plan (name, protocol, data_class, items, cycle_seconds, offset_seconds, priority)
VALUES
  ('DL/T 645 present values', 'dlt645-2007', 'current',
   ARRAY['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0', '16.7.0',
         '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0', '13.7.0'],
   900, 0, 20),
  ('DL/T 645 daily freeze', 'dlt645-2007', 'daily',
   ARRAY['05060001', '05060101', '05060201', '05060002', '05060102', '05060202',
         '05060003', '05060103', '05060203'], 86400, 1800, 30),
  -- An hour of 15-minute registers each time: a lost read heals itself at the next.
  ('DL/T 645 load profile', 'dlt645-2007', 'interval', ARRAY['06040002:4'], 900, 120, 10),
  ('Modbus present values', 'modbus', 'current',
   ARRAY['1.8.0', '2.8.0', '16.7.0', '32.7.0', '52.7.0', '72.7.0',
         '31.7.0', '51.7.0', '71.7.0', '13.7.0', '14.7.0'],
   900, 0, 20);
