import pg from 'pg'
import { assert, type Instant, instant } from '#src/core'

/** How our pool reads values; `pg`'s global parsers stay as they are. */
export const typeParsers = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    const parser = format === 'binary' ? undefined : parsers.get(oid)
    return parser ?? pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text')
  },
}

/** An Instant as a parameter for `timestamptz`, exact to the millisecond. */
export function timestamptz(at: Instant): string {
  assert(Number.isSafeInteger(at), 'an instant in whole milliseconds')
  const day = Math.floor(at / DAY_MS)
  const [year, month, date] = civilOf(day)
  assert(year >= 1 && year <= 9999, 'an instant between the years 1 and 9999')
  const ofDay = at - day * DAY_MS
  const time = [ofDay / HOUR_MS, (ofDay % HOUR_MS) / MINUTE_MS, (ofDay % MINUTE_MS) / SECOND_MS]
  const clock = time.map((part) => pad(Math.trunc(part), 2)).join(':')
  const fraction = pad(ofDay % SECOND_MS, 3)
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)} ${clock}.${fraction}+00`
}

type Parser = (text: string) => unknown

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const pad = (value: number, width: number): string => String(value).padStart(width, '0')

const asIs: Parser = (text) => text

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00$/

/** `2026-11-22 08:00:00.123456+00`: the session's zone is UTC; digits below a millisecond go. */
export function parseTimestamptz(text: string): Instant {
  if (text === 'infinity') return instant(Number.POSITIVE_INFINITY)
  if (text === '-infinity') return instant(Number.NEGATIVE_INFINITY)
  const match = TIMESTAMP.exec(text)
  assert(match !== null, `a timestamptz in UTC between the years 1 and 9999, not ${text}`)
  const [, year, month, date, hour, minute, second, fraction = ''] = match
  const day = dayOf(Number(year), Number(month), Number(date))
  const ofDay = Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS + Number(second) * SECOND_MS
  return instant(day * DAY_MS + ofDay + Number(fraction.padEnd(3, '0').slice(0, 3)))
}

const DAYS_PER_ERA = 146_097
const YEARS_PER_ERA = 400
const DAYS_TO_EPOCH = 719_468

/** Days since 1970-01-01; years are counted from March, so that leap days come last. */
function dayOf(year: number, month: number, date: number): number {
  const marchYear = month > 2 ? year : year - 1
  const era = Math.floor(marchYear / YEARS_PER_ERA)
  const ofEra = marchYear - era * YEARS_PER_ERA
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + date - 1
  const leapDays = Math.floor(ofEra / 4) - Math.floor(ofEra / 100)
  return era * DAYS_PER_ERA + ofEra * 365 + leapDays + ofYear - DAYS_TO_EPOCH
}

/** The inverse of `dayOf`. */
function civilOf(day: number): readonly [year: number, month: number, date: number] {
  const shifted = day + DAYS_TO_EPOCH
  const era = Math.floor(shifted / DAYS_PER_ERA)
  const ofEra = shifted - era * DAYS_PER_ERA
  const leapDays =
    Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096)
  const yearOfEra = Math.floor((ofEra - leapDays) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * ofYear + 2) / 153)
  const date = ofYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return [yearOfEra + era * YEARS_PER_ERA + (month <= 2 ? 1 : 0), month, date]
}

/** Arrays come as PostgreSQL's own literal; `pg`'s text array parser splits it. */
const listOf =
  (element: Parser): Parser =>
  (text) => {
    const split: unknown = pg.types.getTypeParser(textArrayOid, 'text')(text)
    assert(Array.isArray(split), 'an array literal')
    return split.map((item: unknown) => (typeof item === 'string' ? element(item) : item))
  }

const textArrayOid: number = 1009

const parsers: ReadonlyMap<number, Parser> = new Map([
  [20, BigInt], // int8
  [1016, listOf(BigInt)],
  [1700, asIs], // numeric
  [1231, listOf(asIs)],
  [1184, parseTimestamptz],
  [1185, listOf(parseTimestamptz)],
  [1082, asIs], // date
  [1182, listOf(asIs)],
  [1114, asIs], // timestamp without zone
  [1115, listOf(asIs)],
  [1083, asIs], // time
  [1186, asIs], // interval
])
