import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { decimalText } from '#protocols/model'
import {
  type BusinessDate,
  type CivilTime,
  fail,
  ok,
  parseBusinessDate,
  type Result,
} from '#src/core'
import { type ForecastError, type ForecastOfDay, targetKinds } from '#src/forecast'
import { sheetFormats } from '#src/sheets'
import { BUSINESS, OPERATION } from '../access.ts'
import { CivilDate } from '../collection-schemas.ts'
import { numberOf, placeOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Moment, oneOf, orNull, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import { sheetOf } from '../statistics-views.ts'

const tag = 'Forecasts'
/** Days of one call. */
const DAYS_MAX = 4_000
const columns = ['start', 'end', 'value#', 'low#', 'high#', 'naive#', 'actual#']

const Power = Type.String({ description: 'Mean power in kW.', examples: ['12.345'] })
const Share = orNull(Type.String({ description: 'Part of the load, in percent.' }))
const ErrorView = closed({
  days: Type.Integer({ description: 'Past days that are known and count here.' }),
  percent: Share,
  naivePercent: Share,
})
const Which = closed({
  kind: oneOf(targetKinds),
  name: Type.Optional(Type.String({ description: 'Code of the node, or name of the group.' })),
  date: Type.Optional(CivilDate),
})
const ForecastView = closed({
  kind: oneOf(targetKinds),
  name: Type.String(),
  date: CivilDate,
  unit: Type.Literal('kW'),
  madeAt: Moment,
  method: Type.String(),
  bestMethod: Type.String({
    description: 'Another one than the method where that lost to the naive one of late.',
  }),
  error: ErrorView,
  items: Type.Array(
    closed({
      start: Moment,
      end: Moment,
      value: Power,
      low: Power,
      high: Power,
      naive: Power,
      actual: orNull(Power),
    }),
  ),
})
const ScoresView = closed({
  items: Type.Array(
    closed({
      kind: oneOf(targetKinds),
      name: Type.String(),
      method: orNull(Type.String()),
      error: ErrorView,
    }),
  ),
  next: orNull(Type.String()),
})
const CalendarDay = closed({
  date: CivilDate,
  kind: oneOf(['work', 'rest', 'holiday'] as const),
  name: Type.String({ maxLength: 200 }),
})
const Temperature = closed({
  date: CivilDate,
  region: orNull(Type.String({ description: 'Code of a region; null for everywhere.' })),
  celsius: Type.String({ pattern: '^-?\\d{1,2}(\\.\\d)?$', examples: ['-3.5'] }),
  expected: Type.Boolean({ description: 'Forecast by the weather service, not measured.' }),
})

/** Load of the day ahead (日前负荷预测), its error beside a naive one, and what people enter. */
export function forecastRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { forecasts, civil, clock } = services

  async function forecastOf(query: Static<typeof Which>): Promise<Result<ForecastOfDay, Problem>> {
    const tomorrow = civil.addDays(civil.dateOf(clock.now()), 1)
    const date = query.date === undefined ? tomorrow : parseBusinessDate(query.date)
    if (date === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
    const name = query.name ?? (query.kind === 'all' ? 'all' : '')
    const found = await forecasts.day(query.kind, name, date)
    if (found === undefined) return fail({ code: 'node-not-found' })
    return found === null ? fail({ code: 'forecast-not-found' }) : ok(found)
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/forecasts',
      access: BUSINESS,
      tag,
      summary: 'Load by hour of a day, tomorrow if none is named (日前负荷预测)',
      description:
        'Made each day for the next from what is known through the day before. A method that ' +
        'loses to the naive one (the same hour a week before) is shown as naive.',
      query: Which,
      answers: ForecastView,
      errors: ['node-not-found', 'forecast-not-found', 'invalid-range'],
      async handle({ query }) {
        const found = await forecastOf(query)
        return found.ok ? ok({ body: forecastView(found.value, civil) }) : found
      },
    }),
    ...sheetFormats.map((format) =>
      define({
        method: 'GET',
        url: `/api/v1/forecasts.${format}`,
        access: BUSINESS,
        tag,
        summary: `The same as ${format.toUpperCase()}`,
        query: Which,
        answers: Type.String(),
        errors: ['node-not-found', 'forecast-not-found', 'invalid-range'],
        async handle({ query, reply }) {
          const found = await forecastOf(query)
          if (!found.ok) return found
          const { kind, name, date, items } = forecastView(found.value, civil)
          const sheet = sheetOf(`forecast ${kind} ${name} ${date}`.slice(0, 31), columns, items)
          await sendSheet(reply, sheet, format)
          return ok({ body: '' })
        },
      }),
    ),
    define({
      method: 'GET',
      url: '/api/v1/forecasts/scores',
      access: BUSINESS,
      tag,
      summary: 'How far off forecasts were over the last 28 days, the largest load first',
      query: closed({ kind: Type.Optional(oneOf(targetKinds)), ...paging }),
      answers: ScoresView,
      errors: ['bad-cursor'],
      async handle({ query: { kind, cursor, limit = 100 } }) {
        const offset = numberOf(cursor)
        if (!offset.ok) return offset
        const page = { offset: offset.value ?? 0, limit }
        const { items, next } = await forecasts.scores(kind ?? null, page)
        const shown = items.map(({ kind: one, name, method, error }) => {
          return { kind: one, name, method, error: errorView(error) }
        })
        return ok({ body: { items: shown, next: placeOf(next) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/calendar-days',
      access: BUSINESS,
      tag,
      summary: 'Days that are not what their weekday says (节假日、调休)',
      query: closed({ from: CivilDate, to: CivilDate }),
      answers: closed({ items: Type.Array(CalendarDay) }),
      errors: ['invalid-range'],
      async handle({ query }) {
        const [from, to] = [parseBusinessDate(query.from), parseBusinessDate(query.to)]
        if (from === undefined || to === undefined) return fail({ code: 'invalid-range' })
        return ok({ body: { items: [...(await forecasts.calendar(from, to))] } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/calendar-days',
      access: OPERATION,
      tag,
      summary: 'Enter such days; a day that is there is changed',
      body: closed({ items: Type.Array(CalendarDay, { minItems: 1, maxItems: DAYS_MAX }) }),
      answers: closed({ written: Type.Integer() }),
      errors: ['invalid-parameters'],
      audit: 'calendar.set',
      async handle({ body: { items }, note }) {
        const days = items.flatMap((item) => {
          const date = parseBusinessDate(item.date)
          return date === undefined ? [] : [{ ...item, date }]
        })
        const wrong = mistakeIn(items, days)
        if (wrong !== null) return fail({ code: 'invalid-parameters', detail: wrong })
        await forecasts.setCalendar(days, (tx) =>
          note(tx, { target: 'calendar', detail: { days: days.length } }),
        )
        return ok({ body: { written: days.length } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/temperatures',
      access: OPERATION,
      tag,
      summary: 'Enter mean temperatures of days, measured or expected',
      body: closed({ items: Type.Array(Temperature, { minItems: 1, maxItems: DAYS_MAX }) }),
      answers: closed({ written: Type.Integer() }),
      errors: ['invalid-parameters', 'node-not-found'],
      audit: 'temperatures.set',
      async handle({ body: { items }, note }) {
        const rows = items.flatMap(({ date, expected, ...item }) => {
          const day = parseBusinessDate(date)
          return day === undefined ? [] : [{ ...item, date: day, isExpected: expected }]
        })
        const keys = items.map((one) => {
          return { ...one, date: `${one.date} ${one.region ?? ''} ${one.expected}` }
        })
        const wrong = mistakeIn(keys, rows)
        if (wrong !== null) return fail({ code: 'invalid-parameters', detail: wrong })
        const unknown = await forecasts.setTemperatures(rows, (tx) =>
          note(tx, { target: 'temperatures', detail: { days: rows.length } }),
        )
        if (unknown.length > 0) {
          const detail = `No such region: ${unknown.join(', ')}.`
          return fail({ code: 'node-not-found', detail })
        }
        return ok({ body: { written: rows.length } })
      },
    }),
  ]
}

/** What is wrong with the days of a list; null where nothing is. */
function mistakeIn(
  given: readonly { readonly date: string }[],
  parsed: readonly { readonly date: BusinessDate }[],
): string | null {
  if (parsed.length < given.length) return 'A date is not one that exists.'
  if (new Set(given.map(({ date }) => date)).size < given.length) return 'A day is there twice.'
  return null
}

function forecastView(found: ForecastOfDay, civil: CivilTime): Static<typeof ForecastView> {
  const { kind, name, date, madeAt, method, bestMethod, error, hours } = found
  return {
    ...{ kind, name, date, unit: 'kW', madeAt: civil.iso(madeAt), method, bestMethod },
    error: errorView(error),
    items: hours.map(({ start, end, watts, low, high, naive, actual }) => ({
      ...{ start: civil.iso(start), end: civil.iso(end) },
      ...{ value: kilowatts(watts), low: kilowatts(low), high: kilowatts(high) },
      ...{ naive: kilowatts(naive), actual: actual === null ? null : kilowatts(actual) },
    })),
  }
}

const kilowatts = (watts: bigint) => decimalText(watts, 3)

function errorView({ days, share, naiveShare }: ForecastError): Static<typeof ErrorView> {
  const percent = (part: number | null) => (part === null ? null : decimalText(BigInt(part), 2))
  return { days, percent: percent(share), naivePercent: percent(naiveShare) }
}
