import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { EventSource } from './types.ts'

/** A series of events of one device, and since when it is looked at. */
export interface SeriesKey {
  readonly device: string
  readonly series: string
  readonly phase: string
}

export interface EventRow extends SeriesKey {
  id: bigint
  raised_at: Instant | null
  cleared_at: Instant | null
  ended_by: string | null
  superseded: boolean
  sequence: number | null
  serial: number | null
  received_at: Instant
  source: EventSource
  told_by: string | null
  protocol: string
  event_id: string
  code: string
  is_span: boolean
  details: string
  raw: string
}

/** One at a time: what is told of one series is settled together. */
export async function lockEvents(db: Db): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtext('device_event'))`)
}

/**
 * What may change when something is told of series from a moment on: from the last beginning before
 * it, since nothing reaches behind that; and what has no moment.
 */
export async function eventsFrom(
  db: Db,
  series: readonly (SeriesKey & { readonly fromMs: number })[],
): Promise<EventRow[]> {
  return await db.query<EventRow>(
    `select e.id, e.device, e.series, e.phase, e.superseded, e.sequence, e.serial, e.source,
       e.raised_at, e.cleared_at, e.received_at,
       e.ended_by::text as ended_by, e.told_by, e.protocol, e.event_id, e.code, e.is_span,
       e.details::text as details, e.raw
     from unnest($1::text[], $2::text[], $3::text[], $4::float8[])
       as s (device, series, phase, from_ms)
     cross join lateral (
       select coalesce(max(b.raised_at), '-infinity') as began from device_event b
       where b.device = s.device and b.series = s.series and b.phase = s.phase
         and b.raised_at <= to_timestamp(s.from_ms / 1000)) last
     join device_event e
       on e.device = s.device and e.series = s.series and e.phase = s.phase
       and (e.at >= last.began or num_nonnulls(e.raised_at, e.cleared_at) = 0)`,
    [
      series.map(({ device }) => device),
      series.map((one) => one.series),
      series.map(({ phase }) => phase),
      series.map(({ fromMs }) => fromMs),
    ],
  )
}

export async function deleteEvents(db: Db, ids: readonly bigint[]): Promise<void> {
  await db.query(`delete from device_event where id = any($1::bigint[])`, [ids.map(String)])
}

/** A row as it is written; times in milliseconds, `ended_by` and `details` as JSON. */
export type WrittenEvent = Omit<
  EventRow,
  'id' | 'device' | 'raised_at' | 'cleared_at' | 'received_at'
> & {
  readonly id: string | null
  readonly raised_ms: number | null
  readonly cleared_ms: number | null
  readonly received_ms: number
  readonly meter_id: number | null
  readonly concentrator_id: number | null
  readonly at_ms: number
}

const columns = `meter_id int, concentrator_id int, told_by text, protocol text, event_id text,
  series text, code text, phase text, is_span boolean, raised_ms float8, cleared_ms float8,
  ended_by text, superseded boolean, sequence int, serial int, received_ms float8, source text,
  details text, raw text, at_ms float8`

export async function insertEvents(db: Db, rows: readonly WrittenEvent[]): Promise<void> {
  await db.query(
    `insert into device_event (meter_id, concentrator_id, told_by, protocol, event_id, series,
       code, phase, is_span, raised_at, cleared_at, ended_by, superseded, sequence, serial,
       received_at, source, details, raw, at)
     select meter_id, concentrator_id, told_by, protocol, event_id, series, code, phase, is_span,
       to_timestamp(raised_ms / 1000), to_timestamp(cleared_ms / 1000), ended_by::json, superseded,
       sequence, serial, to_timestamp(received_ms / 1000), source, details::json, raw,
       to_timestamp(at_ms / 1000)
     from json_to_recordset($1::json) as r (${columns})
     where (meter_id is not null and exists (select from meter m where m.id = meter_id))
        or (concentrator_id is not null
            and exists (select from concentrator c where c.id = concentrator_id))
     order by at_ms`,
    [JSON.stringify(rows)],
  )
}

export async function updateEvents(db: Db, rows: readonly WrittenEvent[]): Promise<void> {
  await db.query(
    `update device_event e set told_by = r.told_by, protocol = r.protocol, event_id = r.event_id,
       code = r.code, is_span = r.is_span, raised_at = to_timestamp(r.raised_ms / 1000),
       cleared_at = to_timestamp(r.cleared_ms / 1000), ended_by = r.ended_by::json,
       superseded = r.superseded, sequence = r.sequence, serial = r.serial,
       received_at = to_timestamp(r.received_ms / 1000), source = r.source,
       details = r.details::json, raw = r.raw, at = to_timestamp(r.at_ms / 1000)
     from json_to_recordset($1::json) as r (id bigint, ${columns})
     where e.id = r.id`,
    [JSON.stringify(rows)],
  )
}

export interface KnownRow {
  device: string
  series: string
  phase: string
  sequence: number | null
  last_at: Instant
  is_open: boolean
}

const knownColumns = `device, series, phase,
  coalesce(case when cleared_at > raised_at then (ended_by -> 'end' ->> 'sequence')::int end, sequence)
    as sequence,
  greatest(raised_at, cleared_at) as last_at,
  is_span and raised_at is not null and cleared_at is null and not superseded as is_open`

/** Of each series of these devices what was told last, and what is open. */
export async function knownOfDevices(db: Db, devices: readonly string[]): Promise<KnownRow[]> {
  return await db.query<KnownRow>(
    `(select distinct on (device, series, phase) ${knownColumns}
      from device_event
      where device = any($1::text[]) and num_nonnulls(raised_at, cleared_at) > 0
      order by device, series, phase, at desc, device_event.sequence desc nulls last)
     union all
     select ${knownColumns} from device_event
     where device = any($1::text[]) and is_span and raised_at is not null and cleared_at is null
       and not superseded`,
    [devices],
  )
}

/** The same of all that one terminal told, which numbers its events as they come. */
export async function knownOfTerminal(db: Db, toldBy: string): Promise<KnownRow[]> {
  return await db.query<KnownRow>(
    `select ${knownColumns} from device_event
     where told_by = $1 and num_nonnulls(raised_at, cleared_at) > 0
     order by greatest(raised_at, cleared_at) desc
     limit 64`,
    [toldBy],
  )
}
