import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { type CivilTime, fail, idOf, ok, type Result } from '#src/core'
import {
  type FieldOrder,
  type FieldOrders,
  FieldReport,
  type FieldStep,
  OrderSpec,
  orderKinds,
  orderStates,
} from '#src/fieldwork'
import { BUSINESS, DISPATCHING, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Field orders'
const Time = Type.String({ format: 'date-time' })
const TimeOrNull = Type.Union([Time, Type.Null()])
const TextOrNull = Type.Union([Type.String(), Type.Null()])
const NumberOrNull = Type.Union([Type.Integer(), Type.Null()])
const Facts = Type.Record(Type.String(), Type.Unknown())
const Reason = Type.String({ minLength: 1, maxLength: 500 })

const fields = {
  id: Type.Integer(),
  kind: oneOf(orderKinds),
  state: oneOf(orderStates),
  spec: OrderSpec,
  report: Type.Union([FieldReport, Type.Null()]),
  meter: NumberOrNull,
  usagePoint: NumberOrNull,
  concentrator: NumberOrNull,
  requestedBy: Type.String(),
  requestedAt: Time,
  reportedBy: TextOrNull,
  assignee: NumberOrNull,
  nextAt: TimeOrNull,
  endedAt: TimeOrNull,
  verdict: TextOrNull,
}
const Order = closed(fields)
const Step = closed({
  name: Type.String(),
  state: Type.String(),
  attempts: Type.Integer(),
  startedAt: Time,
  endedAt: TimeOrNull,
  hangsAt: Time,
  evidence: Facts,
  reason: TextOrNull,
})
const Event = closed({ at: Time, actor: Type.String(), event: Type.String(), detail: Facts })
const Whole = closed({ ...fields, steps: Type.Array(Step), events: Type.Array(Event) })

const codes = {
  'not-found': 'order-not-found',
  'not-now': 'not-now',
  wrong: 'invalid-parameters',
  'key-reused': 'idempotency-mismatch',
  'no-such-user': 'user-not-found',
} as const

/** Work in the field (现场工单), from its order to its verdict. */
export function fieldOrderRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { fieldOrders, civil, clock } = services

  function answered(
    outcome: Awaited<ReturnType<FieldOrders['retry']>>,
    target: string,
  ): Result<{ body: Static<typeof Order> }, Problem> {
    if (outcome.ok) return ok({ body: orderView(outcome.value, civil) })
    const { kind, message } = outcome.error
    return fail({ code: codes[kind], detail: message, audit: { target } })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/field-orders',
      access: BUSINESS,
      tag,
      summary: 'Field orders, newest first',
      query: closed({
        ...paging,
        state: Type.Optional(oneOf(orderStates)),
        kind: Type.Optional(oneOf(orderKinds)),
        hanging: Type.Optional(
          Type.Boolean({ description: 'Only those at a step that takes longer than it should.' }),
        ),
      }),
      answers: pageOf(Order),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const { state, kind, hanging, limit = 100 } = query
        const filter = {
          ...(state === undefined ? {} : { state }),
          ...(kind === undefined ? {} : { kind }),
          ...(hanging ? { hangingAt: clock.now() } : {}),
        }
        const found = await fieldOrders.list(filter, before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => orderView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/field-orders/:id',
      access: BUSINESS,
      tag,
      summary: 'One order with its steps and their evidence',
      params: IdParams,
      answers: Whole,
      errors: ['order-not-found'],
      async handle({ params }) {
        const id = idOf<'field_order'>(params.id)
        const found = await fieldOrders.get(id)
        if (!found) return fail({ code: 'order-not-found' })
        const steps = (await fieldOrders.steps(id)).map((step) => stepView(step, civil))
        const events = (await fieldOrders.events(id)).map(({ at, actor, event, detail }) => {
          return { at: civil.iso(at), actor, event, detail: { ...detail } }
        })
        return ok({ body: { ...orderView(found, civil), steps, events } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/field-orders',
      access: DISPATCHING,
      tag,
      summary: 'Order work: replace, install or retire a meter, or replace a concentrator (move)',
      description:
        'Needs an `Idempotency-Key`: the same key is the same order. Steps follow each other by ' +
        'themselves; `report` says what was done in the field.',
      body: closed({ kind: oneOf(orderKinds), spec: OrderSpec }),
      status: 201,
      answers: Order,
      errors: ['order-not-found', 'not-now', 'idempotency-mismatch', 'no-idempotency-key'],
      audit: 'field-order.create',
      async handle({ body, actor, note, request }) {
        const key = keyOf(request)
        if (key === null) return fail({ code: 'no-idempotency-key' })
        const { kind, spec } = body
        const wanted = {
          key: `${actor.kind}/${actor.id}/${key}`,
          kind,
          spec,
          requestedBy: actor.name,
        }
        const outcome = await fieldOrders.order(wanted, (tx) =>
          note(tx, { target: 'field-order', detail: { kind, ...spec } }),
        )
        return answered(outcome, 'field-order')
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/field-orders/:id/report',
      access: OPERATION,
      tag,
      summary: 'Say what was done in the field, once',
      params: IdParams,
      body: FieldReport,
      answers: Order,
      errors: ['order-not-found', 'not-now'],
      audit: 'field-order.report',
      async handle({ params, body, actor, note }) {
        const target = `field-order/${params.id}`
        const told = await fieldOrders.report(idOf(params.id), body, actor.name, (tx) =>
          note(tx, { target, detail: { at: body.at } }),
        )
        return answered(told, target)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/field-orders/:id/assign',
      access: DISPATCHING,
      tag,
      summary: 'Give the work to a person, who is told by a message',
      params: IdParams,
      body: closed({ user: Id }),
      answers: Order,
      errors: ['order-not-found', 'user-not-found', 'not-now'],
      audit: 'field-order.assign',
      async handle({ params, body, actor, note }) {
        const target = `field-order/${params.id}`
        const { user } = body
        const given = await fieldOrders.assign(idOf(params.id), idOf(user), actor.name, (tx) =>
          note(tx, { target, detail: { user } }),
        )
        return answered(given, target)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/field-orders/:id/retry',
      access: OPERATION,
      tag,
      summary: 'Try the step again at which it failed or waits',
      params: IdParams,
      answers: Order,
      errors: ['order-not-found', 'not-now'],
      audit: 'field-order.retry',
      async handle({ params, actor, note }) {
        const target = `field-order/${params.id}`
        const retried = await fieldOrders.retry(idOf(params.id), actor.name, (tx) =>
          note(tx, { target }),
        )
        return answered(retried, target)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/field-orders/:id/cancel',
      access: DISPATCHING,
      tag,
      summary: 'Cancel it, while nothing was changed',
      params: IdParams,
      body: closed({ reason: Reason }),
      answers: Order,
      errors: ['order-not-found', 'not-now'],
      audit: 'field-order.cancel',
      async handle({ params, body, actor, note }) {
        const target = `field-order/${params.id}`
        const { reason } = body
        const cancelled = await fieldOrders.cancel(idOf(params.id), reason, actor.name, (tx) =>
          note(tx, { target, detail: { reason } }),
        )
        return answered(cancelled, target)
      },
    }),
  ]
}

function keyOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key']
  return typeof key === 'string' && key !== '' && key.length <= 100 ? key : null
}

function orderView(order: FieldOrder, civil: CivilTime): Static<typeof Order> {
  const { id, kind, state, spec, report, requestedBy, reportedBy, verdict } = order
  return {
    id,
    kind,
    state,
    spec,
    report,
    meter: order.meterId,
    usagePoint: order.usagePointId,
    concentrator: order.concentratorId,
    requestedBy,
    requestedAt: civil.iso(order.requestedAt),
    reportedBy,
    assignee: order.assigneeId,
    nextAt: order.nextAt && civil.iso(order.nextAt),
    endedAt: order.endedAt && civil.iso(order.endedAt),
    verdict,
  }
}

function stepView(step: FieldStep, civil: CivilTime): Static<typeof Step> {
  const { name, state, attempts, startedAt, endedAt, hangsAt, evidence, reason } = step
  return {
    name,
    state,
    attempts,
    startedAt: civil.iso(startedAt),
    endedAt: endedAt && civil.iso(endedAt),
    hangsAt: civil.iso(hangsAt),
    evidence: { ...evidence },
    reason,
  }
}
