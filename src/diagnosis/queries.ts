import type { BusinessDate, ChannelId, Instant, MeterId } from '#src/core'
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

export interface SuspectRow {
  readonly meter_id: MeterId
  readonly channel_id: ChannelId
}

/** Silent meters on lines where others answer, at which nobody has looked closer of late. */
export function selectSuspects(
  db: Db,
  date: BusinessDate,
  before: Instant,
  limit: number,
): Promise<readonly SuspectRow[]> {
  return db.query<SuspectRow>(
    `select d.meter_id, m.channel_id from meter_diagnosis d
     join meter m on m.id = d.meter_id
     left join meter_probe p on p.meter_id = d.meter_id
     where d.business_date = $1::date and d.cause in ('meter-silent', 'wrong-address')
       and (p.probed_at is null or p.probed_at < to_timestamp($2::float8 / 1000))
     order by m.channel_id, d.meter_id limit $3::int`,
    [date, before, limit],
  )
}

export async function upsertProbe(
  db: Db,
  meterId: MeterId,
  speaks: string | null,
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into meter_probe (meter_id, probed_at, speaks)
     values ($1::int, to_timestamp($3::float8 / 1000), $2::text)
     on conflict (meter_id) do update set probed_at = excluded.probed_at,
       speaks = excluded.speaks`,
    [meterId, speaks, now],
  )
}

export interface UnsearchedRow {
  readonly channel_id: ChannelId
  readonly protocol: string
  readonly terminal: string | null
}

/** Lines with silent meters that were not searched of late, or whose search was broken off. */
export function selectUnsearched(
  db: Db,
  date: BusinessDate,
  { whole, part }: { readonly whole: Instant; readonly part: Instant },
  limit: number,
): Promise<readonly UnsearchedRow[]> {
  return db.query<UnsearchedRow>(
    `select m.channel_id, min(m.protocol) as protocol, min(c.address) as terminal
     from meter_diagnosis d
     join meter m on m.id = d.meter_id
     left join concentrator c on c.channel_id = m.channel_id
     left join meter_probe p on p.meter_id = d.meter_id
     left join bus_search b on b.channel_id = m.channel_id
     where d.business_date = $1::date and d.cause = 'meter-silent' and p.speaks is null
       and m.protocol in ('dlt645-2007', 'dlt645-1997', 'dlt698')
       and (b.searched_at is null or b.searched_at < to_timestamp(
         (case when b.is_whole then $2::float8 else $3::float8 end) / 1000))
     group by m.channel_id order by m.channel_id limit $4::int`,
    [date, whole, part, limit],
  )
}

export interface HeardOnBus {
  readonly address: string
  readonly protocol: string
}

/** What a search of a line heard that the archive does not have there; what it had before goes. */
export async function replaceStrangers(
  db: Db,
  channelId: ChannelId,
  heard: readonly HeardOnBus[],
  isWhole: boolean,
  now: Instant,
): Promise<void> {
  await db.query(
    `with searched as (
       insert into bus_search (channel_id, searched_at, is_whole)
       values ($1::int, to_timestamp($4::float8 / 1000), $5::boolean)
       on conflict (channel_id) do update set searched_at = excluded.searched_at,
         is_whole = excluded.is_whole),
     gone as (delete from bus_stranger where channel_id = $1::int and $5::boolean
       and address <> all ($2::text[]))
     insert into bus_stranger (channel_id, address, protocol, seen_at)
     select $1::int, u.address, u.protocol, to_timestamp($4::float8 / 1000)
     from unnest($2::text[], $3::text[]) as u (address, protocol)
     where not exists (select from meter m where m.channel_id = $1::int and m.address = u.address)
     on conflict (channel_id, address) do update set seen_at = excluded.seen_at,
       protocol = excluded.protocol`,
    [
      channelId,
      heard.map(({ address }) => address),
      heard.map(({ protocol }) => protocol),
      now,
      isWhole,
    ],
  )
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
     left join installation i on i.meter_id = m.id and i.valid_to is null
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
