import { Writer } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'
import type { Rsd } from './data.ts'
import type { Column } from './descriptors.ts'
import { eventTime, type FreezeObject, freezeOf, freezeTime, isEventTable, oadOf } from './items.ts'
import { dateTimeS, isMoment, monthsLater, shifted } from './moments.ts'
import type { Data } from './value.ts'

/** One read of a record table. */
export interface RecordQuery {
  readonly object: string
  readonly rows: Rsd
  readonly columns: readonly Column[]
}

const written =
  /^([\dA-F]{8})(?::([1-9]\d?))?(?:@(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?)?(?:\/(.+))?$/i

/**
 * The reads that an item for records asks for; null where it is none. `50040200:3` are the last
 * three rows, `50040200@2026-11-21` the row of that moment, `50020200:8@2026-11-21T10:00` eight
 * periods from it on, and `…/1.8.0+32.7.0` or `…/00100200+20000200` the columns, without which a
 * table's usual ones are read.
 */
export function recordQueries(item: string): readonly RecordQuery[] | null {
  const found = written.exec(item)
  const object = found?.[1]?.toUpperCase()
  if (!found || !object || !isRecordTable(object)) return null
  const columns = columnsOf(object, found[8])
  if (!columns) return null
  const count = Number(found[2] ?? 1)
  if (found[3] === undefined) {
    return Array.from({ length: count }, (_, index) => ({
      object,
      rows: { kind: 'nthLast', value: index + 1 },
      columns,
    }))
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found
    .slice(3, 8)
    .map((part) => Number(part ?? 0))
  const from = { year, month, day, hour, minute, second: 0 }
  if (!isMoment(from)) return null
  const rows = found[2] === undefined ? rowAt(object, from) : rowsFrom(object, from, count)
  return [{ object, rows, columns }]
}

/** True for the table of a freeze, which is its attribute 2, or of an event. */
function isRecordTable(oad: string): boolean {
  return isEventTable(oad) || (oad.slice(4, 6) === '02' && freezeOf(oad) !== undefined)
}

function timeColumn(object: string): string {
  return freezeOf(object) ? freezeTime : eventTime
}

function rowAt(object: string, time: MeterTime): Rsd {
  return { kind: 'equal', value: { object: timeColumn(object), value: moment(time) } }
}

/** From a moment on, without the moment at the end (前闭后开). */
function rowsFrom(object: string, from: MeterTime, count: number): Rsd {
  const { to, interval } = endOf(freezeOf(object) ?? '5004', from, count)
  const span = { object: timeColumn(object), from: moment(from), to: moment(to), interval }
  return { kind: 'between', value: span }
}

const quarterHour = 15
const hourMinutes = 60
const dayMinutes = 1440
const nothing: Data = { type: 'null' }

/** Tables by minutes are asked for quarter hours, whatever shorter period they keep. */
function endOf(freeze: FreezeObject, from: MeterTime, count: number) {
  switch (freeze) {
    case '5000':
    case '5001':
    case '5002': {
      const interval: Data = { type: 'TI', bytes: Uint8Array.of(1, 0, quarterHour) }
      return { to: shifted(from, count * quarterHour), interval }
    }
    case '5003':
      return { to: shifted(from, count * hourMinutes), interval: nothing }
    case '5004':
      return { to: shifted(from, count * dayMinutes), interval: nothing }
    case '5005':
    case '5006':
      return { to: monthsLater(from, count), interval: nothing }
  }
}

export function moment(time: MeterTime): Data {
  const to = new Writer()
  dateTimeS.write(to, time)
  return { type: 'date_time_s', bytes: to.done() }
}

/** What is read of a table unless columns are named; each a table of a usual meter has. */
const usual: Readonly<Record<FreezeObject, readonly string[]>> = {
  '5000': ['00100200', '00200200'],
  '5001': ['00100200', '00200200'],
  '5002': ['00100200', '00200200', '20000200', '20010200', '20040200'],
  '5003': ['00100200', '00200200'],
  '5004': ['00100200', '00200200'],
  '5005': ['00100200', '00200200'],
  '5006': ['00100200', '00200200', '10100200'],
}

const eventColumns = ['20220200', '201E0200', '20200200', '20240200']

function columnsOf(object: string, named: string | undefined): readonly Column[] | null {
  const freeze = freezeOf(object)
  const oads: string[] = freeze ? [freezeTime] : eventColumns.slice(0, 2)
  for (const name of named?.split('+') ?? (freeze ? usual[freeze] : eventColumns)) {
    const oad = /^[\da-f]{8}$/i.test(name) ? name.toUpperCase() : oadOf(name)
    if (oad === undefined) return null
    oads.push(oad)
  }
  return [...new Set(oads)].map((oad) => ({ oad, related: null }))
}
