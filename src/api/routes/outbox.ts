import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type CivilTime, fail, ok } from '#src/core'
import { type Decision, type RefusedFailure, refusedStates } from '#src/outbox'
import { DISPATCHING, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices, RefusedDelivery } from '../services.ts'

const tag = 'Outbox'
const Time = Type.String({ format: 'date-time' })

const Status = closed({
  waiting: Type.Integer({ description: 'Deliveries that are safe and not yet in the database.' }),
  bytes: Type.Integer({ description: 'Of its files.' }),
  oldestSeconds: Type.Integer({ description: 'How long the oldest has waited, about.' }),
  trouble: Type.Union([Type.String(), Type.Null()], {
    description: 'Why nothing is acknowledged now.',
  }),
  refused: Type.Integer({ description: 'Refused records that wait for people.' }),
  damaged: Type.Array(closed({ name: Type.String(), bytes: Type.Integer(), keptAt: Time }), {
    description: 'Bytes of its files that could not be read, kept aside in its folder.',
  }),
})

const Refused = closed({
  id: Id,
  outbox: Type.String({ format: 'uuid' }),
  number: Type.Integer(),
  refusedAt: Time,
  reason: Type.String({ description: 'What the database said.' }),
  state: oneOf(refusedStates),
  decidedAt: Type.Union([Time, Type.Null()]),
  decidedBy: Type.Union([Type.String(), Type.Null()]),
  bytes: Type.Integer(),
  holds: Type.Union(
    [
      closed({
        meters: Type.Array(Type.Integer()),
        readings: Type.Integer(),
        outcomes: Type.Integer(),
        events: Type.Integer(),
      }),
      Type.Null(),
    ],
    { description: 'Null where its bytes cannot be read.' },
  ),
})

/** What waits for the database, and what the database refused for good. */
export function outboxRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { outbox, civil } = services
  const decides = (verb: 'replay' | 'dismiss', summary: string, description: string) =>
    define({
      method: 'POST',
      url: `/api/v1/outbox/refused/:id/${verb}`,
      access: DISPATCHING,
      tag,
      summary,
      description,
      params: IdParams,
      body: closed({}),
      answers: Refused,
      errors: ['refused-not-found', 'refused-decided', 'refused-again'],
      audit: `outbox.${verb}`,
      async handle({ params, actor, note }) {
        const decision: Decision = {
          by: actor.name,
          note: (tx, target) => note(tx, { actor, target, detail: {} }),
        }
        const decided = await outbox.refused[verb](params.id, decision)
        const target = `outbox/refused/${params.id}`
        if (decided.ok) return ok({ body: refusedView(civil, decided.value), target })
        return fail({ ...problemOf(decided.error), audit: { target } })
      },
    })
  return [
    define({
      method: 'GET',
      url: '/api/v1/outbox',
      access: OPERATION,
      tag,
      summary: 'What devices said and the database has not taken yet',
      answers: Status,
      async handle() {
        const { waiting, bytes, oldest, trouble } = outbox.status()
        const [refused, damaged] = await Promise.all([
          outbox.refused.waiting(),
          outbox.refused.damaged(),
        ])
        const oldestSeconds = Math.round(oldest / 1_000)
        return ok({
          body: {
            ...{ waiting, bytes, oldestSeconds, trouble, refused },
            damaged: damaged.map(({ name, byteCount, keptAt }) => {
              return { name, bytes: byteCount, keptAt: civil.iso(keptAt) }
            }),
          },
        })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/outbox/refused',
      access: OPERATION,
      tag,
      summary: 'Records that the database refused for good, newest first',
      query: closed({ ...paging, state: Type.Optional(oneOf(refusedStates)) }),
      answers: pageOf(Refused),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { limit = 100, cursor, state } = query
        const before = numberOf(cursor)
        if (!before.ok) return before
        const found = await outbox.refused.list(state ?? null, before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => refusedView(civil, one))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    decides(
      'replay',
      'Store it now, after what kept it out was put right',
      'The same again is answered as it is, and nothing is stored a second time.',
    ),
    decides('dismiss', 'It waits for nobody any more', 'The record stays where it is.'),
  ]
}

function problemOf(failure: RefusedFailure): Problem {
  switch (failure.kind) {
    case 'not-found':
      return { code: 'refused-not-found' }
    case 'decided':
      return { code: 'refused-decided' }
    case 'unreadable':
      return { code: 'refused-again', detail: 'This version cannot read its bytes.' }
    case 'refused-again':
      return { code: 'refused-again', detail: failure.reason }
  }
}

function refusedView(civil: CivilTime, one: RefusedDelivery) {
  const { id, outbox, number, reason, state, decidedBy, byteCount, item } = one
  const { readings = [], outcomes = [], events = [], frames = [] } = item ?? {}
  const meters = [readings, outcomes, frames].flatMap((some) => some.map(({ meterId }) => meterId))
  return {
    ...{ id, outbox, number, reason, state, decidedBy },
    refusedAt: civil.iso(one.refusedAt),
    decidedAt: one.decidedAt === null ? null : civil.iso(one.decidedAt),
    bytes: byteCount,
    holds: item && {
      meters: [...new Set(meters)],
      readings: readings.length,
      outcomes: outcomes.length,
      events: events.length,
    },
  }
}
