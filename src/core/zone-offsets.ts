import { Temporal } from 'temporal-polyfill'
import type { Instant } from './clock.ts'

/** A stretch of time in which a zone keeps its offset from UTC. */
interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  readonly offsetMs: number
  /** `+08:00`; null where the offset has seconds, as before the age of standard time. */
  readonly text: string | null
}

/** Two a year: enough for all that meters have recorded. */
const STRETCHES_MAX = 128

const DAY_MS = 86_400_000
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'))

/** Writes moments of one zone as ISO 8601, some ten times as fast as Temporal. */
export function isoWriter(zone: string): (at: Instant) => string {
  const known: Stretch[] = []
  const stretchAt = (at: Instant): Stretch => {
    const found = known.find(({ fromMs, toMs }) => at >= fromMs && at < toMs)
    if (found) return found
    if (known.length >= STRETCHES_MAX) known.length = 0
    const stretch = stretchAround(zone, at)
    known.unshift(stretch)
    return stretch
  }
  let last = { day: 0, text: dateText(0) }
  return (at) => {
    const { offsetMs, text } = stretchAt(at)
    if (text === null) return slowly(zone, at)
    const day = Math.floor((at + offsetMs) / DAY_MS)
    if (day !== last.day) last = { day, text: dateText(day) }
    return `${last.text}T${timeText(at + offsetMs - day * DAY_MS)}${text}`
  }
}

function dateText(day: number): string {
  const midnight = Temporal.Instant.fromEpochMilliseconds(day * DAY_MS).toString()
  return midnight.slice(0, midnight.indexOf('T'))
}

function timeText(ofDayMs: number): string {
  const seconds = Math.floor(ofDayMs / 1_000)
  const minutes = Math.floor(seconds / 60)
  const text = `${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[seconds % 60]}`
  const rest = ofDayMs % 1_000
  return rest === 0 ? text : `${text}.${String(rest).padStart(3, '0')}`
}

function stretchAround(zone: string, at: Instant): Stretch {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
  const previous = zoned.add({ milliseconds: 1 }).getTimeZoneTransition('previous')
  const next = zoned.getTimeZoneTransition('next')
  const offsetMs = zoned.offsetNanoseconds / 1_000_000
  return {
    fromMs: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    toMs: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs,
    text: offsetMs % 60_000 === 0 ? zoned.offset : null,
  }
}

function slowly(zone: string, at: Instant): string {
  const fractionalSecondDigits = at % 1_000 === 0 ? 0 : 3
  return Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(zone)
    .toString({ timeZoneName: 'never', fractionalSecondDigits })
}
