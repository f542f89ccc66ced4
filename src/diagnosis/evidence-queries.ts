import type { BusinessDate, ChannelId, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'
import type { ClockEvidence, Talk } from './evidence.ts'
import { SHORT_SESSION_SECONDS } from './rules.ts'

/** A clock that is off by less still freezes the right day, or nearly always. */
const CLOCK_OFF_SECONDS = 3_600
/** Connections in a day that pushed out one which was still open, under one name: two devices. */
const TAKEOVERS_OF_TWO = 3

/** A clock without a possible time is as wrong as one that is hours off. */
const clockText = (measured: string) =>
  `case when ${measured}.measured_at is null then null
     when ${measured}.offset_ms is null or abs(${measured}.offset_ms) >= ${CLOCK_OFF_SECONDS * 1_000}
     then 'wrong' else 'right' end`

/** A business day as far as it has passed. */
export interface Day {
  readonly date: BusinessDate
  readonly from: Instant
  readonly to: Instant
}

export interface MissingRow extends Talk {
  readonly meter_id: MeterId
  readonly channel_id: ChannelId
  readonly missing: number
  readonly reason: string | null
  readonly speaks: string | null
  readonly answers_others: boolean
  readonly is_elsewhere: boolean
  readonly clock: ClockEvidence
}

/**
 * Meters of which something of the day is missing that was due, by number, from one on. A clock that
 * was set right since the day began was wrong when the day's records were made.
 */
export function selectMissing(
  db: Db,
  { date, from, to }: Day,
  after: number,
  limit: number,
): Promise<readonly MissingRow[]> {
  return db.query<MissingRow>(
    `with missing as (
       select s.meter_id, count(*)::int as missing,
         (array_agg(s.reason order by s.slot_start desc) filter (where s.reason is not null))[1]
           as reason
       from collection_slot s
       where s.slot_start >= to_timestamp($2::float8 / 1000)
         and s.slot_start < to_timestamp($3::float8 / 1000)
         and s.state in (1, 4) and s.reason is distinct from 'removed' and s.meter_id > $4::int
       group by s.meter_id order by s.meter_id limit $5::int)
     select x.meter_id, m.channel_id, x.missing, x.reason,
       nullif(p.speaks, m.protocol) as speaks, coalesce(p.speaks = m.protocol, false) as answers_others,
       exists (select from bus_stranger b where b.address = m.address
         and b.channel_id <> m.channel_id) as is_elsewhere,
       case when exists (select from clock_correction r
           where r.kind = 'meter' and r.device_id = x.meter_id and r.state = 'done'
             and r.sent_at >= to_timestamp($2::float8 / 1000)
             and abs(r.before_offset_ms) >= ${CLOCK_OFF_SECONDS * 1_000})
         then 'wrong' else ${clockText('k')} end as clock,
       coalesce(t.visits, 0) as visits, coalesce(t.heard, 0) as heard,
       coalesce(t.silent, 0) as silent, coalesce(t.damaged, 0) as damaged,
       coalesce(t.clashed, 0) as clashed, coalesce(t.mismatched, 0) as mismatched,
       coalesce(t.refused, 0) as refused, coalesce(t.denied, 0) as denied
     from missing x
     join meter m on m.id = x.meter_id
     left join meter_talk t on t.meter_id = x.meter_id and t.business_date = $1::date
     left join meter_probe p on p.meter_id = x.meter_id
     left join clock_device k on k.kind = 'meter' and k.device_id = x.meter_id
     order by x.meter_id`,
    [date, from, to, after, limit],
  )
}

export interface LineRow {
  readonly channel_id: ChannelId
  readonly identity: string | null
  readonly protocol: string | null
  readonly has_concentrator: boolean
  readonly online_seconds: number
  readonly sessions: number
  readonly short_sessions: number
  readonly was_online_before: boolean
  readonly is_online: boolean
  readonly away_seconds: number
  readonly was_heard: boolean
  readonly meters: number
  readonly received: number
  readonly silent_meters: number
  readonly damaged_meters: number
  readonly refused_meters: number
  readonly probed_meters: number
  readonly other_speakers: number
  readonly strangers: number
  readonly guests: number
  readonly clock: ClockEvidence
}

/** What is known of the lines on which something is missing; set-based over all of them. */
export function selectLines(db: Db, { date, from, to }: Day): Promise<readonly LineRow[]> {
  return db.query<LineRow>(
    `with slots as (
       select m.channel_id, m.protocol, s.meter_id, bool_or(s.state in (2, 3)) as received,
         bool_or(s.state in (1, 4)) as missing
       from collection_slot s join meter m on m.id = s.meter_id
       where s.slot_start >= to_timestamp($2::float8 / 1000)
         and s.slot_start < to_timestamp($3::float8 / 1000)
       group by m.channel_id, m.protocol, s.meter_id),
     lines as (
       select x.channel_id, count(*)::int as meters,
         count(*) filter (where x.received)::int as received,
         count(*) filter (where t.silent > t.damaged and t.heard = 0)::int as silent_meters,
         count(*) filter (where t.damaged > 1 and t.damaged >= t.silent and not x.received)::int
           as damaged_meters,
         count(p.meter_id)::int as probed_meters,
         count(*) filter (where p.speaks <> x.protocol)::int as other_speakers,
         count(*) filter (where t.refused > 0 and not x.received)::int as refused_meters
       from slots x
       left join meter_talk t on t.meter_id = x.meter_id and t.business_date = $1::date
       left join meter_probe p on p.meter_id = x.meter_id
       group by x.channel_id having bool_or(x.missing)),
     times as (
       select c.channel_id,
         sum(extract(epoch from least(coalesce(o.valid_to, to_timestamp($3::float8 / 1000)),
             to_timestamp($3::float8 / 1000))
           - greatest(o.valid_from, to_timestamp($2::float8 / 1000))))::float8 as online_seconds,
         count(*)::int as sessions,
         count(*) filter (where o.valid_to - o.valid_from < make_interval(secs => $4::float8))::int
           as short_sessions,
         bool_or(o.valid_to is null) as is_online,
         extract(epoch from to_timestamp($3::float8 / 1000)
           - max(least(coalesce(o.valid_to, 'infinity'), to_timestamp($3::float8 / 1000))))::float8
           as away_seconds
       from online_interval o join concentrator c on c.id = o.concentrator_id
       where o.valid_from < to_timestamp($3::float8 / 1000)
         and coalesce(o.valid_to, 'infinity') > to_timestamp($2::float8 / 1000)
       group by c.channel_id)
     select l.channel_id, ch.settings ->> 'identity' as identity,
       (select min(protocol) from meter where channel_id = l.channel_id) as protocol,
       c.id is not null as has_concentrator,
       coalesce(t.online_seconds, 0) as online_seconds, coalesce(t.sessions, 0) as sessions,
       coalesce(t.short_sessions, 0) as short_sessions,
       coalesce(t.is_online, false) as is_online, coalesce(t.away_seconds, 0) as away_seconds,
       coalesce(k.measured_at >= to_timestamp($2::float8 / 1000), false) as was_heard,
       exists (select from online_interval o where o.concentrator_id = c.id
         and o.valid_from < to_timestamp($2::float8 / 1000)
         and o.valid_from > to_timestamp($2::float8 / 1000) - interval '31 days')
         as was_online_before,
       l.meters, l.received, l.silent_meters, l.damaged_meters, l.refused_meters,
       l.probed_meters, l.other_speakers, b.strangers, b.guests,
       ${clockText('k')} as clock
     from lines l
     join channel ch on ch.id = l.channel_id
     left join concentrator c on c.channel_id = l.channel_id
     left join clock_device k on k.kind = 'terminal' and k.device_id = c.id
     left join times t on t.channel_id = l.channel_id
     cross join lateral (
       select count(*) filter (where m.id is null)::int as strangers, count(m.id)::int as guests
       from bus_stranger b
       left join lateral (select id from meter where address = b.address and retired_at is null limit 1) m on true
       where b.channel_id = l.channel_id) b`,
    [date, from, to, SHORT_SESSION_SECONDS],
  )
}

export interface CallerRow {
  readonly identity: string
  readonly protocol: string | null
  /** Of the meter behind it after which it was named, where the archive has that one. */
  readonly channel_id: ChannelId | null
}

/** Who called in the day and is nobody that is known. */
export function selectCallers(db: Db, { from, to }: Day): Promise<readonly CallerRow[]> {
  return db.query<CallerRow>(
    `select q.identity, q.protocol,
       (select min(channel_id) from meter where address = q.identity) as channel_id
     from quarantine q
     where state <> 'adopted'
       and reason in ('unknown', 'wrong-protocol', 'address-mismatch', 'blocked')
       and last_seen_at >= to_timestamp($1::float8 / 1000)
       and first_seen_at < to_timestamp($2::float8 / 1000)`,
    [from, to],
  )
}

/** Concentrators of the archive under whose name two call, one pushing out the other. */
export function selectDoubled(
  db: Db,
  { from, to }: Day,
): Promise<readonly Pick<CallerRow, 'identity' | 'protocol'>[]> {
  return db.query(
    `select ch.settings ->> 'identity' as identity,
       (select min(protocol) from meter where channel_id = ch.id) as protocol
     from connection_event e
     join concentrator c on c.id = e.concentrator_id
     join channel ch on ch.id = c.channel_id
     where e.at >= to_timestamp($1::float8 / 1000) and e.at < to_timestamp($2::float8 / 1000)
       and e.kind in ('takeover', 'held-off') and ch.settings ->> 'identity' is not null
     group by ch.id having sum(e.times) >= $3::int`,
    [from, to, TAKEOVERS_OF_TWO],
  )
}

export interface OutageRow {
  /** Of the day, in seconds. */
  readonly seconds: number
  /** Since the last one ended; null where there was none. */
  readonly ago_seconds: number | null
}

export async function selectOutage(db: Db, { from, to }: Day): Promise<OutageRow> {
  const rows = await db.query<OutageRow>(
    `select extract(epoch from to_timestamp($2::float8 / 1000) - max(ended_at))::float8
         as ago_seconds, coalesce(sum(extract(epoch from least(ended_at, to_timestamp($2::float8 / 1000))
         - greatest(began_at, to_timestamp($1::float8 / 1000)))), 0)::float8 as seconds
     from database_outage
     where began_at < to_timestamp($2::float8 / 1000) and ended_at > to_timestamp($1::float8 / 1000)`,
    [from, to],
  )
  return rows[0] ?? { seconds: 0, ago_seconds: null }
}
