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
} from './items.ts'
import { objectWords } from './names.ts'
import type { RecordResult, Row } from './records.ts'
import type { Data } from './value.ts'
import { readingsOf, stampOf } from './values.ts'

/** Columns that say which row it is, and are no readings of their own. */
const labels: ReadonlySet<string> = new Set(['2021', '2023', '202A', '6040', '6041', '6042'])

/**
 * Readings of the rows of a record table: of a freeze with the freeze's time, of an event with the
 * event's, under the name of the table. `asked` is the time that the rows were asked for by, for
 * tables that do not tell it.
 */
export function recordReadings(
  { object, columns, result }: RecordResult,
  asked: Stamp | null,
): readonly Reading[] {
  if (result.kind === 'dar') return []
  const attributes = attributesOf(columns)
  const related = columns.flatMap(({ oad, related: of }) => (of ?? [null]).map((one) => one && oad))
  return result.value.flatMap((row) => rowReadings(object, attributes, related, row, asked))
}

function rowReadings(
  object: string,
  attributes: readonly string[],
  related: readonly (string | null)[],
  row: Row,
  asked: Stamp | null,
): readonly Reading[] {
  const cell = (oad: string) => row[attributes.indexOf(oad)]
  const time = cell(freezeTime) ?? cell(eventTime)
  const at = (time && stampOf(time)) ?? asked
  const meter = meterOf(cell(meterAddress))
  return row.flatMap((value, index) => {
    const attribute = attributes[index] ?? ''
    if (labels.has(attribute.slice(0, 4))) return []
    const table = related[index] ?? object
    return readingsOf(attribute, value).map((reading) => placed(reading, table, at, meter))
  })
}

/** A freeze keeps the code in its series; what an event or another meter has is told by its name. */
function placed(reading: Reading, table: string, at: Stamp | null, meter: string | null): Reading {
  const freeze = freezeOf(table)
  if (meter !== null) {
    return { ...reading, item: null, dataId: table, name: `Meter ${meter}: ${reading.name}`, at }
  }
  if (freeze && attributeOf(reading.dataId)) {
    return { ...reading, dataId: table, dataClass: classOf(freeze), at: reading.at ?? at }
  }
  const name = isEvent(table) ? `${capital(objectWords(table))}: ${reading.name}` : reading.name
  return { ...reading, item: null, dataId: table, name, at: at ?? reading.at }
}

/** Digits of a TSA (目标服务器地址): its first byte is the address feature. */
function meterOf(value: Data | undefined): string | null {
  if (value?.type !== 'TSA' || value.bytes.length < 2) return null
  const length = (byteAt(value.bytes, 0) & 0x0f) + 1
  return toHex(value.bytes.slice(1, 1 + length))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
