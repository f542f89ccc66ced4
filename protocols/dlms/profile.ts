import type { DataClass, MeterTime, Reading, Stamp } from '#protocols/model'
import { type Data, isLogicalName, obisBytes, obisOf } from './data.ts'
import { array, integer, octets, structure } from './data-writer.ts'
import { clockTarget, profileClass } from './items-table.ts'
import type { Access } from './services.ts'
import { type CosemTime, readTime, stampOf, wallPlus, writeTime, type ZoneRule } from './time.ts'
import { dataIdOf, type Place, readingOf, type ScalerUnit } from './values.ts'

const DAY_SECONDS = 86_400
const TAG = { uint8: 17, int8: 15, uint16: 18, uint32: 6 } as const

/** Which rows of a profile's buffer: all of a time range (both ends included), or by number. */
export type Selection =
  | { readonly kind: 'range'; readonly from: MeterTime; readonly to: MeterTime }
  | { readonly kind: 'entries'; readonly first: number; readonly last: number }

export function accessOf(selection: Selection): Access {
  if (selection.kind === 'entries') {
    const { first, last } = selection
    const numbers = [integer(TAG.uint32, first), integer(TAG.uint32, last)]
    return {
      selector: 2,
      parameters: structure(...numbers, integer(TAG.uint16, 1), integer(TAG.uint16, 0)),
    }
  }
  const restricting = structure(
    integer(TAG.uint16, clockTarget.classId),
    octets(obisBytes(clockTarget.obis)),
    integer(TAG.int8, clockTarget.id),
    integer(TAG.uint16, 0),
  )
  const moment = (time: MeterTime) => octets(writeTime(time))
  return {
    selector: 1,
    parameters: structure(restricting, moment(selection.from), moment(selection.to), array([])),
  }
}

/** A column of a profile: an attribute of an object, or an element of one (`index` above 0). */
export interface Column extends Place {
  readonly index: number
}

/** The columns that attribute 3 tells; null where it is no list of capture objects. */
export function columnsOf(data: Data): readonly Column[] | null {
  if (data.kind !== 'list' && data.kind !== 'compact') return null
  const columns: Column[] = []
  for (const each of data.items) {
    if (each.kind !== 'list') return null
    const [classId, name, attribute, index] = each.items
    if (classId?.kind !== 'integer' || !isLogicalName(name)) return null
    if (attribute?.kind !== 'integer') return null
    columns.push({
      classId: classId.value,
      obis: obisOf(name.bytes),
      attribute: attribute.value,
      index: index?.kind === 'integer' ? index.value : 0,
    })
  }
  return columns
}

export interface ProfileRows {
  readonly obis: string
  readonly columns: readonly Column[]
  /** Seconds between rows, 0 or null where they are not taken at a fixed distance. */
  readonly periodSeconds: number | null
  readonly scalers: (column: Column) => ScalerUnit | null
  readonly zone: ZoneRule
}

/** Readings of all rows; null where the buffer does not fit the columns. */
export function rowReadings(buffer: Data, rows: ProfileRows): readonly Reading[] | null {
  if (buffer.kind !== 'list' && buffer.kind !== 'compact') return null
  const dataClass = dataClassOf(rows.obis, rows.periodSeconds)
  const clockAt = rows.columns.findIndex(
    ({ classId, attribute }) => classId === 8 && attribute === 2,
  )
  const readings: Reading[] = []
  let time: CosemTime | null = null
  for (const row of buffer.items) {
    if (row.kind !== 'list' || row.items.length !== rows.columns.length) return null
    time = clockAt < 0 ? null : rowTime(row.items[clockAt], time, rows.periodSeconds)
    const at: Stamp | null = time && stampOf(time, rows.zone)
    for (const [index, column] of rows.columns.entries()) {
      const data = row.items[index]
      if (index === clockAt || !data) continue
      const reading = readingOf(column, data, rows.scalers(column), at, dataClass)
      readings.push({ ...reading, ...namedIn(rows.obis, reading, column) })
    }
  }
  return readings
}

/** The profile and the column in it; an element of an attribute is not the attribute. */
function namedIn(obis: string, { item, dataId }: Reading, { index }: Column) {
  const profile = dataIdOf({ classId: profileClass, obis, attribute: 2 })
  return index === 0
    ? { item, dataId: `${profile}/${dataId}` }
    : { item: null, dataId: `${profile}/${dataId}.${index}` }
}

/** A row may leave its time out where it follows from the row before (Blue Book, class 7). */
function rowTime(
  data: Data | undefined,
  before: CosemTime | null,
  periodSeconds: number | null,
): CosemTime | null {
  if (data?.kind === 'octets' || data?.kind === 'moment') return readTime(data.bytes)
  if (data?.kind !== 'null' || !before || !periodSeconds) return null
  return { ...before, wall: wallPlus(before.wall, periodSeconds * 1_000) }
}

/** By the distance of the rows; without one by the name: 98 billing periods, 99.2 days. */
function dataClassOf(obis: string, periodSeconds: number | null): DataClass {
  if (periodSeconds === DAY_SECONDS) return 'daily'
  if (periodSeconds !== null && periodSeconds > DAY_SECONDS) return 'monthly'
  if (periodSeconds !== null && periodSeconds > 0) return 'interval'
  if (/^\d+\.\d+\.98\.2\./.test(obis) || /^\d+\.\d+\.99\.2\./.test(obis)) return 'daily'
  return /^\d+\.\d+\.98\./.test(obis) ? 'monthly' : 'interval'
}
