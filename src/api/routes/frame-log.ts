import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fromHex } from '#protocols/bytes'
import { fail, hours, idOf, instant, minutes, ok } from '#src/core'
import type { FrameQuery, LoggedFrame } from '#src/presence'
import { OPERATION } from '../access.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { Cursor, closed, IdParams, Moment, oneOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Concentrators'
const directions = ['sent', 'received'] as const
const Time = Type.String({ format: 'date-time' })
const TimeOrNull = Type.Union([Time, Type.Null()])

const Frame = closed({
  at: Time,
  direction: oneOf(directions),
  hex: Type.String({ description: 'Bytes of passwords are `**`.' }),
  decoded: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
})

/** Frames of one device, written down while that is switched on (报文日志). */
export function frameLogRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { presence, registry, civil, clock, explainFrame } = services
  const find = (id: number) => registry.concentrator(idOf(id))

  return [
    define({
      method: 'PUT',
      url: '/api/v1/concentrators/:id/frame-log',
      access: OPERATION,
      tag,
      summary: 'Write down what passes on its channel, until a time',
      params: IdParams,
      body: closed({
        minutes: Type.Integer({ minimum: 1, maximum: 10_080, description: 'From now.' }),
      }),
      answers: closed({ since: Time, until: Time }),
      errors: ['concentrator-not-found'],
      audit: 'frame-log.on',
      async handle({ params, body, actor, note }) {
        const target = `concentrator/${params.id}`
        const found = await find(params.id)
        if (!found) return fail({ code: 'concentrator-not-found', audit: { target } })
        const since = clock.now()
        const until = instant(since + minutes(body.minutes))
        const on = { concentratorId: found.id, since, until, by: actor.name }
        await presence.switchFrameLog(on, (tx) => note(tx, { actor, target, detail: body }))
        return ok({ body: { since: civil.iso(since), until: civil.iso(until) } })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/concentrators/:id/frame-log',
      access: OPERATION,
      tag,
      summary: 'Write its frames down no more; what was written stays',
      params: IdParams,
      answers: closed({ until: Type.Null() }),
      errors: ['concentrator-not-found'],
      audit: 'frame-log.off',
      async handle({ params, actor, note }) {
        const target = `concentrator/${params.id}`
        if (!(await find(params.id))) {
          return fail({ code: 'concentrator-not-found', audit: { target } })
        }
        await presence.endFrameLog(idOf(params.id), (tx) => note(tx, { actor, target, detail: {} }))
        return ok({ body: { until: null }, target })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/concentrators/:id/frame-log',
      access: OPERATION,
      tag,
      summary: 'Its frames that were written down, newest first',
      description:
        '`contains` is hex; `meter` an address of 12 digits, found as DL/T 645 and DL/T 698.45 ' +
        'put it on the wire. `decode=true` explains each frame.',
      params: IdParams,
      query: closed({
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
        direction: Type.Optional(oneOf(directions)),
        contains: Type.Optional(Type.String({ pattern: '^([0-9A-Fa-f]{2}){1,64}$' })),
        meter: Type.Optional(Type.String({ pattern: '^\\d{12}$' })),
        decode: Type.Optional(Type.Boolean()),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
        cursor: Type.Optional(Cursor),
      }),
      answers: closed({
        since: TimeOrNull,
        until: TimeOrNull,
        items: Type.Array(Frame),
        next: Type.Union([Type.String(), Type.Null()]),
      }),
      errors: ['concentrator-not-found', 'invalid-range', 'bad-cursor'],
      async handle({ params, query }) {
        if (!(await find(params.id))) return fail({ code: 'concentrator-not-found' })
        const now = clock.now()
        const to =
          query.to === undefined ? ok(instant(now + 1)) : parseMoment(civil, 'to', query.to)
        if (!to.ok) return to
        const from =
          query.from === undefined
            ? ok(instant(to.value - hours(24)))
            : parseMoment(civil, 'from', query.from)
        if (!from.ok) return from
        if (from.value > to.value) return fail({ code: 'invalid-range' })
        const before = beforeOf(query.cursor)
        if (before === undefined) return fail({ code: 'bad-cursor' })
        const { limit = 100, direction = null } = query
        const contains = [query.contains?.toUpperCase(), query.meter && reversed(query.meter)]
        const found = await presence.frames(idOf(params.id), {
          from: from.value,
          to: to.value,
          direction,
          contains: contains.filter((hex) => hex !== undefined),
          before,
          limit: limit + 1,
        })
        const log = await presence.frameLog(idOf(params.id))
        const shown = found.slice(0, limit)
        const items = await Promise.all(
          shown.map(async ({ at, direction: way, frame }) => ({
            at: civil.iso(at),
            direction: way,
            hex: frame,
            decoded: query.decode ? await decoded(frame) : null,
          })),
        )
        const last = found.length > limit ? shown.at(-1) : undefined
        const [since, until] = log ? [civil.iso(log.since), civil.iso(log.until)] : [null, null]
        return ok({ body: { since, until, items, next: last ? cursorOf(last) : null } })
      },
    }),
  ]

  async function decoded(hex: string) {
    const bytes = fromHex(hex)
    return bytes ? await explainFrame(bytes) : null
  }
}

/** The order of bytes in which addresses stand in frames. */
const reversed = (digits: string): string => digits.match(/../g)?.toReversed().join('') ?? digits

const cursorOf = ({ at, seq }: LoggedFrame): string =>
  Buffer.from(`f${at}.${seq}`).toString('base64url')

/** Undefined for a cursor that this server never gave. */
function beforeOf(cursor: string | undefined): FrameQuery['before'] | undefined {
  if (cursor === undefined) return null
  const found = /^f(\d{1,15})\.(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString())
  return found ? { at: instant(Number(found[1])), seq: Number(found[2]) } : undefined
}
