import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type BusinessDate, fail, ok, parseBusinessDate, type Result } from '#src/core'
import { sheetFormats } from '#src/sheets'
import { BUSINESS } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { DutyKindText } from '../duty-schemas.ts'
import {
  IndicatorsView,
  indicatorsView,
  LossView,
  lossFields,
  lossSheet,
  lossView,
  ManagerIndicatorsView,
  MemberView,
  memberView,
  Scope,
} from '../loss-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import { lineLossWorkRoutes } from './line-loss-work.ts'

const tag = 'Line loss'
const MEMBERS = 1_000
const HISTORY_DAYS = 400
const FILE_MAX = 100_000

const CivilDay = Type.String({ format: 'date' })
const when = {
  date: Type.Optional(Type.String({ format: 'date', description: 'A day; yesterday if absent.' })),
  month: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}$', examples: ['2026-10'] })),
}
const filter = {
  scope: Type.Optional(Scope),
  ...when,
  computable: Type.Optional(Type.Boolean()),
  below: Type.Optional(Id),
}
const ScopeParams = closed({ scope: Scope, id: Id })

interface When {
  readonly period: 'day' | 'month'
  readonly startsOn: BusinessDate
}

/** Losses of areas, feeders, buses, substations, regions and levels of voltage (线损). */
export function lineLossRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { lineLoss, civil, clock } = services

  const whenOf = (query: { date?: string; month?: string }): Result<When, Problem> => {
    if (query.month !== undefined) {
      const startsOn = parseBusinessDate(`${query.month}-01`)
      if (startsOn === undefined) return fail({ code: 'invalid-range', detail: 'No such month.' })
      return ok({ period: 'month', startsOn })
    }
    const yesterday = civil.addDays(civil.dateOf(clock.now()), -1)
    const startsOn = query.date === undefined ? yesterday : parseBusinessDate(query.date)
    if (startsOn === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
    return ok({ period: 'day', startsOn })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/line-loss',
      access: BUSINESS,
      tag,
      summary: 'Losses of a day or a month by scope; area if absent',
      description: 'Where it is not computable there is no number, and the reasons are given.',
      query: closed({ ...filter, ...paging }),
      answers: pageOf(LossView),
      errors: ['invalid-range', 'bad-cursor'],
      async handle({ query }) {
        const time = whenOf(query)
        if (!time.ok) return time
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const { scope = 'area', limit = 100 } = query
        const asked = { ...query, scope, ...time.value }
        const rows = await lineLoss.list(asked, after.value ?? 0, limit + 1)
        const items = rows.slice(0, limit).map((one) => lossView(civil, one))
        return ok({ body: { items, next: cursorOf(rows, limit, ({ id }) => id) } })
      },
    }),
    ...sheetFormats.map((format) =>
      define({
        method: 'GET',
        url: `/api/v1/line-loss.${format}`,
        access: BUSINESS,
        tag,
        summary: `The same as ${format.toUpperCase()}, all rows at once`,
        query: closed(filter),
        answers: Type.String(),
        errors: ['invalid-range'],
        async handle({ query, reply }) {
          const time = whenOf(query)
          if (!time.ok) return time
          const { scope = 'area' } = query
          const rows = await lineLoss.list({ ...query, scope, ...time.value }, 0, FILE_MAX)
          const name = `line-loss-${scope}-${time.value.startsOn}`
          const sheet = lossSheet(
            name,
            rows.map((one) => lossView(civil, one)),
          )
          await sendSheet(reply, sheet, format)
          return ok({ body: '' })
        },
      }),
    ),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/indicators',
      access: BUSINESS,
      tag,
      summary: 'How many scopes are computable and qualified, became wrong, and are right again',
      query: closed({ scope: filter.scope, ...when, below: filter.below }),
      answers: IndicatorsView,
      errors: ['invalid-range'],
      async handle({ query }) {
        const time = whenOf(query)
        if (!time.ok) return time
        const { scope = 'area' } = query
        const found = await lineLoss.indicators({ ...query, scope, ...time.value })
        return ok({ body: indicatorsView(found) })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/indicators/managers',
      access: BUSINESS,
      tag,
      summary: 'The same of areas or feeders by who was responsible at the end of the period',
      description: 'Ranked by the qualified rate. The parts add up to the total.',
      query: closed({ scope: Type.Optional(DutyKindText), ...when, below: filter.below }),
      answers: ManagerIndicatorsView,
      errors: ['invalid-range'],
      async handle({ query }) {
        const time = whenOf(query)
        if (!time.ok) return time
        const { scope = 'area' } = query
        const found = await lineLoss.indicatorsByManager({ ...query, scope, ...time.value })
        const items = found.items.map(indicatorsView)
        return ok({ body: { total: indicatorsView(found.total), items } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/ranking',
      access: BUSINESS,
      tag,
      summary: 'Scopes with the highest or the lowest loss of a day or a month',
      query: closed({
        ...filter,
        by: Type.Optional(oneOf(['rate', 'loss'])),
        order: Type.Optional(oneOf(['highest', 'lowest'])),
        limit: paging.limit,
      }),
      answers: closed({ items: Type.Array(LossView) }),
      errors: ['invalid-range'],
      async handle({ query }) {
        const time = whenOf(query)
        if (!time.ok) return time
        const { scope = 'area', by = 'rate', order = 'highest', limit = 20 } = query
        const rows = await lineLoss.ranking({ ...query, scope, ...time.value }, by, order, limit)
        return ok({ body: { items: rows.map((one) => lossView(civil, one)) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/:scope/:id',
      access: BUSINESS,
      tag,
      summary: 'The loss of one scope, and the points it is made of, those not read first',
      description: `At most ${MEMBERS} points, of an area, a feeder or a bus.`,
      params: ScopeParams,
      query: closed(when),
      answers: closed({ ...lossFields, points: Type.Array(MemberView) }),
      errors: ['invalid-range', 'node-not-found'],
      async handle({ params: { scope, id }, query }) {
        const time = whenOf(query)
        if (!time.ok) return time
        const { period, startsOn } = time.value
        const one = await lineLoss.get(scope, id, period, startsOn)
        if (one === undefined) return fail({ code: 'node-not-found' })
        const points = ['area', 'feeder', 'bus'].includes(scope)
          ? await lineLoss.members(id, period, startsOn, MEMBERS)
          : []
        return ok({ body: { ...lossView(civil, one), points: points.map(memberView) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/:scope/:id/history',
      access: BUSINESS,
      tag,
      summary: "A scope's losses over days or months, the oldest first",
      params: ScopeParams,
      query: closed({
        from: CivilDay,
        to: CivilDay,
        period: Type.Optional(oneOf(['day', 'month'])),
      }),
      answers: closed({ items: Type.Array(LossView) }),
      errors: ['invalid-range', 'range-too-long'],
      async handle({ params: { scope, id }, query: { period = 'day', ...query } }) {
        const from = parseBusinessDate(query.from)
        const to = parseBusinessDate(query.to)
        if (from === undefined || to === undefined || to < from) {
          return fail({ code: 'invalid-range', detail: 'No such days, or in the wrong order.' })
        }
        if (period === 'day' && civil.addDays(from, HISTORY_DAYS) < to) {
          return fail({ code: 'range-too-long', detail: `At most ${HISTORY_DAYS} days.` })
        }
        const rows = await lineLoss.history(scope, id, period, from, to)
        return ok({ body: { items: rows.map((one) => lossView(civil, one)) } })
      },
    }),
    ...lineLossWorkRoutes(define, services),
  ]
}
