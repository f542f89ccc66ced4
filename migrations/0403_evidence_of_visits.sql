-- What a visit brought, on its first frame: a value that fills a row which an earlier visit made is
-- found by its own visit. Moments that the meter told; null where all are of the answer itself.
-- Owner: src/evidence.
alter table frame_evidence add column measured_from timestamptz;
alter table frame_evidence add column measured_to timestamptz;
alter table frame_evidence add column items text[];
