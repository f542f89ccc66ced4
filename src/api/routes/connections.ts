import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type ConcentratorId, fail, hours, idOf, instant, ok, parseBusinessDate } from '#src/core'
import { BUSINESS, INSTALLATION, OPERATION } from '../access.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, Moment } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Concentrators'
/** Times online and events of one answer; a device with more is asked about a shorter time. */
const ROWS_MAX = 1_000
const Time = Type.String({ format: 'date-time' })
const TimeOrNull = Type.Union([Time, Type.Null()])
const TextOrNull = Type.Union([Type.String(), Type.Null()])
const DateText = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-11-22'] })

const counts = {
  bytesUp: Type.Integer({ description: 'From the device, heartbeats and logins included.' }),
  bytesDown: Type.Integer(),
  framesUp: Type.Integer({ description: 'As they came: a frame may be in pieces.' }),
  framesDown: Type.Integer(),
  logins: Type.Integer(),
  heartbeats: Type.Integer(),
}
const Flapping = closed({
  since: Time,
  lastAt: Time,
  takeovers: Type.Integer(),
  addresses: Type.Array(Type.String()),
})
const Connections = closed({
  intervals: Type.Array(
    closed({ from: Time, to: TimeOrNull, remoteAddress: TextOrNull, endReason: TextOrNull }),
    { description: 'Times online, newest first; the one that lasts has no end.' },
  ),
  events: Type.Array(
    closed({
      at: Time,
      kind: Type.String(),
      remoteAddress: Type.String(),
      otherAddress: Type.String(),
      times: Type.Integer(),
    }),
  ),
  flapping: Type.Union([Flapping, Type.Null()], {
    description: 'Two devices under one identity; stands until somebody clears it.',
  }),
})
const Sim = closed({
  iccid: Type.String({ pattern: '^[0-9A-F]{18,22}$' }),
  msisdn: Type.Optional(Type.String({ pattern: '^\\d{5,20}$' })),
  pool: Type.Optional(Type.String({ maxLength: 64 })),
  apn: Type.Optional(Type.String({ maxLength: 64 })),
  fixedAddress: Type.Optional(
    Type.String({ anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }], maxLength: 45 }),
  ),
  from: Type.Optional(DateText),
})
const Range = closed({ from: Type.Optional(Moment), to: Type.Optional(Moment) })
const DateRange = closed({ from: Type.Optional(DateText), to: Type.Optional(DateText) })

/** When concentrators were online, who took over from whom, and what they cost to talk to. */
export function connectionRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { presence, registry, civil, clock } = services
  const find = (id: number) => registry.concentrator(idOf(id))

  function dates(query: { readonly from?: string; readonly to?: string }) {
    const today = civil.dateOf(clock.now())
    const from = parseBusinessDate(query.from ?? civil.addDays(today, -30))
    const to = parseBusinessDate(query.to ?? today)
    const isRange = from !== undefined && to !== undefined && from <= to
    return isRange ? ok({ from, to }) : fail({ code: 'invalid-range' } as const)
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/concentrators/:id/connections',
      access: BUSINESS,
      tag,
      summary: 'When a concentrator was online, and what happened on its connections',
      params: IdParams,
      query: Range,
      answers: Connections,
      errors: ['concentrator-not-found', 'invalid-range'],
      async handle({ params, query }) {
        if (!(await find(params.id))) return fail({ code: 'concentrator-not-found' })
        const now = clock.now()
        const from = query.from === undefined ? ok(now) : parseMoment(civil, 'from', query.from)
        const to = query.to === undefined ? ok(now) : parseMoment(civil, 'to', query.to)
        if (!from.ok) return from
        if (!to.ok) return to
        const since = query.from === undefined ? instant(to.value - hours(7 * 24)) : from.value
        if (since > to.value) return fail({ code: 'invalid-range' })
        const id: ConcentratorId = idOf(params.id)
        const span = [id, since, instant(to.value + 1), ROWS_MAX] as const
        const [intervals, events, [flapping]] = await Promise.all([
          presence.intervals(...span),
          presence.events(...span),
          presence.flappingOf([id]),
        ])
        return ok({
          body: {
            intervals: intervals.map((one) => ({
              from: civil.iso(one.from),
              to: one.to === null ? null : civil.iso(one.to),
              remoteAddress: one.remoteAddress,
              endReason: one.endReason,
            })),
            events: events.map(({ at, kind, remoteAddress, otherAddress, times }) => {
              return { at: civil.iso(at), kind, remoteAddress, otherAddress, times }
            }),
            flapping: flapping
              ? {
                  since: civil.iso(flapping.since),
                  lastAt: civil.iso(flapping.lastAt),
                  takeovers: flapping.takeovers,
                  addresses: [...flapping.addresses],
                }
              : null,
          },
        })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/concentrators/:id/flapping',
      access: OPERATION,
      tag,
      summary: 'Say that the second device under this identity was found',
      params: IdParams,
      status: 204,
      answers: Type.Null(),
      errors: ['concentrator-not-found'],
      audit: 'concentrator.flapping-cleared',
      async handle({ params, actor, note }) {
        const target = `concentrator/${params.id}`
        const isCleared = await presence.clearFlapping(idOf(params.id), clock.now(), (tx) =>
          note(tx, { actor, target, detail: {} }),
        )
        if (!isCleared) return fail({ code: 'concentrator-not-found', audit: { target } })
        return ok({ body: null, target })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/concentrators/:id/traffic',
      access: BUSINESS,
      tag,
      summary: 'What went over the connections of a concentrator, by business day',
      params: IdParams,
      query: DateRange,
      answers: closed({
        sim: Type.Union([
          closed({
            iccid: Type.String(),
            msisdn: TextOrNull,
            pool: Type.String(),
            apn: Type.String(),
            fixedAddress: TextOrNull,
          }),
          Type.Null(),
        ]),
        days: Type.Array(closed({ date: DateText, ...counts })),
      }),
      errors: ['concentrator-not-found', 'invalid-range'],
      async handle({ params, query }) {
        if (!(await find(params.id))) return fail({ code: 'concentrator-not-found' })
        const range = dates(query)
        if (!range.ok) return range
        const { from, to } = range.value
        const [days, card] = await Promise.all([
          presence.traffic(idOf(params.id), from, to),
          presence.simOf(idOf(params.id), to),
        ])
        const sim = card
          ? {
              iccid: card.iccid,
              msisdn: card.msisdn,
              pool: card.pool,
              apn: card.apn,
              fixedAddress: card.fixedAddress,
            }
          : null
        return ok({ body: { sim, days: days.map((day) => ({ ...day })) } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/concentrators/:id/sim',
      access: INSTALLATION,
      tag,
      summary: 'Which SIM card is in it from a day on',
      description:
        'The card leaves the device that had it. With `fixedAddress`, a call from elsewhere is ' +
        'not let in.',
      params: IdParams,
      body: Sim,
      status: 204,
      answers: Type.Null(),
      errors: ['concentrator-not-found', 'invalid-range'],
      audit: 'concentrator.sim',
      async handle({ params, body, actor, note }) {
        const target = `concentrator/${params.id}`
        if (!(await find(params.id))) {
          return fail({ code: 'concentrator-not-found', audit: { target } })
        }
        const { iccid, msisdn = null, pool = '', apn = '', fixedAddress = null } = body
        const from = parseBusinessDate(body.from ?? civil.dateOf(clock.now()))
        if (from === undefined) return fail({ code: 'invalid-range', audit: { target } })
        const card = { iccid, msisdn, pool, apn, fixedAddress }
        await presence.placeSim(idOf(params.id), card, from, (tx) =>
          note(tx, { actor, target, detail: { ...card, from } }),
        )
        return ok({ body: null, target })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/sims',
      access: BUSINESS,
      tag,
      summary: 'Traffic by pool of SIM cards',
      query: DateRange,
      answers: closed({
        from: DateText,
        to: DateText,
        pools: Type.Array(closed({ pool: Type.String(), cards: Type.Integer(), ...counts })),
      }),
      errors: ['invalid-range'],
      async handle({ query }) {
        const range = dates(query)
        if (!range.ok) return range
        const { from, to } = range.value
        const pools = await presence.simPools(from, to)
        return ok({ body: { from, to, pools: pools.map((pool) => ({ ...pool })) } })
      },
    }),
  ]
}
