import { toHex, Writer } from '#protocols/bytes'
import {
  type DeviceEvent,
  type EventDetail,
  type EventPhase,
  eventTypeOf,
  valueText,
} from '#protocols/model'
import type { Dlt698Response } from './answer.ts'
import { joined } from './answer-values.ts'
import { type Apdu, decodeApdu } from './apdu.ts'
import { data } from './data.ts'
import { attributesOf } from './descriptors.ts'
import { eventObjects } from './event-codes.ts'
import { fragmentBit, fromServer, parseFrame } from './frame.ts'
import { eventEnd, eventNumber, eventTime, isEventTable, meterAddress } from './items.ts'
import { meterOf } from './record-values.ts'
import type { NormalResult, RecordResult, Row } from './records.ts'
import type { Dlt698Request } from './request.ts'
import { opened } from './security.ts'
import type { Data } from './value.ts'
import { readingsOf, stampOf } from './values.ts'

/** Record tables 1 to 4 of interface class 24 are of the whole meter and of each phase. */
const tablePhases: Readonly<Record<string, EventPhase>> = { '07': 'A', '08': 'B', '09': 'C' }
/** Members of a record as one value (标准事件记录单元, 附录): number, beginning, end, and more. */
const unitMembers = [eventNumber, eventTime, eventEnd] as const

/** Events in an answer, put together from its parts. */
export function eventsOf(
  _request: Dlt698Request,
  parts: readonly Dlt698Response[],
): readonly DeviceEvent[] {
  const whole = joined(parts)
  return whole.ok ? eventsIn(whole.apdu) : []
}

/** Events of a report; none in any other frame. */
export function eventsOfFrame(frame: Uint8Array): readonly DeviceEvent[] {
  const parsed = parseFrame(frame)
  if (!parsed.ok || (parsed.frame.control & fromServer) === 0) return []
  if ((parsed.frame.control & fragmentBit) !== 0) return []
  const outer = decodeApdu(parsed.frame.data)
  const inner = outer.ok ? opened(outer.apdu) : null
  return inner?.ok && inner.apdu.service.startsWith('ReportNotification')
    ? eventsIn(inner.apdu)
    : []
}

function eventsIn({ service, body, follow }: Apdu): readonly DeviceEvent[] {
  const beside =
    follow === null
      ? []
      : follow.kind === 'records'
        ? fromRecords(follow.value)
        : fromValues(follow.value)
  switch (service) {
    case 'GetResponseNormal':
      return [...fromValues([body]), ...beside]
    case 'GetResponseNormalList':
    case 'ReportNotificationList':
      return [...fromValues(body.results), ...beside]
    case 'GetResponseRecord':
      return [...fromRecords([body]), ...beside]
    case 'GetResponseRecordList':
    case 'ReportNotificationRecordList':
      return [...fromRecords(body.results), ...beside]
    case 'ProxyGetResponseRecord':
      return [...fromRecords([body.record]), ...beside]
    default:
      return beside
  }
}

function fromRecords(records: readonly RecordResult[]): readonly DeviceEvent[] {
  return records.flatMap(({ object, columns, result }) => {
    if (!isEventTable(object) || result.kind === 'dar') return []
    const attributes = attributesOf(columns)
    return result.value.flatMap((row) => eventOf(object, attributes, row) ?? [])
  })
}

/** A table read or reported as an attribute: one record, or a list of them. */
function fromValues(results: readonly NormalResult[]): readonly DeviceEvent[] {
  return results.flatMap(({ object, result }) => {
    if (!isEventTable(object) || result.kind !== 'data') return []
    const units = result.value.type === 'array' ? result.value.items : [result.value]
    return units.flatMap((unit) => {
      if (unit.type !== 'structure' || unit.items.length < unitMembers.length) return []
      const attributes = unit.items.map((_, index) => unitMembers[index] ?? '')
      return eventOf(object, attributes, unit.items) ?? []
    })
  })
}

/** Null for a record that was never written. */
function eventOf(object: string, attributes: readonly string[], row: Row): DeviceEvent | null {
  const cell = (oad: string) => row[attributes.indexOf(oad)]
  const raisedAt = momentIn(cell(eventTime))
  const clearedAt = momentIn(cell(eventEnd))
  if (!raisedAt && !clearedAt && isEmpty(cell(eventTime))) return null
  const oi = object.slice(0, 4)
  const { code } = eventObjects[oi] ?? unknown
  const number = cell(eventNumber)
  const isSpan = eventTypeOf(code).kind === 'span'
  return {
    code,
    eventId: oi,
    series: oi,
    phase: tablePhases[object.slice(4, 6)] ?? null,
    of: meterOf(cell(meterAddress)),
    raisedAt,
    clearedAt: isSpan ? clearedAt : null,
    sequence: number?.type === 'double-long-unsigned' ? number.value : null,
    place: null,
    details: row.flatMap((value, index) => detailsOf(attributes[index] ?? '', value)),
    raw: rawOf(row),
  }
}

const unknown = { code: 'unknown' } as const

function momentIn(value: Data | undefined) {
  return value ? stampOf(value) : null
}

/** Zeros or ones where a moment should be: the record is free. */
function isEmpty(value: Data | undefined): boolean {
  if (!value || value.type === 'null') return true
  return 'bytes' in value && value.bytes.every((byte) => byte === 0 || byte === 0xff)
}

function detailsOf(attribute: string, value: Data): readonly EventDetail[] {
  if (value.type === 'null') return []
  return readingsOf(attribute, value).map((reading) => {
    return { name: reading.name, value: valueText(reading.value), unit: reading.unit }
  })
}

function rawOf(row: Row): string {
  const to = new Writer()
  for (const value of row) data.write(to, value)
  return toHex(to.done())
}
