import type { BusinessDate, CivilTime, Instant } from '#src/core'
import { timestamptz } from '#src/db'
import { nextMonth } from '#src/metering'
import type { LossPeriod } from './parts.ts'

/** A civil day or month with its moments. */
export interface Span {
  readonly startsOn: BusinessDate
  readonly start: Instant
  readonly end: Instant
}

export interface NodePeriod {
  readonly nodeId: number
  readonly startsOn: BusinessDate
}

export const spanValues = (spans: readonly Span[]) => [
  spans.map(({ startsOn }) => startsOn),
  spans.map(({ start }) => timestamptz(start)),
  spans.map(({ end }) => timestamptz(end)),
]

export const boundsOf = (spans: readonly Span[]) => {
  const dates = spans.map(({ startsOn }) => startsOn).toSorted()
  return [dates[0] ?? '2000-01-01', dates.at(-1) ?? '2000-01-01']
}

export function spansOf(
  civil: CivilTime,
  period: LossPeriod,
  dates: readonly BusinessDate[],
): Span[] {
  return dates.map((startsOn) => {
    const next = period === 'day' ? civil.addDays(startsOn, 1) : nextMonth(civil, startsOn)
    return { startsOn, start: civil.startOf(startsOn), end: civil.startOf(next) }
  })
}
