import type { BusinessDate, ChannelId, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'

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
