import { toHex } from '#protocols/bytes'
import {
  type DeviceEvent,
  type EventPhase,
  eventTypeOf,
  type Reading,
  type Stamp,
  valueText,
} from '#protocols/model'
import { valuesOf } from './answer.ts'
import { type EventRow, eventRows } from './events-table.ts'
import { dataIdBytes } from './frame.ts'
import type { Dlt645Request, Dlt645Response } from './request.ts'

const phases: readonly EventPhase[] = ['A', 'B', 'C']
/** Records that a meter keeps of a kind (A.4: 上1次 to 上10次). */
export const recordsMax = 10

/** Which record of which event an identifier reads. */
export interface RecordPlace {
  /** Null for what the table has no row for. */
  readonly row: EventRow | null
  readonly eventId: string
  readonly phase: EventPhase | null
  readonly place: number
}

/** Null for what is no event record: a count, a value, a field of a record. */
export function recordPlaceOf(dataId: string): RecordPlace | null {
  const place = Number.parseInt(dataId.slice(6), 16)
  if (!(place >= 1 && place <= recordsMax)) return null
  for (const row of eventRows) {
    const phase = phaseIn(row[2], dataId)
    if (phase !== undefined) return { row, eventId: eventIdOf(row), phase, place }
  }
  // Voltage statistics and purchases have numbers of another meaning.
  const isEvent = dataId.startsWith('03') && !/^03(1[02]|3[23])/.test(dataId)
  return isEvent ? { row: null, eventId: dataId.slice(0, 6), phase: null, place } : null
}

/** `0301`, `033000`, `1D`: an identifier without phase, record and what is always the same. */
export function eventIdOf([, , record]: EventRow): string {
  return record.replace(/(pp|00)?(FF)?nn$/, (_, last) => (last === '00' ? last : ''))
}

/** The identifier of a record. */
export function recordId([, , record]: EventRow, phase: EventPhase | null, place: number): string {
  return withPhase(record, phase).replace('nn', place.toString(16).toUpperCase().padStart(2, '0'))
}

/** Phases that a kind of event is told for, null alone where it is of the whole meter. */
export function phasesOf([, , record]: EventRow): readonly (EventPhase | null)[] {
  return record.includes('pp') ? phases : [null]
}

export function withPhase(pattern: string, phase: EventPhase | null): string {
  const number = phase === null ? 0 : phases.indexOf(phase) + 1
  return pattern.replace('pp', `0${number}`)
}

/** The event in the answer to the read of a record; none where the meter has no such record. */
export function eventsOf(
  request: Dlt645Request,
  parts: readonly Dlt645Response[],
): readonly DeviceEvent[] {
  if (request.kind !== 'read') return []
  const place = recordPlaceOf(request.dataId)
  const values = place && valuesOf(request, parts)
  if (!place || !values?.ok) return []
  const bytes = parts.flatMap(({ data }, index) => [
    ...data.subarray(dataIdBytes, index > 0 ? data.length - 1 : undefined),
  ])
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return []
  return [eventOf(place, values.readings, Uint8Array.from(bytes))]
}

function eventOf(
  { row, eventId, phase, place }: RecordPlace,
  readings: readonly Reading[],
  bytes: Uint8Array,
): DeviceEvent {
  const times = readings.filter(({ name }) => timeName.test(name))
  const [code, , , began] = row ?? unknownRow
  const [first, second] = times
  const isSpan = eventTypeOf(code).kind === 'span'
  return {
    code,
    eventId,
    series: eventId,
    phase,
    of: null,
    raisedAt: ownTime(began === 'last' ? times.at(-1) : first),
    clearedAt: isSpan ? ownTime(second) : null,
    sequence: null,
    place,
    details: readings.map(({ name, value, unit }) => {
      return { name: name.slice(name.indexOf(': ') + 2), value: valueText(value), unit }
    }),
    raw: toHex(bytes),
  }
}

const unknownRow: EventRow = ['unknown', '', '', 'first', '']
const timeName = /: (start|end|time|before|after)$/

function ownTime(reading: Reading | undefined): Stamp | null {
  return reading?.value.kind === 'text' ? reading.at : null
}

/** Undefined where a pattern is not of this identifier. */
function phaseIn(record: string, dataId: string): EventPhase | null | undefined {
  if (!record.includes('pp')) return dataId.startsWith(record.slice(0, 6)) ? null : undefined
  const phase =
    phases[Number.parseInt(dataId.slice(record.indexOf('pp'), record.indexOf('pp') + 2), 16) - 1]
  if (phase === undefined) return undefined
  return dataId.startsWith(withPhase(record, phase).slice(0, 6)) ? phase : undefined
}
