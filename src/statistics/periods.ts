import { type BusinessDate, type CivilTime, hours } from '#src/core'
import type { PeriodKind } from './types.ts'

/** SQL: the first day of the period that a day lies in; `from` is the first day asked for. */
export const starts: Readonly<Record<PeriodKind, (day: string, from: string) => string>> = {
  day: (day) => day,
  week: (day) => `date_trunc('week', ${day}::timestamp)::date`,
  month: (day) => `date_trunc('month', ${day}::timestamp)::date`,
  quarter: (day) => `date_trunc('quarter', ${day}::timestamp)::date`,
  year: (day) => `date_trunc('year', ${day}::timestamp)::date`,
  whole: (_day, from) => `${from}::date`,
}

/** SQL: how long one is. */
export const lengths: Readonly<Record<PeriodKind, string>> = {
  day: '1 day',
  week: '7 days',
  month: '1 month',
  quarter: '3 months',
  year: '1 year',
  whole: '1000 years',
}

interface Asked {
  readonly period: PeriodKind
  readonly from: BusinessDate
  readonly to: BusinessDate
}

const months = { month: 1, quarter: 3, year: 12 } as const

/** The day that stands for one a year ago, or in the period before. */
export function earlierDate(
  civil: CivilTime,
  { period, from, to }: Asked,
  compare: 'year' | 'period',
  date: BusinessDate,
): BusinessDate {
  if (compare === 'year')
    return period === 'week' ? civil.addDays(date, -364) : monthsBack(civil, date, 12)
  if (period === 'day') return civil.addDays(date, -1)
  if (period === 'week') return civil.addDays(date, -7)
  if (period === 'whole') return civil.addDays(date, -daysBetween(civil, from, to))
  return monthsBack(civil, date, months[period])
}

/**
 * The last day to look at a year ago, or in the period before: where the present one is whole so is
 * the earlier one, however long its months are.
 */
export function earlierEnd(
  civil: CivilTime,
  asked: Asked,
  compare: 'year' | 'period',
  to: BusinessDate,
): BusinessDate {
  const end = earlierDate(civil, asked, compare, to)
  const isMonthly = ['month', 'quarter', 'year'].includes(asked.period)
  if (!isMonthly || civil.addDays(to, 1).slice(8) !== '01') return end
  let last = end
  while (civil.addDays(last, 1).slice(0, 7) === end.slice(0, 7)) last = civil.addDays(last, 1)
  return last
}

/** As many months earlier; the last day of a month that has no such day. */
function monthsBack(civil: CivilTime, date: BusinessDate, count: number): BusinessDate {
  const { year, month, day } = civil.toWall(civil.startOf(date))
  const index = year * 12 + month - 1 - count
  const time = {
    year: Math.floor(index / 12),
    month: (index % 12) + 1,
    hour: 0,
    minute: 0,
    second: 0,
  }
  for (let last = day; last > 28; last--) {
    const at = civil.toInstant({ ...time, day: last })
    if (at !== undefined) return civil.dateOf(at)
  }
  const at = civil.toInstant({ ...time, day: Math.min(day, 28) })
  return at === undefined ? date : civil.dateOf(at)
}

/** Both included; a day is some 24 hours. */
const daysBetween = (civil: CivilTime, from: BusinessDate, to: BusinessDate) =>
  Math.round((civil.startOf(to) - civil.startOf(from)) / hours(24)) + 1

/** (now - before) / before to four decimals; null where there was nothing. */
export function growthOf(now: string, before: string): string | null {
  const [present, past] = [microOf(now), microOf(before)]
  if (past <= 0n) return null
  const scaled = ((present - past) * 100_000n) / past
  const half = scaled < 0n ? -5n : 5n
  const rounded = (scaled + half) / 10n
  const digits = String(rounded < 0n ? -rounded : rounded).padStart(5, '0')
  return `${rounded < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`
}

function microOf(text: string): bigint {
  const [whole = '0', part = ''] = text.replace('-', '').split('.')
  const size = BigInt(whole + part.padEnd(6, '0').slice(0, 6))
  return text.startsWith('-') ? -size : size
}
