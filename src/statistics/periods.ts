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
