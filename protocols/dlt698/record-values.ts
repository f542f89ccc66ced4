import { byteAt, toHex } from '#protocols/bytes'
import type { Reading, Stamp } from '#protocols/model'
import { attributesOf } from './descriptors.ts'
import {
  attributeOf,
  classOf,
  eventTime,
  freezeOf,
  freezeTime,
  isEvent,
  meterAddress,
  storeTime,
} from './items.ts'
import { objectWords } from './names.ts'
import type { RecordResult, Row } from './records.ts'
import type { Data } from './value.ts'
import { readingsOf, stampOf } from './values.ts'

/** Columns that say which row it is, and are no readings of their own. */
const labels: ReadonlySet<string> = new Set(['2021', '2023', '202A', '6040', '6041', '6042'])

/** Readings of a row and whose they are: null for the device itself. */
export interface Told {
  readonly meter: string | null
  readonly readings: readonly Reading[]
}

/**
 * Readings of the rows of a record table: of a freeze with the freeze's time, of an event with the
 * event's, under the name of the table. `asked` is the time that the rows were asked for by, for
 * tables that do not tell it.
 */
export function recordReadings(record: RecordResult, asked: Stamp | null): readonly Reading[] {
  return toldIn(record, asked).flatMap(({ meter, readings }) =>
    meter === null ? readings : readings.map((reading) => ofMeter(reading, meter)),
  )
}

/** The same, by row: a terminal keeps rows of its meters, which the row names (202A). */
export function toldIn(
  { object, columns, result }: RecordResult,
  asked: Stamp | null,
): readonly Told[] {
  if (result.kind === 'dar') return []
  const attributes = attributesOf(columns)
  const related = columns.flatMap(({ oad, related: of }) => (of ?? [null]).map((one) => one && oad))
  return result.value.map((row) => rowTold(object, attributes, related, row, asked))
}

function rowTold(
  object: string,
  attributes: readonly string[],
  related: readonly (string | null)[],
  row: Row,
  asked: Stamp | null,
): Told {
  const cell = (oad: string) => row[attributes.indexOf(oad)]
  const time = cell(freezeTime) ?? cell(eventTime) ?? cell(storeTime)
  const at = (time && stampOf(time)) ?? asked
  const readings = row.flatMap((value, index) => {
    const attribute = attributes[index] ?? ''
    if (labels.has(attribute.slice(0, 4))) return []
    const table = related[index] ?? object
    return readingsOf(attribute, value).map((reading) => placed(reading, table, at))
  })
  return { meter: meterOf(cell(meterAddress)), readings }
}

/** A freeze keeps the code in its series; what an event has is told by its name. */
function placed(reading: Reading, table: string, at: Stamp | null): Reading {
  const freeze = freezeOf(table)
  if (freeze && attributeOf(reading.dataId)) {
    return { ...reading, dataId: table, dataClass: classOf(freeze), at: reading.at ?? at }
  }
  const name = isEvent(table) ? `${capital(objectWords(table))}: ${reading.name}` : reading.name
  const item = isEvent(table) ? null : reading.item
  return { ...reading, item, dataId: table, name, at: reading.at ?? at }
}

/** Of another meter than the one that was asked: it has no code here, and says whose it is. */
function ofMeter(reading: Reading, meter: string): Reading {
  return { ...reading, item: null, name: `Meter ${meter}: ${reading.name}` }
}

/** Digits of a TSA (目标服务器地址): its first byte is the address feature. */
export function meterOf(value: Data | undefined): string | null {
  if (value?.type !== 'TSA' || value.bytes.length < 2) return null
  const length = (byteAt(value.bytes, 0) & 0x0f) + 1
  return toHex(value.bytes.slice(1, 1 + length))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
