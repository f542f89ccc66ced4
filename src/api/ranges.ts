import { type Item, type ItemCode, itemOf } from '#protocols/model'
import {
  type CivilTime,
  type Duration,
  fail,
  hours,
  type Instant,
  instant,
  ok,
  parseBusinessDate,
  parseInstant,
  type Result,
} from '#src/core'
import type { Granularity } from '#src/metering'
import type { Problem } from './problems.ts'

export interface Range {
  readonly from: Instant
  readonly to: Instant
}

const days = (count: number): Duration => hours(count * 24)

/** What one request may ask for, and what it gets if it names no beginning. */
const spans: Readonly<Record<Granularity, { readonly max: Duration; readonly usual: Duration }>> = {
  '15min': { max: days(62), usual: days(1) },
  hour: { max: days(400), usual: days(7) },
  day: { max: days(3_660), usual: days(31) },
  month: { max: days(7_320), usual: days(366) },
}

/** A year of a meter's present values, or of one curve. */
export const CURVE_SPAN_MAX = days(400)

/** 2000-01-01: nothing here is older, and far past or future is a slip of the pen. */
const EARLIEST = instant(946_684_800_000)
const LATEST = instant(4_102_444_800_000)

function invalid(name: string, message: string): Problem {
  return { code: 'invalid-range', errors: [{ in: 'query', name, message }] }
}

/** An ISO moment with offset, or a civil date meaning its first moment. */
export function parseMoment(
  civil: CivilTime,
  name: string,
  text: string,
): Result<Instant, Problem> {
  const date = parseBusinessDate(text)
  // A plus sign that was not percent-encoded arrives as a space.
  const spelled = text.replace(/ (?=\d{2}:?\d{2}$)/, '+')
  const at = date === undefined ? parseInstant(spelled) : civil.startOf(date)
  if (at === undefined) {
    return fail(invalid(name, 'is not ISO 8601 with an offset, nor a date such as 2026-11-21'))
  }
  if (at < EARLIEST || at > LATEST) return fail(invalid(name, 'lies outside 2000 to 2099'))
  return ok(at)
}

/** Both ends where given, in order. */
export function parseOpenRange(
  civil: CivilTime,
  query: { readonly from?: string; readonly to?: string },
): Result<{ from?: Instant; to?: Instant }, Problem> {
  const range: { from?: Instant; to?: Instant } = {}
  if (query.from !== undefined) {
    const from = parseMoment(civil, 'from', query.from)
    if (!from.ok) return from
    range.from = from.value
  }
  if (query.to !== undefined) {
    const to = parseMoment(civil, 'to', query.to)
    if (!to.ok) return to
    range.to = to.value
  }
  if (range.from !== undefined && range.to !== undefined && range.from >= range.to) {
    return fail(invalid('to', 'must be later than from'))
  }
  return ok(range)
}

export function parseRange(
  civil: CivilTime,
  query: { readonly from?: string; readonly to?: string },
  now: Instant,
  span: { readonly max: Duration; readonly usual: Duration },
): Result<Range, Problem> {
  const open = parseOpenRange(civil, query)
  if (!open.ok) return open
  const to = open.value.to ?? now
  const from = open.value.from ?? instant(to - span.usual)
  if (from >= to) return fail(invalid('from', 'lies in the future'))
  if (to - from > span.max) {
    const daysMax = Math.floor(span.max / days(1))
    return fail({ code: 'range-too-long', detail: `At most ${daysMax} days in one request.` })
  }
  return ok({ from, to })
}

export const parseUsageRange = (
  civil: CivilTime,
  query: { readonly from?: string; readonly to?: string },
  now: Instant,
  granularity: Granularity,
): Result<Range, Problem> => parseRange(civil, query, now, spans[granularity])

export function parseRegister(text: string): Result<Item & { code: ItemCode }, Problem> {
  const item = itemOf(text)
  if (item) return ok(item)
  const detail = `${text} is no code of the register model; 1.8.0 is active energy import.`
  return fail({ code: 'unknown-register', detail })
}
