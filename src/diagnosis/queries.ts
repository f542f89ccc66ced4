import type { BusinessDate, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'
import type { Cause } from './causes.ts'
import type { TalkCount } from './talks.ts'

/** Adds what was counted; in the order of meters, so that two who write do not wait for each other. */
export async function addTalks(db: Db, counts: readonly TalkCount[]): Promise<void> {
  const rows = counts.toSorted((one, other) => one.meterId - other.meterId)
  await db.query(
    `insert into meter_talk as t (business_date, meter_id, visits, heard, silent, damaged, clashed,
       mismatched, refused, denied)
     select u.* from unnest($1::date[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[],
         $7::int[], $8::int[], $9::int[], $10::int[])
       as u (date, meter_id, visits, heard, silent, damaged, clashed, mismatched, refused, denied)
     where exists (select from meter where id = u.meter_id)
     on conflict (business_date, meter_id) do update set
       visits = t.visits + excluded.visits, heard = t.heard + excluded.heard,
       silent = t.silent + excluded.silent, damaged = t.damaged + excluded.damaged,
       clashed = t.clashed + excluded.clashed, mismatched = t.mismatched + excluded.mismatched,
       refused = t.refused + excluded.refused, denied = t.denied + excluded.denied`,
    [
      rows.map(({ date }) => date),
      rows.map(({ meterId }) => meterId),
      rows.map(({ visits }) => visits),
      rows.map(({ heard }) => heard),
      rows.map(({ silent }) => silent),
      rows.map(({ damaged }) => damaged),
      rows.map(({ clashed }) => clashed),
      rows.map(({ mismatched }) => mismatched),
      rows.map(({ refused }) => refused),
      rows.map(({ denied }) => denied),
    ],
  )
}

export async function insertOutage(db: Db, began: Instant, ended: Instant): Promise<void> {
  await db.query(
    `insert into database_outage (began_at, ended_at)
     values (to_timestamp($1::float8 / 1000), to_timestamp($2::float8 / 1000))
     on conflict (began_at) do update set ended_at = excluded.ended_at`,
    [began, ended],
  )
}

export interface DiagnosisRow {
  readonly meterId: MeterId
  readonly cause: Cause
  readonly rule: string
  readonly confidence: number
  readonly missing: number
  readonly evidence: Readonly<Record<string, unknown>>
}

/** Writes what changed; what was found first keeps its time as long as the cause is the same. */
export async function upsertDiagnoses(
  db: Db,
  date: BusinessDate,
  rows: readonly DiagnosisRow[],
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into meter_diagnosis as d (business_date, meter_id, cause, rule, confidence,
       missing_slots, evidence, first_found_at, found_at)
     select $1::date, u.meter_id, u.cause, u.rule, u.confidence, u.missing, u.evidence,
       to_timestamp($8::float8 / 1000), to_timestamp($8::float8 / 1000)
     from unnest($2::int[], $3::text[], $4::text[], $5::smallint[], $6::int[], $7::jsonb[])
       as u (meter_id, cause, rule, confidence, missing, evidence)
     on conflict (business_date, meter_id) do update set cause = excluded.cause,
       rule = excluded.rule, confidence = excluded.confidence,
       missing_slots = excluded.missing_slots, evidence = excluded.evidence,
       found_at = excluded.found_at,
       first_found_at = case when d.cause = excluded.cause then d.first_found_at
         else excluded.first_found_at end
     where (d.cause, d.rule, d.missing_slots, d.evidence)
       is distinct from (excluded.cause, excluded.rule, excluded.missing_slots, excluded.evidence)`,
    [
      date,
      rows.map(({ meterId }) => meterId),
      rows.map(({ cause }) => cause),
      rows.map(({ rule }) => rule),
      rows.map(({ confidence }) => confidence),
      rows.map(({ missing }) => missing),
      rows.map(({ evidence }) => JSON.stringify(evidence)),
      now,
    ],
  )
}

/** Ends the diagnoses of a day of whose meters nothing is missing any more, in a span of numbers. */
export async function deleteHealed(
  db: Db,
  date: BusinessDate,
  after: number,
  upTo: number,
  stillMissing: readonly MeterId[],
): Promise<void> {
  await db.query(
    `delete from meter_diagnosis where business_date = $1::date
       and meter_id > $2::int and meter_id <= $3::int and meter_id <> all ($4::int[])`,
    [date, after, upTo, stillMissing],
  )
}

/** What nobody asks for any more; returns how many rows went. */
export async function deleteBefore(db: Db, before: Instant): Promise<number> {
  const [row] = await db.query<{ readonly gone: number }>(
    `with talks as (delete from meter_talk
         where business_date < to_timestamp($1::float8 / 1000)::date returning 1),
       diagnoses as (delete from meter_diagnosis
         where business_date < to_timestamp($1::float8 / 1000)::date returning 1),
       probes as (delete from meter_probe
         where probed_at < to_timestamp($1::float8 / 1000) returning 1),
       strangers as (delete from bus_stranger
         where seen_at < to_timestamp($1::float8 / 1000) returning 1),
       searches as (delete from bus_search
         where searched_at < to_timestamp($1::float8 / 1000) returning 1),
       outages as (delete from database_outage
         where ended_at < to_timestamp($1::float8 / 1000) returning 1)
     select ((select count(*) from talks) + (select count(*) from diagnoses)
       + (select count(*) from probes) + (select count(*) from strangers)
       + (select count(*) from searches) + (select count(*) from outages))::int as gone`,
    [before],
  )
  return row?.gone ?? 0
}

export type Grouping = 'cause' | 'concentrator' | 'area' | 'maker' | 'protocol'

export interface GroupRow {
  readonly cause: Cause
  readonly name: string | null
  readonly meters: number
  readonly slots: number
}

const groupings: Readonly<Record<Grouping, string>> = {
  cause: 'null::text',
  concentrator: 'c.address',
  area: 'tr.code',
  maker: 'm.model',
  protocol: 'm.protocol',
}

export function selectGroups(
  db: Db,
  date: BusinessDate,
  by: Grouping,
): Promise<readonly GroupRow[]> {
  return db.query<GroupRow>(
    `select d.cause, ${groupings[by]} as name, count(*)::int as meters,
       sum(d.missing_slots)::int as slots
     from meter_diagnosis d
     join meter m on m.id = d.meter_id
     left join concentrator c on c.channel_id = m.channel_id
     left join installation_now i on i.meter_id = m.id
     left join usage_point u on u.id = i.usage_point_id
     left join transformer tr on tr.id = u.transformer_id
     where d.business_date = $1::date
     group by 1, 2 order by 3 desc, 1, 2`,
    [date],
  )
}

export interface FindingRow {
  readonly meter_id: MeterId
  readonly address: string
  readonly concentrator: string | null
  readonly concentrator_id: number | null
  readonly cause: Cause
  readonly rule: string
  readonly confidence: number
  readonly missing_slots: number
  readonly evidence: Readonly<Record<string, unknown>>
  readonly first_found_at: Instant
}

export function selectFindings(
  db: Db,
  date: BusinessDate,
  cause: Cause | null,
  after: number,
  limit: number,
): Promise<readonly FindingRow[]> {
  return db.query<FindingRow>(
    `select d.meter_id, m.address, c.address as concentrator, c.id as concentrator_id, d.cause,
       d.rule, d.confidence, d.missing_slots, d.evidence, d.first_found_at
     from meter_diagnosis d join meter m on m.id = d.meter_id
     left join concentrator c on c.channel_id = m.channel_id
     where d.business_date = $1::date and ($2::text is null or d.cause = $2::text)
       and d.meter_id > $3::int
     order by d.meter_id limit $4::int`,
    [date, cause, after, limit],
  )
}
