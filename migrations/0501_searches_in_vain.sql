-- Owner: src/diagnosis.

-- Whole searches in a row that found nobody: an answer may be lost, two are seldom.
alter table bus_search add column in_vain smallint not null default 0;
