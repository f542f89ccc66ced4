import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type CivilTime, fail, type Instant, idOf, ok } from '#src/core'
import type { Actor } from '#src/identity'
import {
  type FieldRefusal,
  type ParameterRefusal,
  type ParameterRun,
  type ParameterWrite,
  parameterEffects,
  writeStates,
} from '#src/parameters'
import { BUSINESS, CONFIRMING, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { followById } from '../following.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, nullable, oneOf, pageOf, paging, Time } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Parameters'
const STOP_PERCENT = 10
const METERS_MAX = 100_000
const BODY_LIMIT_BYTES = 3_000_000
const HANDLER_TIMEOUT_MS = 40_000

const Item = Type.String({ minLength: 1, maxLength: 64, pattern: '^[0-9A-Za-z.:_-]+$' })
const Write = closed({
  id: Type.Integer(),
  run: nullable(Type.Integer()),
  meter: Id,
  address: Type.String(),
  item: Type.String(),
  wanted: Type.String(),
  effect: oneOf(parameterEffects),
  state: oneOf(writeStates),
  peopleNeeded: Type.Integer(),
  requestedBy: Type.String(),
  requestedAt: Time,
  approvers: Type.Array(Type.String()),
  before: nullable(Type.String()),
  after: nullable(Type.String()),
  sentAt: nullable(Time),
  reason: nullable(Type.String()),
  reasonCode: nullable(Type.String({ description: 'As of on-demand reads; it never changes.' })),
  endedAt: nullable(Time),
})
const Run = closed({
  id: Type.Integer(),
  name: Type.String(),
  state: oneOf(['running', 'stopped', 'done']),
  stopPercent: Type.Integer(),
  requestedBy: Type.String(),
  requestedAt: Time,
  endedAt: nullable(Time),
  reason: nullable(Type.String()),
  counts: Type.Record(Type.String(), Type.Integer()),
})
const Rule = closed({
  protocol: Type.String(),
  prefix: Type.String(),
  name: Type.String(),
  effect: oneOf(parameterEffects),
  people: Type.Integer(),
})
const NewWrite = closed({
  meters: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: METERS_MAX })),
  group: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  item: Item,
  value: Type.String({ minLength: 1, maxLength: 1_000 }),
  run: Type.Optional(
    closed({
      name: Type.String({ minLength: 1, maxLength: 100 }),
      stopPercent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    }),
  ),
})
const Decided = closed({ writes: Type.Integer() })

/** Settings of devices (远程参数): read, written with people behind it, and read back. */
export function parameterRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { parameters, reads, civil, clock } = services
  const decisions = (['approve', 'reject'] as const).flatMap((act) =>
    (['write', 'run'] as const).map((of) =>
      define({
        method: 'POST',
        url: `/api/v1/parameter${of === 'run' ? '-runs' : 's'}/:id/${act}`,
        access: act === 'approve' ? CONFIRMING : [...CONFIRMING, 'operator'],
        tag,
        summary: `${act === 'approve' ? 'Stand behind' : 'Do not make'} a ${of}`,
        params: IdParams,
        answers: Decided,
        errors: ['not-found', 'not-now', 'second-person'],
        audit: `parameter.${act}`,
        async handle({ params: { id }, actor, note }) {
          const target = `parameter-${of}/${id}`
          const which = of === 'run' ? { run: id } : { write: id }
          const done = await parameters.decide(which, act, nameOf(actor), (tx) =>
            note(tx, { target }),
          )
          if (done.ok) return ok({ body: { writes: done.value } })
          return fail({ ...problemOf(done.error), audit: { target } })
        },
      }),
    ),
  )
  return [
    define({
      method: 'GET',
      url: '/api/v1/parameter-rules',
      access: BUSINESS,
      tag,
      summary: 'What may be written; everything else is refused',
      answers: closed({ items: Type.Array(Rule), next: Type.Null() }),
      async handle() {
        const items = (await parameters.rules()).map((rule) => ({ ...rule }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters/:id/parameters/:item',
      access: OPERATION,
      tag,
      summary: 'Read a setting now',
      params: closed({ ...IdParams.properties, item: Item }),
      answers: closed({ meter: Id, item: Item, value: Type.String() }),
      errors: ['not-found', 'invalid-parameters', 'device-failure'],
      handlerTimeoutMs: HANDLER_TIMEOUT_MS,
      async handle({ params: { id, item } }) {
        const seen = await parameters.read(idOf(id), item)
        if (!seen.ok) return fail(problemOf(seen.error))
        return ok({ body: { meter: id, item, value: seen.value } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/parameters',
      access: BUSINESS,
      tag,
      summary: 'Writes of settings, newest first',
      query: closed({
        ...paging,
        meter: Type.Optional(Id),
        run: Type.Optional(Id),
        state: Type.Optional(oneOf(writeStates)),
      }),
      answers: pageOf(Write),
      errors: ['bad-cursor'],
      async handle({ query: { meter, run, state, limit = 100, cursor } }) {
        const before = numberOf(cursor)
        if (!before.ok) return before
        const filter = {
          ...(meter === undefined ? {} : { meter: idOf<'meter'>(meter) }),
          ...(run === undefined ? {} : { run }),
          ...(state === undefined ? {} : { state }),
        }
        const found = await parameters.list(filter, before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => writeView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    followById(define, clock, {
      url: '/api/v1/parameters/:id',
      tag,
      summary: 'How a write is going',
      answers: Write,
      look: parameters.write,
      // Nothing moves before somebody else has agreed.
      isOver: ({ endedAt, state }) => endedAt !== null || state === 'proposed',
      view: (write) => writeView(write, civil),
    }),
    define({
      method: 'POST',
      url: '/api/v1/parameters',
      access: OPERATION,
      tag,
      summary: 'Write a setting of some meters (远程参数设置)',
      description:
        'Of meters of one protocol, by id or by group. What prices hang on waits for somebody ' +
        'else. A run tries a few first and stops where too many fail.',
      body: NewWrite,
      bodyLimitBytes: BODY_LIMIT_BYTES,
      status: 202,
      answers: closed({ run: nullable(Type.Integer()), writes: Type.Integer(), first: Write }),
      errors: ['not-found', 'not-now', 'not-allowed', 'invalid-parameters'],
      audit: 'parameter.write',
      async handle({ body, actor, note }) {
        const { group, item, value } = body
        const named = group === undefined ? null : await reads.resolve({ group })
        if (named?.ok === false) return fail({ code: 'not-found', detail: `No group ${group}.` })
        const ids = (body.meters ?? []).map((id) => idOf<'meter'>(id))
        const meters = [...new Set([...ids, ...(named?.value.meterIds ?? [])])]
        if (meters.length === 0) {
          return fail({ code: 'invalid-parameters', detail: 'No meter is named.' })
        }
        const run = body.run ? { stopPercent: STOP_PERCENT, ...body.run } : null
        const target = `parameter/${item}`
        const detail = { meters: meters.length, value, ...(group ? { group } : {}) }
        const wanted = { meters, item, wanted: value, by: nameOf(actor), run }
        const made = await parameters.order(wanted, (tx) => note(tx, { target, detail }))
        if (!made.ok) return fail({ ...problemOf(made.error), audit: { target } })
        const first = made.value.at(-1)
        if (!first) return fail({ code: 'not-now', audit: { target } })
        const { length: writes } = made.value
        return ok({ body: { run: first.run, writes, first: writeView(first, civil) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/parameter-runs',
      access: BUSINESS,
      tag,
      summary: 'Runs over many meters, newest first',
      query: closed(paging),
      answers: pageOf(Run),
      errors: ['bad-cursor'],
      async handle({ query: { limit = 100, cursor } }) {
        const before = numberOf(cursor)
        if (!before.ok) return before
        const found = await parameters.runs(before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => runView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    followById(define, clock, {
      url: '/api/v1/parameter-runs/:id',
      tag,
      summary: 'How a run is going',
      answers: Run,
      look: parameters.run,
      isOver: ({ endedAt, counts }) => endedAt !== null || counts.proposed > 0,
      view: (run) => runView(run, civil),
    }),
    ...decisions,
  ]
}

function nameOf(actor: Actor): string {
  return actor.kind === 'user' ? `user/${actor.id}` : actor.name
}

function problemOf(refusal: ParameterRefusal | FieldRefusal): Problem {
  const { kind, message } = refusal
  if (kind === 'field') {
    const { code } = refusal
    return { code: 'device-failure', detail: message, extra: { reason: { code, message } } }
  }
  const code = kind === 'wrong' ? 'invalid-parameters' : kind
  return message === '' ? { code } : { code, detail: message }
}

const isoOrNull = (at: Instant | null, civil: CivilTime) => (at === null ? null : civil.iso(at))

function writeView({ channelId: _, ...write }: ParameterWrite, civil: CivilTime) {
  return {
    ...write,
    approvers: [...write.approvers],
    requestedAt: civil.iso(write.requestedAt),
    sentAt: isoOrNull(write.sentAt, civil),
    endedAt: isoOrNull(write.endedAt, civil),
  }
}

function runView(run: ParameterRun, civil: CivilTime) {
  return {
    ...run,
    counts: { ...run.counts },
    requestedAt: civil.iso(run.requestedAt),
    endedAt: isoOrNull(run.endedAt, civil),
  }
}
