import {
  type DeviceEvent,
  type EventPull,
  type KnownEvent,
  type MeterTime,
  meterTimeText,
  type Reading,
  valueText,
} from '#protocols/model'
import { eventCodeOf } from './event-codes.ts'
import { wallPlus } from './time.ts'

/** Event logs, and the object (Event code) that says in each row what happened. */
const logRow = /^7:(\d+\.\d+\.99\.98\.\d+\.255):2\/(.+)$/
const codeObject = /^1:\d+\.\d+\.96\.11\.\d+\.255:2$/
const logItem = /^7:(\d+\.\d+\.99\.98\.\d+\.255):2$/
/** How far back the log of a meter is read of which nothing is stored. */
const FIRST_DAYS = 31
const DAY_MS = 86_400_000

/** Events in the readings of an event log's rows; `words` are those of the meter's profile. */
export function logEvents(
  readings: readonly Reading[],
  words: readonly string[],
): readonly DeviceEvent[] {
  return rowsOf(readings).flatMap((row) => eventOf(row, words) ?? [])
}

/** A row begins where a column comes again, or the log or the time changes. */
function rowsOf(readings: readonly Reading[]): readonly (readonly Reading[])[] {
  const rows: Reading[][] = []
  for (const reading of readings) {
    if (!logRow.test(reading.dataId)) continue
    const row = rows.at(-1)
    const isNew = row?.some(
      ({ dataId, at }) =>
        dataId === reading.dataId ||
        logOf(dataId) !== logOf(reading.dataId) ||
        JSON.stringify(at) !== JSON.stringify(reading.at),
    )
    if (!row || isNew) rows.push([reading])
    else row.push(reading)
  }
  return rows
}

const logOf = (dataId: string) => logRow.exec(dataId)?.[1] ?? ''

function eventOf(row: readonly Reading[], words: readonly string[]): DeviceEvent | null {
  const told = row.find(({ dataId }) => codeObject.test(logRow.exec(dataId)?.[2] ?? ''))
  if (told?.value.kind !== 'number') return null
  const number = told.value.digits
  const log = logOf(told.dataId)
  const known = eventCodeOf(number, words)
  const [, code, edge, phase, series] =
    known ?? ([number, 'unknown', 'happened', null, `${number}`] as const)
  return {
    code,
    eventId: `${log}/${number}`,
    series: `${log}/${series}`,
    phase,
    of: null,
    raisedAt: edge === 'ends' ? null : told.at,
    clearedAt: edge === 'ends' ? told.at : null,
    sequence: null,
    place: null,
    details: row.map(({ name, value, unit }) => ({ name, value: valueText(value), unit })),
    raw: number.toString(16).toUpperCase().padStart(4, '0'),
  }
}

/** Each log from the last row on that is stored of it. */
export function pullLogs(
  items: readonly string[],
  known: readonly KnownEvent[],
  now: MeterTime,
): EventPull {
  const found: DeviceEvent[] = []
  let isAsked = false
  return {
    next(brought) {
      found.push(...(brought?.events ?? []))
      if (isAsked) return []
      isAsked = true
      const to = meterTimeText(wallPlus(now, DAY_MS))
      return items.flatMap((item) => {
        const log = logItem.exec(item)?.[1]
        return log === undefined ? [] : [`${item}@${fromOf(log, known, now)}..${to}`]
      })
    },
    get events() {
      return found
    },
  }
}

/** The last row comes again: others may be of the same second. */
function fromOf(log: string, known: readonly KnownEvent[], now: MeterTime): string {
  const times = known.flatMap(({ series, at }) =>
    at !== null && series.startsWith(`${log}/`) ? [meterTimeText(at)] : [],
  )
  return times.sort().at(-1) ?? meterTimeText(wallPlus(now, -FIRST_DAYS * DAY_MS))
}
