import { type BusinessDate, type ConcentratorId, type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type {
  ConnectionEvent,
  ConnectionEventKind,
  EndReason,
  Flapping,
  OnlineInterval,
  TrafficDay,
  TrafficShare,
} from './types.ts'

/** What was heard last is the last that is known of what a dead process left open. */
export async function closeOpenIntervals(db: Db): Promise<void> {
  await db.query(
    `update online_interval i set
       valid_to = greatest(i.valid_from, coalesce(h.last_heard_at, i.valid_from)),
       end_reason = 'restart'
     from concentrator c left join concentrator_heard h on h.concentrator_id = c.id
     where c.id = i.concentrator_id and i.valid_to is null`,
  )
}

/**
 * The same interval again completes it. A device that left the archive meanwhile has none. Those
 * that ended go first: only one may be open.
 */
export async function upsertIntervals(db: Db, intervals: readonly OnlineInterval[]): Promise<void> {
  const [ended, open] = [intervals.filter(({ to }) => to), intervals.filter(({ to }) => !to)]
  for (const rows of [ended, open]) {
    if (rows.length === 0) continue
    await db.query(
      `insert into online_interval as i
         (concentrator_id, valid_from, valid_to, remote_address, end_reason)
       select u.id, to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000), u.address, u.reason
       from unnest($1::int[], $2::float8[], $3::float8[], $4::text[], $5::text[])
         as u (id, from_ms, to_ms, address, reason)
       join concentrator c on c.id = u.id
       on conflict (concentrator_id, valid_from) do update set
         valid_to = coalesce(i.valid_to, excluded.valid_to),
         end_reason = coalesce(i.end_reason, excluded.end_reason)`,
      [
        rows.map(({ concentratorId }) => concentratorId),
        rows.map(({ from }) => from),
        rows.map(({ to }) => to),
        rows.map(({ remoteAddress }) => remoteAddress),
        rows.map(({ endReason }) => endReason),
      ],
    )
  }
}

export async function selectIntervals(
  db: Db,
  id: ConcentratorId,
  from: Instant,
  to: Instant,
  limit: number,
): Promise<OnlineInterval[]> {
  const rows = await db.query<{
    valid_from: Instant
    valid_to: Instant | null
    remote_address: string | null
    end_reason: EndReason | null
  }>(
    `select valid_from, valid_to, remote_address, end_reason from online_interval
     where concentrator_id = $1::int and valid_from < to_timestamp($3::float8 / 1000)
       and coalesce(valid_to, 'infinity') > to_timestamp($2::float8 / 1000)
     order by valid_from desc limit $4::int`,
    [id, from, to, limit],
  )
  return rows.map((row) => ({
    concentratorId: id,
    from: row.valid_from,
    to: row.valid_to,
    remoteAddress: row.remote_address,
    endReason: row.end_reason,
  }))
}

export async function addTraffic(db: Db, shares: readonly TrafficShare[]): Promise<void> {
  await db.query(
    `insert into concentrator_traffic as t (concentrator_id, business_date, bytes_up, bytes_down,
       frames_up, frames_down, logins, heartbeats)
     select u.id, u.day, u.bytes_up, u.bytes_down, u.frames_up, u.frames_down, u.logins, u.beats
     from unnest($1::int[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
         $7::bigint[], $8::bigint[])
       as u (id, day, bytes_up, bytes_down, frames_up, frames_down, logins, beats)
     join concentrator c on c.id = u.id
     on conflict (concentrator_id, business_date) do update set
       bytes_up = t.bytes_up + excluded.bytes_up, bytes_down = t.bytes_down + excluded.bytes_down,
       frames_up = t.frames_up + excluded.frames_up,
       frames_down = t.frames_down + excluded.frames_down,
       logins = t.logins + excluded.logins, heartbeats = t.heartbeats + excluded.heartbeats`,
    [
      shares.map(({ concentratorId }) => concentratorId),
      shares.map(({ date }) => date),
      shares.map(({ bytesUp }) => bytesUp),
      shares.map(({ bytesDown }) => bytesDown),
      shares.map(({ framesUp }) => framesUp),
      shares.map(({ framesDown }) => framesDown),
      shares.map(({ logins }) => logins),
      shares.map(({ heartbeats }) => heartbeats),
    ],
  )
}

export async function selectTraffic(
  db: Db,
  id: ConcentratorId,
  from: BusinessDate,
  to: BusinessDate,
): Promise<TrafficDay[]> {
  const rows = await db.query<{ day: BusinessDate } & Counted>(
    `select business_date::text as day, bytes_up, bytes_down, frames_up, frames_down, logins,
       heartbeats
     from concentrator_traffic
     where concentrator_id = $1::int and business_date between $2::date and $3::date
     order by business_date`,
    [id, from, to],
  )
  return rows.map((row) => ({ date: row.day, ...trafficOf(row) }))
}

/** As the columns of traffic come. */
export interface Counted {
  readonly bytes_up: bigint
  readonly bytes_down: bigint
  readonly frames_up: bigint
  readonly frames_down: bigint
  readonly logins: bigint
  readonly heartbeats: bigint
}

export const trafficOf = (row: Counted) => ({
  bytesUp: Number(row.bytes_up),
  bytesDown: Number(row.bytes_down),
  framesUp: Number(row.frames_up),
  framesDown: Number(row.frames_down),
  logins: Number(row.logins),
  heartbeats: Number(row.heartbeats),
})

export async function insertEvents(db: Db, events: readonly ConnectionEvent[]): Promise<void> {
  await db.query(
    `insert into connection_event
       (at, concentrator_id, kind, remote_address, other_address, times)
     select to_timestamp(u.at_ms / 1000), u.id, u.kind, u.address, u.other, u.times
     from unnest($1::float8[], $2::int[], $3::text[], $4::text[], $5::text[], $6::int[])
       as u (at_ms, id, kind, address, other, times)`,
    [
      events.map(({ at }) => at),
      events.map(({ concentratorId }) => concentratorId),
      events.map(({ kind }) => kind),
      events.map(({ remoteAddress }) => remoteAddress),
      events.map(({ otherAddress }) => otherAddress),
      events.map(({ times }) => times),
    ],
  )
}

export async function selectEvents(
  db: Db,
  id: ConcentratorId,
  from: Instant,
  to: Instant,
  limit: number,
): Promise<ConnectionEvent[]> {
  const rows = await db.query<{
    at: Instant
    kind: ConnectionEventKind
    remote_address: string
    other_address: string
    times: number
  }>(
    `select at, kind, remote_address, other_address, times from connection_event
     where concentrator_id = $1::int and at >= to_timestamp($2::float8 / 1000)
       and at < to_timestamp($3::float8 / 1000)
     order by at desc limit $4::int`,
    [id, from, to, limit],
  )
  return rows.map((row) => ({
    concentratorId: id,
    at: row.at,
    kind: row.kind,
    remoteAddress: row.remote_address,
    otherAddress: row.other_address,
    times: row.times,
  }))
}

export async function upsertFlapping(db: Db, flapping: readonly Flapping[]): Promise<void> {
  await db.query(
    `insert into concentrator_flapping as f (concentrator_id, since, last_at, takeovers, addresses)
     select u.id, to_timestamp(u.since_ms / 1000), to_timestamp(u.last_ms / 1000), u.takeovers,
       string_to_array(u.addresses, ' ')
     from unnest($1::int[], $2::float8[], $3::float8[], $4::bigint[], $5::text[])
       as u (id, since_ms, last_ms, takeovers, addresses)
     join concentrator c on c.id = u.id
     on conflict (concentrator_id) do update set last_at = excluded.last_at,
       takeovers = greatest(f.takeovers, excluded.takeovers), addresses = excluded.addresses`,
    [
      flapping.map(({ concentratorId }) => concentratorId),
      flapping.map(({ since }) => since),
      flapping.map(({ lastAt }) => lastAt),
      flapping.map(({ takeovers }) => takeovers),
      flapping.map(({ addresses }) => addresses.join(' ')),
    ],
  )
}

/** Of these, or of all. */
export async function selectFlapping(
  db: Db,
  ids: readonly ConcentratorId[] | null,
): Promise<Flapping[]> {
  const rows = await db.query<{
    concentrator_id: number
    since: Instant
    last_at: Instant
    takeovers: bigint
    addresses: string[]
  }>(
    `select concentrator_id, since, last_at, takeovers, addresses from concentrator_flapping
     where $1::int[] is null or concentrator_id = any($1::int[])
     order by concentrator_id`,
    [ids],
  )
  return rows.map((row) => ({
    concentratorId: idOf(row.concentrator_id),
    since: row.since,
    lastAt: row.last_at,
    takeovers: Number(row.takeovers),
    addresses: row.addresses,
  }))
}

export async function deleteFlapping(db: Db, id: ConcentratorId): Promise<boolean> {
  const rows = await db.query(
    `delete from concentrator_flapping where concentrator_id = $1::int returning concentrator_id`,
    [id],
  )
  return rows.length > 0
}
