-- Terminals of 376.1 tell present values with the minute they are of. At a full quarter of an hour
-- such a value would take the place of the point of the curve, so they are asked between two.
update poll_plan set offset_seconds = 420 where name = '376.1 present values' and offset_seconds = 0;
