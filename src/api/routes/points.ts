import type { Static } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, RouteOptions } from 'fastify'
import { fail, hours, idOf, ok, type Result } from '#src/core'
import { type Point, pointStates } from '#src/points'
import { BUSINESS, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import {
  Alarm,
  alarmView,
  BUCKETS,
  type Bucket,
  Change,
  Name,
  NewPoint,
  PointView,
  pointView,
  problemOf,
  settingsOf,
  Trend,
  TrendQuery,
} from '../point-views.ts'
import type { Problem } from '../problems.ts'
import { CURVE_SPAN_MAX, parseRange } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Monitored points'
/** A trend without a beginning. */
const TREND_USUAL = hours(24)

/** Monitored points (在线监测点): limits, alarms, trends. */
export function pointRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { points, civil, clock } = services

  async function trendOf(
    id: number,
    query: Static<typeof TrendQuery>,
  ): Promise<Result<{ readonly point: Point; readonly items: Static<typeof Bucket>[] }, Problem>> {
    const point = await points.get(idOf(id))
    if (!point) return fail({ code: 'point-not-found' })
    const span = { max: CURVE_SPAN_MAX, usual: TREND_USUAL }
    const range = parseRange(civil, query, clock.now(), span)
    if (!range.ok) return range
    const { from, to } = range.value
    const buckets = await points.trend(point, from, to, query.points ?? BUCKETS)
    const items = buckets.map(({ start, end, ...rest }) => {
      return { start: civil.iso(start), end: civil.iso(end), ...rest }
    })
    return ok({ point, items })
  }

  const view = (point: Point) => pointView(point, civil, clock.now())

  return [
    define({
      method: 'GET',
      url: '/api/v1/points',
      access: BUSINESS,
      tag,
      summary: 'Monitored points with their values, and how old these are',
      query: closed({
        ...paging,
        state: Type.Optional(oneOf(pointStates)),
        meter: Type.Optional(Id),
        name: Type.Optional(Name),
      }),
      answers: pageOf(PointView),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const filter = {
          ...(query.state === undefined ? {} : { state: query.state }),
          ...(query.meter === undefined ? {} : { meterId: idOf<'meter'>(query.meter) }),
          ...(query.name === undefined ? {} : { name: query.name }),
        }
        const found = await points.list(filter, after.value ?? 0, limit + 1)
        const items = found.slice(0, limit).map(view)
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/points',
      access: OPERATION,
      tag,
      summary: 'Monitor a register of a meter',
      body: NewPoint,
      status: 201,
      answers: PointView,
      errors: ['meter-not-found', 'name-taken', 'invalid-parameters'],
      audit: 'point.create',
      async handle({ body, note }) {
        const settings = settingsOf(body, null)
        if (!settings.ok) return settings
        const made = await points.create(settings.value, (tx) =>
          note(tx, { target: `point/${body.name}`, detail: { ...body } }),
        )
        if (!made.ok) return fail(problemOf(made.error))
        const headers = { location: `/api/v1/points/${made.value.id}` }
        return ok({ body: view(made.value), headers })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/points/:id',
      access: BUSINESS,
      tag,
      summary: 'One monitored point',
      params: IdParams,
      answers: PointView,
      errors: ['point-not-found'],
      async handle({ params }) {
        const point = await points.get(idOf(params.id))
        return point ? ok({ body: view(point) }) : fail({ code: 'point-not-found' })
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/points/:id',
      access: OPERATION,
      tag,
      summary: 'Change a point; it is judged anew from its newest value on',
      params: IdParams,
      body: Change,
      answers: PointView,
      errors: ['point-not-found', 'meter-not-found', 'name-taken', 'invalid-parameters'],
      audit: 'point.change',
      async handle({ params, body, note }) {
        const audit = { target: `point/${params.id}` }
        const known = await points.get(idOf(params.id))
        if (!known) return fail({ code: 'point-not-found', audit })
        const settings = settingsOf(body, known)
        if (!settings.ok) return fail({ ...settings.error, audit })
        const changed = await points.change(known.id, settings.value, (tx) =>
          note(tx, { ...audit, detail: { ...body } }),
        )
        if (!changed.ok) return fail({ ...problemOf(changed.error), audit })
        return ok({ body: view(changed.value) })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/points/:id',
      access: OPERATION,
      tag,
      summary: 'Monitor it no more; its readings stay',
      params: IdParams,
      answers: closed({}),
      errors: ['point-not-found'],
      audit: 'point.remove',
      async handle({ params, note }) {
        const audit = { target: `point/${params.id}` }
        const isRemoved = await points.remove(idOf(params.id), (tx) => note(tx, audit))
        return isRemoved ? ok({ body: {} }) : fail({ code: 'point-not-found', audit })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/points/:id/acknowledge',
      access: OPERATION,
      tag,
      summary: 'Acknowledge the alarms of a point (确认告警)',
      params: IdParams,
      body: closed({ note: Type.Optional(Type.String({ maxLength: 500 })) }),
      answers: closed({ acknowledged: Type.Integer() }),
      errors: ['point-not-found'],
      audit: 'point.acknowledge',
      async handle({ params, body, actor, note }) {
        const audit = { target: `point/${params.id}` }
        const count = await points.acknowledge(idOf(params.id), actor.name, body.note ?? '', (tx) =>
          note(tx, { ...audit, detail: { ...body } }),
        )
        if (count === undefined) return fail({ code: 'point-not-found', audit })
        return ok({ body: { acknowledged: count } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/points/:id/alarms',
      access: BUSINESS,
      tag,
      summary: 'Alarms of a point, newest first',
      params: IdParams,
      query: closed(paging),
      answers: pageOf(Alarm),
      errors: ['bad-cursor', 'point-not-found'],
      async handle({ params, query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        if (!(await points.get(idOf(params.id)))) return fail({ code: 'point-not-found' })
        const limit = query.limit ?? 100
        const found = await points.alarms(idOf(params.id), before.value, limit + 1)
        const items = found.slice(0, limit).map((alarm) => alarmView(alarm, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/points/:id/trend',
      access: BUSINESS,
      tag,
      summary: 'Least, greatest, average and last value of equal stretches of time (趋势)',
      params: IdParams,
      query: TrendQuery,
      answers: Trend,
      errors: ['point-not-found', 'invalid-range', 'range-too-long'],
      async handle({ params, query }) {
        const trend = await trendOf(params.id, query)
        if (!trend.ok) return trend
        const { point, items } = trend.value
        return ok({ body: { unit: point.unit, items, next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/points/:id/trend.csv',
      access: BUSINESS,
      tag,
      summary: 'The same as CSV (`text/csv`)',
      params: IdParams,
      query: TrendQuery,
      answers: Type.String(),
      errors: ['point-not-found', 'invalid-range', 'range-too-long'],
      async handle({ params, query, reply }) {
        const trend = await trendOf(params.id, query)
        if (!trend.ok) return trend
        await sendCsv(reply, trend.value.items)
        return ok({ body: '' })
      },
    }),
  ]
}

async function sendCsv(reply: FastifyReply, items: readonly Static<typeof Bucket>[]) {
  const rows = items.map(({ start, end, min, max, average, last, count }) =>
    [start, end, min, max, average, last, count].join(','),
  )
  const text = ['start,end,min,max,average,last,count', ...rows, ''].join('\r\n')
  await reply.type('text/csv; charset=utf-8').serializer(String).send(text)
}
