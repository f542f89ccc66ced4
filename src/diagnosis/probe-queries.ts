import type { BusinessDate, ChannelId, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'

export interface SuspectRow {
  readonly meter_id: MeterId
  readonly channel_id: ChannelId
}

/**
 * Silent meters at which nobody has looked closer of late: all of them on lines where others
 * answer, and a few on lines where nobody does (by `silentLines`, the rules that told so).
 */
export function selectSuspects(
  db: Db,
  date: BusinessDate,
  before: Instant,
  silentLines: readonly string[],
  limit: number,
): Promise<readonly SuspectRow[]> {
  return db.query<SuspectRow>(
    `select meter_id, channel_id from (
       select d.meter_id, m.channel_id, p.probed_at, d.rule = any ($3::text[]) as is_line,
         row_number() over (partition by m.channel_id order by d.meter_id) as nth
       from meter_diagnosis d
       join meter m on m.id = d.meter_id
       left join meter_probe p on p.meter_id = d.meter_id
       where d.business_date = $1::date
         and (d.cause in ('meter-silent', 'wrong-address') or d.rule = any ($3::text[]))) s
     where (not is_line or nth <= $4::int)
       and (probed_at is null or probed_at < to_timestamp($2::float8 / 1000))
     order by channel_id, meter_id limit $5::int`,
    [date, before, silentLines, SAMPLES_A_LINE, limit],
  )
}

/** Where nobody answers, so many tell of all. */
const SAMPLES_A_LINE = 3

export interface NeighbourRow {
  readonly meter_id: MeterId
  readonly own_channel_id: ChannelId
  readonly channel_id: ChannelId
}

/**
 * Silent meters that answered in no protocol, each with the lines on which it may hang instead, the
 * nearest first: where transformer areas meet, wires are mixed up. Those of the same feeder, and
 * those next to it in the archive: feeders meet as well.
 */
export function selectNeighbours(
  db: Db,
  meterIds: readonly MeterId[],
  linesEach: number,
): Promise<readonly NeighbourRow[]> {
  return db.query<NeighbourRow>(
    `select m.id as meter_id, m.channel_id as own_channel_id, n.channel_id
     from meter m
     join installation_now i on i.meter_id = m.id
     join usage_point u on u.id = i.usage_point_id
     join transformer t on t.id = u.transformer_id
     join concentrator c on c.channel_id = m.channel_id
     cross join lateral (
       select c2.channel_id from concentrator c2
       join transformer t2 on t2.id = c2.transformer_id
       where c2.id <> c.id
         and (t2.feeder_id = t.feeder_id or abs(c2.id - c.id) <= ${NEXT_DOOR})
         and exists (select from meter m2 where m2.channel_id = c2.channel_id
           and m2.protocol = m.protocol)
       order by abs(c2.id - c.id), c2.id limit $2::int) n
     where m.id = any ($1::int[])`,
    [meterIds, linesEach],
  )
}

/** So far apart in the archive are lines that may be neighbours, whatever feeds them. */
const NEXT_DOOR = 2

/** A meter was heard on a line that is not its own. */
export async function insertStranger(
  db: Db,
  channelId: ChannelId,
  meterId: MeterId,
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into bus_stranger (channel_id, address, protocol, seen_at)
     select $1::int, address, protocol, to_timestamp($3::float8 / 1000)
     from meter where id = $2::int
     on conflict (channel_id, address) do update set seen_at = excluded.seen_at`,
    [channelId, meterId, now],
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

/**
 * Lines with silent meters, or with none that answers, that were not searched of late, or whose
 * search was broken off, or found nobody the first time.
 */
export function selectUnsearched(
  db: Db,
  date: BusinessDate,
  { whole, part }: { readonly whole: Instant; readonly part: Instant },
  silentLines: readonly string[],
  limit: number,
): Promise<readonly UnsearchedRow[]> {
  return db.query<UnsearchedRow>(
    `select m.channel_id, min(m.protocol) as protocol, min(c.address) as terminal
     from meter_diagnosis d
     join meter m on m.id = d.meter_id
     left join concentrator c on c.channel_id = m.channel_id
     left join meter_probe p on p.meter_id = d.meter_id
     left join bus_search b on b.channel_id = m.channel_id
     where d.business_date = $1::date and p.speaks is null
       and (d.cause = 'meter-silent' or d.rule = any ($4::text[]))
       and m.protocol in ('dlt645-2007', 'dlt645-1997', 'dlt698')
       and (b.searched_at is null or b.searched_at < to_timestamp(
         (case when b.is_whole and b.in_vain <> 1 then $2::float8 else $3::float8 end) / 1000))
     group by m.channel_id order by m.channel_id limit $5::int`,
    [date, whole, part, silentLines, limit],
  )
}

/** Meters that answered with nothing of the day, whose clocks nobody measured of late. */
export function selectUnmeasured(
  db: Db,
  date: BusinessDate,
  before: Instant,
  limit: number,
): Promise<readonly { readonly meter_id: MeterId; readonly concentrator_id: number | null }[]> {
  return db.query(
    `select d.meter_id, c.id as concentrator_id
     from meter_diagnosis d
     join meter m on m.id = d.meter_id
     left join concentrator c on c.channel_id = m.channel_id
     left join clock_device k on k.kind = 'meter' and k.device_id = d.meter_id
     where d.business_date = $1::date and d.cause in ('refusal', 'clock-wrong')
       and (k.measured_at is null or k.measured_at < to_timestamp($2::float8 / 1000))
     order by d.meter_id limit $3::int`,
    [date, before, limit],
  )
}

export interface HeardOnBus {
  readonly address: string
  readonly protocol: string
}

/** Terminals behind which nobody is heard, and whose own clocks nobody measured of late. */
export async function selectUnheard(
  db: Db,
  date: BusinessDate,
  before: Instant,
  silentLines: readonly string[],
  limit: number,
): Promise<readonly number[]> {
  const rows = await db.query<{ readonly id: number }>(
    `select distinct c.id from meter_diagnosis d
     join meter m on m.id = d.meter_id
     join concentrator c on c.channel_id = m.channel_id
     left join clock_device k on k.kind = 'terminal' and k.device_id = c.id
     where d.business_date = $1::date and d.rule = any ($3::text[])
       and (k.measured_at is null or k.measured_at < to_timestamp($2::float8 / 1000))
     order by c.id limit $4::int`,
    [date, before, silentLines, limit],
  )
  return rows.map(({ id }) => id)
}

/**
 * What a search of a line heard that the archive does not have there; what it had before goes. A
 * search that misses most of those that are well may have missed others as well: it is no whole one.
 */
export async function replaceStrangers(
  db: Db,
  channelId: ChannelId,
  date: BusinessDate,
  heard: readonly HeardOnBus[],
  isWhole: boolean,
  now: Instant,
): Promise<void> {
  await db.query(
    `with ended as (
       select $5::boolean and 2 * count(*) filter (where m.address = any ($2::text[])) >= count(*)
         as is_whole
       from meter m
       where m.channel_id = $1::int and m.retired_at is null and not exists (
         select from meter_diagnosis d where d.meter_id = m.id and d.business_date = $6::date)),
     searched as (
       insert into bus_search as s (channel_id, searched_at, is_whole, in_vain)
       select $1::int, to_timestamp($4::float8 / 1000), is_whole, (is_whole and not exists (
         select from unnest($2::text[]) as u (address) where not exists (
           select from meter m where m.channel_id = $1::int and m.address = u.address)))::int
       from ended
       on conflict (channel_id) do update set searched_at = excluded.searched_at,
         is_whole = excluded.is_whole,
         in_vain = case when excluded.in_vain = 0 then 0 else least(s.in_vain + 1, 100) end),
     gone as (delete from bus_stranger where channel_id = $1::int and (select is_whole from ended)
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
      date,
    ],
  )
}
