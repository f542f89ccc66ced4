import { Temporal } from 'temporal-polyfill'
import type { MeterTime } from '#protocols/model'
import { Recent } from './recent.ts'

export const SLOT_MS = 900_000
const DAY_MS = 86_400_000
const YEARS_MAX = 32
const DAYS_PER_LOOK = 7
/** From 1 March of the year 0. */
const DAYS_TO_1970 = 719_468

/** A civil day of a zone, cut into quarter hours. */
export interface CivilDay {
  /** Days since 1970-01-01, as a name of the date. */
  readonly number: number
  readonly year: number
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly startMs: number
  readonly endMs: number
  /** For each slot of 15 minutes, which quarter hour (0 to 95) the wall clock shows. */
  readonly quarters: Uint8Array
}

/** The civil time of the site where a meter hangs. */
export interface Calendar {
  readonly zone: string
  dayAt(ms: number): CivilDay
  dayNumbered(number: number): CivilDay
  daysOf(year: number): readonly CivilDay[]
  wallAt(ms: number): MeterTime
  /** The first moment a clock of this zone shows the time; a skipped one as the day's offset. */
  momentOf(time: MeterTime): number
}

const regularQuarters = Uint8Array.from({ length: 96 }, (_, quarter) => quarter)

/**
 * Every zone in use keeps an offset of whole quarter hours, so a quarter hour of UTC is one of
 * the wall clock: that makes days of 23 and 25 hours no special case anywhere else.
 */
export function calendarOf(zone: string): Calendar {
  const years = new Recent<readonly CivilDay[]>(YEARS_MAX)
  const daysOf = (year: number) => years.get(String(year), () => makeYear(zone, year))
  const dayNumbered = (number: number): CivilDay => {
    const { year } = civilDate(number)
    const day = daysOf(year)[number - dayNumber(year, 1, 1)]
    if (!day) throw new Error(`no day ${number} in ${zone}`)
    return day
  }
  const dayAt = (ms: number): CivilDay => {
    let day = dayNumbered(Math.floor(ms / DAY_MS))
    while (ms < day.startMs) day = dayNumbered(day.number - 1)
    while (ms >= day.endMs) day = dayNumbered(day.number + 1)
    return day
  }
  return {
    zone,
    dayAt,
    dayNumbered,
    daysOf,
    wallAt(ms) {
      const { year, month, day, startMs, quarters } = dayAt(ms)
      const quarter = quarters[Math.floor((ms - startMs) / SLOT_MS)] ?? 0
      const inSlotS = Math.floor(((ms - startMs) % SLOT_MS) / 1_000)
      return {
        year,
        month,
        day,
        hour: quarter >> 2,
        minute: (quarter & 3) * 15 + Math.trunc(inSlotS / 60),
        second: inSlotS % 60,
      }
    },
    momentOf(time) {
      const { startMs, quarters } = dayNumbered(dayNumber(time.year, time.month, time.day))
      const quarter = time.hour * 4 + Math.trunc(time.minute / 15)
      const found = quarters.indexOf(quarter)
      const slot = found < 0 ? quarter : found
      return startMs + slot * SLOT_MS + ((time.minute % 15) * 60 + time.second) * 1_000
    },
  }
}

function makeYear(zone: string, year: number): readonly CivilDay[] {
  const first = dayNumber(year, 1, 1)
  const count = dayNumber(year + 1, 1, 1) - first
  const starts = dayStarts(zone, first, count + 1)
  return Array.from({ length: count }, (_, index) => {
    const startMs = starts[index] ?? 0
    const endMs = starts[index + 1] ?? 0
    return {
      number: first + index,
      ...civilDate(first + index),
      // 1970-01-01 was a Thursday.
      weekday: (first + index + 4) % 7,
      startMs,
      endMs,
      quarters: endMs - startMs === DAY_MS ? regularQuarters : oddQuarters(zone, startMs, endMs),
    }
  })
}

/** Asking for an offset is dear: days between two Mondays of one offset are not asked for. */
function dayStarts(zone: string, first: number, count: number): readonly number[] {
  const starts: number[] = []
  let offset = offsetOf(zone, first)
  while (starts.length < count) {
    const day = first + starts.length
    const ahead = offsetOf(zone, day + DAYS_PER_LOOK)
    for (let index = 0; index < DAYS_PER_LOOK && starts.length < count; index++) {
      const each = ahead === offset ? offset : offsetOf(zone, day + index)
      starts.push((day + index) * DAY_MS - each)
    }
    offset = ahead
  }
  return starts
}

/** How far the wall clock of a zone is ahead of UTC when a date begins. */
function offsetOf(zone: string, number: number): number {
  const { year, month, day } = civilDate(number)
  const { epochMilliseconds } = new Temporal.PlainDate(year, month, day).toZonedDateTime(zone)
  if (epochMilliseconds % SLOT_MS !== 0) {
    throw new Error(`${zone} was not at a whole quarter hour from UTC in ${year}`)
  }
  return number * DAY_MS - epochMilliseconds
}

/**
 * Days since 1970-01-01 of a civil date, and back: the usual arithmetic on years that begin in
 * March, so that the leap day comes last.
 */
function dayNumber(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + dayOfYear - DAYS_TO_1970
}

function civilDate(number: number): { year: number; month: number; day: number } {
  const days = number + DAYS_TO_1970
  const era = Math.floor(days / 146_097)
  const inEra = days - era * 146_097
  const yearOfEra = Math.floor(
    (inEra - Math.floor(inEra / 1_460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) /
      365,
  )
  const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * inYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: inYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

function oddQuarters(zone: string, startMs: number, endMs: number): Uint8Array {
  return Uint8Array.from({ length: (endMs - startMs) / SLOT_MS }, (_, slot) => {
    const moment = Temporal.Instant.fromEpochMilliseconds(startMs + slot * SLOT_MS)
    const { hour, minute } = moment.toZonedDateTimeISO(zone)
    return hour * 4 + Math.trunc(minute / 15)
  })
}
