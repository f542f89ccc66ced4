import { Temporal } from 'temporal-polyfill'
import { type Instant, instant } from './clock.ts'
import { assert } from './result.ts'
import { isoWriter } from './zone-offsets.ts'

/** A civil date as `2026-11-22`: the utility's business day (营业日). */
export type BusinessDate = string & { readonly businessDate: true }

/** A wall clock without a zone, month 1 to 12. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** The utility's civil time. A day is from midnight to midnight, whatever its length. */
export interface CivilTime {
  readonly zone: string
  /** Undefined for an impossible date. In a repeated hour the first, in a skipped one the later. */
  toInstant(time: WallTime): Instant | undefined
  toWall(at: Instant): WallTime
  dateOf(at: Instant): BusinessDate
  /** The first moment of a date. */
  startOf(date: BusinessDate): Instant
  addDays(date: BusinessDate, days: number): BusinessDate
  /** `2026-11-21T22:30:00+08:00`, with milliseconds only where there are any. */
  iso(at: Instant): string
}

/** Undefined unless the text is a real date written `YYYY-MM-DD`. */
export function parseBusinessDate(text: string): BusinessDate | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() as BusinessDate
  } catch {
    // An impossible date such as 2026-02-30 is an answer here, not a fault.
    return undefined
  }
}

/** A date that can be none but a date: as a column of that type reads. */
export function dateFrom(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  assert(date !== undefined, 'a date column reads as YYYY-MM-DD')
  return date
}

/** Undefined unless the text is an ISO 8601 moment with an offset. */
export function parseInstant(text: string): Instant | undefined {
  try {
    return instant(Temporal.Instant.from(text).epochMilliseconds)
  } catch {
    // Temporal reports malformed text by throwing; the caller wants to know only that it is.
    return undefined
  }
}

export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
    return true
  } catch {
    // An unknown zone is the answer "no".
    return false
  }
}

export function civilTime(zone: string): CivilTime {
  const zoned = (at: Instant) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
  const plainDate = (date: BusinessDate) => Temporal.PlainDate.from(date)
  return {
    zone,
    toInstant(time) {
      try {
        const plain = Temporal.PlainDateTime.from(time, { overflow: 'reject' })
        return instant(plain.toZonedDateTime(zone).epochMilliseconds)
      } catch {
        // Meters do send 31 February; that is a value to report, not a fault of ours.
        return undefined
      }
    },
    toWall(at) {
      const { year, month, day, hour, minute, second } = zoned(at)
      return { year, month, day, hour, minute, second }
    },
    dateOf: (at) => zoned(at).toPlainDate().toString() as BusinessDate,
    startOf: (date) => instant(plainDate(date).toZonedDateTime(zone).epochMilliseconds),
    addDays: (date, days) => plainDate(date).add({ days }).toString() as BusinessDate,
    iso: isoWriter(zone),
  }
}
