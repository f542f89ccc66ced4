import { type DeviceEvent, eventTypeOf, type ProtocolName, type Stamp } from '#protocols/model'
import { type CivilTime, type Instant, idOf, instant } from '#src/core'
import type { DeviceEventRecord, PlainData } from '#src/outbox'
import type { EventDevice, EventSource, Sighting } from './types.ts'

/** More of a record than this is not kept in readable form; its bytes are. */
const DETAILS_MAX = 300

/** How and by whom an event was told. */
export interface Telling {
  readonly device: EventDevice
  readonly protocol: ProtocolName
  /** The terminal that told it, as `gdw376 4401-0105`; null where the device was read itself. */
  readonly toldBy: string | null
  readonly source: EventSource
  readonly receivedAt: Instant
}

/** An event as the outbox carries it. */
export function eventRecord(
  event: DeviceEvent,
  { device, protocol, toldBy, source, receivedAt }: Telling,
  civil: CivilTime,
): DeviceEventRecord {
  const sighting: Sighting = {
    meterId: device.meterId,
    concentratorId: device.concentratorId,
    toldBy,
    protocol,
    eventId: event.eventId,
    series: event.series,
    code: event.code,
    phase: event.phase ?? '',
    raisedAt: momentOf(event.raisedAt, civil),
    clearedAt: momentOf(event.clearedAt, civil),
    sequence: event.sequence,
    // Only 376.1 tells no seconds, and numbers what it tells.
    serial: protocol === 'gdw376' ? event.sequence : null,
    receivedAt,
    source,
    details: event.details.slice(0, DETAILS_MAX),
    raw: event.raw,
  }
  return {
    ...sighting,
    details: sighting.details.map(({ name, value, unit }) => ({ name, value, unit })),
  }
}

/** Null for an impossible date. */
function momentOf(stamp: Stamp | null, civil: CivilTime): number | null {
  if (stamp === null) return null
  return (stamp.kind === 'epoch' ? instant(stamp.ms) : civil.toInstant(stamp.time)) ?? null
}

/** What the outbox gives back is what was put into it: only this package knows its shape. */
export function sightingOf(record: DeviceEventRecord): Sighting {
  const { details } = record
  return {
    meterId: numberIn(record, 'meterId'),
    concentratorId: numberIn(record, 'concentratorId'),
    toldBy: textIn(record, 'toldBy'),
    protocol: textIn(record, 'protocol') ?? '',
    eventId: textIn(record, 'eventId') ?? '',
    series: textIn(record, 'series') ?? '',
    code: textIn(record, 'code') ?? 'unknown',
    phase: textIn(record, 'phase') ?? '',
    raisedAt: numberIn(record, 'raisedAt'),
    clearedAt: numberIn(record, 'clearedAt'),
    sequence: numberIn(record, 'sequence'),
    serial: numberIn(record, 'serial'),
    receivedAt: numberIn(record, 'receivedAt') ?? 0,
    source: textIn(record, 'source') === 'report' ? 'report' : 'pull',
    details: Array.isArray(details) ? details.flatMap(detailIn) : [],
    raw: textIn(record, 'raw') ?? '',
  }
}

/** Of which devices they are, each once. */
export function devicesOf(records: readonly DeviceEventRecord[]): readonly EventDevice[] {
  const devices = new Map<string, EventDevice>()
  for (const record of records) {
    const { meterId, concentratorId } = sightingOf(record)
    const key = `${meterId} ${concentratorId}`
    if (meterId !== null) devices.set(key, { meterId: idOf(meterId), concentratorId: null })
    else if (concentratorId !== null) {
      devices.set(key, { meterId: null, concentratorId: idOf(concentratorId) })
    }
  }
  return [...devices.values()]
}

/** Whether an event that is told so begins and ends, or only happens. */
export function isSpan(code: Parameters<typeof eventTypeOf>[0]): boolean {
  return eventTypeOf(code).kind === 'span'
}

function detailIn(detail: PlainData) {
  if (!isRecord(detail)) return []
  return [
    {
      name: textIn(detail, 'name') ?? '',
      value: textIn(detail, 'value'),
      unit: textIn(detail, 'unit') ?? '',
    },
  ]
}

function isRecord(data: PlainData): data is DeviceEventRecord {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

function numberIn(record: DeviceEventRecord, key: string): number | null {
  const value = record[key]
  return typeof value === 'number' ? value : null
}

function textIn(record: DeviceEventRecord, key: string): string | null {
  const value = record[key]
  return typeof value === 'string' ? value : null
}
