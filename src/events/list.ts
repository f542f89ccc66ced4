import { type EventDetail, isEventCode, type ProtocolName } from '#protocols/model'
import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { phaseOf } from './phase.ts'
import type { EventFilter, EventPlace, EventSource, ListedEvent } from './types.ts'

interface ListedRow {
  id: bigint
  meter_id: number | null
  meter: string | null
  concentrator_id: number | null
  concentrator: string | null
  code: string
  protocol: ProtocolName
  event_id: string
  phase: string
  at: Instant
  raised_at: Instant | null
  cleared_at: Instant | null
  received_at: Instant
  is_open: boolean
  sequence: number | null
  source: EventSource
  details: readonly EventDetail[]
  raw: string
}

/** Newest first; `device` is looked up among the addresses of meters and concentrators. */
export async function listEvents(
  db: Db,
  { meterId, device, code, open, from, to }: EventFilter,
  behind: EventPlace | null,
  limit: number,
): Promise<ListedEvent[]> {
  const rows = await db.query<ListedRow>(
    `select e.id, e.meter_id, m.address as meter, e.concentrator_id, c.address as concentrator,
       e.code, e.protocol, e.event_id, e.phase, e.at, e.raised_at, e.cleared_at, e.received_at,
       e.is_span and e.raised_at is not null and e.cleared_at is null and not e.superseded
         as is_open,
       e.sequence, e.source, e.details, e.raw
     from device_event e
     left join meter m on m.id = e.meter_id
     left join concentrator c on c.id = e.concentrator_id
     where ($1::int is null or e.device = 'm' || $1::int)
       and ($2::text is null or e.device in (
         select 'm' || id from meter where address = $2
         union all select 'c' || id from concentrator where address = $2))
       and ($3::text is null or e.code = $3)
       and ($4::boolean is null or $4 = (e.is_span and e.raised_at is not null
         and e.cleared_at is null and not e.superseded))
       and ($5::timestamptz is null or e.at >= $5)
       and ($6::timestamptz is null or e.at < $6)
       and ($7::timestamptz is null or (e.at, e.id) < ($7, $8::bigint))
     order by e.at desc, e.id desc
     limit $9`,
    [
      meterId ?? null,
      device ?? null,
      code ?? null,
      open ?? null,
      from === undefined ? null : timestamptz(from),
      to === undefined ? null : timestamptz(to),
      behind ? timestamptz(behind.at) : null,
      behind ? String(behind.id) : null,
      limit,
    ],
  )
  return rows.map((row) => ({
    id: row.id,
    meterId: row.meter_id === null ? null : idOf(row.meter_id),
    meter: row.meter,
    concentratorId: row.concentrator_id === null ? null : idOf(row.concentrator_id),
    concentrator: row.concentrator,
    code: isEventCode(row.code) ? row.code : 'unknown',
    protocol: row.protocol,
    eventId: row.event_id,
    phase: phaseOf(row.phase),
    at: row.at,
    raisedAt: row.raised_at,
    clearedAt: row.cleared_at,
    receivedAt: row.received_at,
    isOpen: row.is_open,
    sequence: row.sequence,
    source: row.source,
    details: row.details,
    raw: row.raw,
  }))
}
