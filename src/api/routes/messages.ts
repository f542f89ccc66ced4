import { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { type CivilTime, fail, ok } from '#src/core'
import { locales, type Message, type MessageId, messageStates } from '#src/messages'
import { BUSINESS, DISPATCHING } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { Cursor, closed, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Messages'
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
const CALLBACK_BYTES_MAX = 256 * 1_024

const Time = Type.String({ format: 'date-time' })
const TimeOrNull = Type.Union([Time, Type.Null()])
const TextOrNull = Type.Union([Type.String(), Type.Null()])
const IdParam = closed({ id: Type.String({ pattern: UUID }) })

const fields = {
  id: Type.String(),
  template: Type.String(),
  locale: oneOf(locales),
  channel: Type.String(),
  recipient: Type.String(),
  body: Type.String(),
  urgent: Type.Boolean(),
  reference: Type.String(),
  state: oneOf(messageStates),
  tries: Type.Integer(),
  createdAt: Time,
  expiresAt: Time,
  triedAt: TimeOrNull,
  nextAt: TimeOrNull,
  endedAt: TimeOrNull,
  providerRef: TextOrNull,
  reason: TextOrNull,
  requestedBy: Type.String(),
}
const Shown = closed(fields)
const Event = closed({ at: Time, event: Type.String(), detail: Type.String() })
const WithEvents = closed({ ...fields, events: Type.Array(Event) })

/** What left to people, and what became of it. */
export function messageRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { messages, receiptsOf, civil, clock } = services
  const bodies = new WeakMap<FastifyRequest, string>()
  const receipts = define({
    method: 'POST',
    url: '/api/v1/messages/receipts/:provider',
    access: 'public',
    tag,
    summary: "A provider's signed callback: what became of messages",
    description:
      'Any number of times and in any order. A callback whose signature is wrong or old is refused.',
    params: closed({ provider: Type.String({ maxLength: 32 }) }),
    body: Type.Unknown(),
    answers: closed({ changed: Type.Integer() }),
    errors: ['wrong-signature'],
    audit: 'message.receipts',
    bodyLimitBytes: CALLBACK_BYTES_MAX,
    async handle({ params, request, note }) {
      const header = (name: string) => {
        const value = request.headers[name.toLowerCase()]
        return typeof value === 'string' ? value : undefined
      }
      const body = bodies.get(request) ?? ''
      const told = receiptsOf(params.provider, { body, header }, clock.now())
      if (!told.ok && told.error === 'malformed') return fail({ code: 'invalid-parameters' })
      if (!told.ok) return fail({ code: 'wrong-signature' })
      const target = `messages/${params.provider}`
      const count = told.value.length
      const changed = await messages.received(told.value, (tx) =>
        note(tx, { target, detail: { receipts: count } }),
      )
      return ok({ body: { changed } })
    },
  })
  return [
    define({
      method: 'GET',
      url: '/api/v1/messages',
      access: BUSINESS,
      tag,
      summary: 'Messages to people, newest first',
      query: closed({
        ...paging,
        cursor: Type.Optional(Cursor),
        state: Type.Optional(oneOf(messageStates)),
        recipient: Type.Optional(Type.String({ maxLength: 64 })),
        reference: Type.Optional(Type.String({ maxLength: 100 })),
      }),
      answers: pageOf(Shown),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { cursor, state, recipient, reference, limit = 100 } = query
        if (cursor !== undefined && !new RegExp(UUID).test(cursor)) {
          return fail({ code: 'bad-cursor' })
        }
        const filter = {
          ...(state === undefined ? {} : { state }),
          ...(recipient === undefined ? {} : { recipient }),
          ...(reference === undefined ? {} : { reference }),
        }
        const before = cursor === undefined ? null : (cursor as MessageId)
        const found = await messages.list(filter, before, limit + 1)
        const items = found.slice(0, limit)
        const next = found.length > limit ? (items.at(-1)?.id ?? null) : null
        return ok({ body: { items: items.map((one) => messageView(one, civil)), next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/messages/:id',
      access: BUSINESS,
      tag,
      summary: 'One message, step by step',
      params: IdParam,
      answers: WithEvents,
      errors: ['message-not-found'],
      async handle({ params }) {
        const id = params.id as MessageId
        const found = await messages.get(id)
        if (!found) return fail({ code: 'message-not-found' })
        const events = (await messages.events(id)).map((one) => ({ ...one, at: civil.iso(one.at) }))
        return ok({ body: { ...messageView(found, civil), events } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/messages/:id/resend',
      access: DISPATCHING,
      tag,
      summary: 'Send the same words once more, as a message of its own',
      description: 'For one in doubt too: a person decides that it may arrive twice.',
      params: IdParam,
      body: closed({ reason: Type.String({ minLength: 1, maxLength: 500 }) }),
      status: 201,
      answers: Shown,
      errors: ['message-not-found', 'not-now'],
      audit: 'message.resend',
      async handle({ params, body, actor, note }) {
        const target = `message/${params.id}`
        const sent = await messages.resend(params.id as MessageId, body.reason, actor.name, (tx) =>
          note(tx, { target, detail: { reason: body.reason } }),
        )
        if (sent.ok) return ok({ body: messageView(sent.value, civil) })
        const code = sent.error.kind === 'not-found' ? 'message-not-found' : 'not-now'
        return fail({ code, detail: sent.error.message, audit: { target } })
      },
    }),
    {
      ...receipts,
      // The signature is over the bytes as they came, before anybody reads them as JSON.
      async preParsing(request, _reply, payload) {
        const chunks: Buffer[] = []
        let length = 0
        for await (const chunk of payload) {
          const bytes = Buffer.from(chunk)
          length += bytes.length
          if (length <= CALLBACK_BYTES_MAX) chunks.push(bytes)
        }
        const body = Buffer.concat(chunks)
        bodies.set(request, body.toString('utf8'))
        return Readable.from([body])
      },
    },
  ]
}

function messageView(one: Message, civil: CivilTime): Static<typeof Shown> {
  const iso = (at: Message['endedAt']) => at && civil.iso(at)
  return {
    id: one.id,
    template: one.template,
    locale: one.locale,
    channel: one.channel,
    recipient: one.recipient,
    body: one.body,
    urgent: one.urgent,
    reference: one.reference,
    state: one.state,
    tries: one.tries,
    createdAt: civil.iso(one.createdAt),
    expiresAt: civil.iso(one.expiresAt),
    triedAt: iso(one.triedAt),
    nextAt: iso(one.nextAt),
    endedAt: iso(one.endedAt),
    providerRef: one.providerRef,
    reason: one.reason,
    requestedBy: one.requestedBy,
  }
}
