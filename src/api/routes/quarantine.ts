import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { protocolNames } from '#protocols/model'
import { type CivilTime, fail, idOf, ok } from '#src/core'
import type { AdoptFailure, Quarantined } from '#src/presence'
import { BUSINESS, INSTALLATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { ProblemCode } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { Concentrator, closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { concentratorView } from '../views.ts'

const tag = 'Concentrators'
const states = ['waiting', 'adopted', 'blocked'] as const
const reasons = [
  'unknown',
  'wrong-protocol',
  'address-mismatch',
  'unidentified',
  'blocked',
] as const
const Time = Type.String({ format: 'date-time' })
const TextOrNull = Type.Union([Type.String(), Type.Null()])

const Device = closed({
  id: Id,
  identity: Type.String({ description: 'What it said it was.' }),
  reason: oneOf(reasons),
  state: oneOf(states),
  rule: Type.String({ description: 'By which its registration was understood.' }),
  protocol: Type.Union([oneOf(protocolNames), Type.Null()]),
  remoteAddress: Type.String(),
  firstSeenAt: Time,
  lastSeenAt: Time,
  calls: Type.Integer(),
  concentratorId: Type.Union([Type.Integer(), Type.Null()]),
  decidedBy: TextOrNull,
  decidedAt: Type.Union([Time, Type.Null()]),
})

const problems: Readonly<Record<AdoptFailure, { code: ProblemCode; detail: string }>> = {
  'not-found': { code: 'quarantine-not-found', detail: 'No such device was seen.' },
  decided: { code: 'quarantine-decided', detail: 'It is in the archive already.' },
  taken: { code: 'name-taken', detail: 'A concentrator or channel has this identity.' },
  'no-transformer': { code: 'transformer-not-found', detail: 'Import the area first.' },
  unnamed: { code: 'quarantine-nameless', detail: 'It never said who it is.' },
}

/** Devices that called and were not let in (待认领). */
export function quarantineRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { presence, registry, civil, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/quarantine',
      access: BUSINESS,
      tag,
      summary: 'Devices that called and were not let in, newest first',
      description:
        'Kept over restarts, 10,000 at most. `unknown` is not in the archive, `wrong-protocol` ' +
        'logged in by another protocol than its channel says, `address-mismatch` called from ' +
        'elsewhere than the fixed address of its SIM card, `unidentified` never said who it is.',
      query: closed({ ...paging, state: Type.Optional(oneOf(states)) }),
      answers: pageOf(Device),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { limit = 100, cursor, state } = query
        const after = numberOf(cursor)
        if (!after.ok) return after
        const found = await presence.quarantine(state ?? null, after.value, limit + 1)
        const items = found.slice(0, limit).map((one) => deviceView(civil, one))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/quarantine/:id/adopt',
      access: INSTALLATION,
      tag,
      summary: 'Enter it in the archive: it is led to its channel at once, or at its next call',
      params: IdParams,
      body: closed({
        name: Type.Optional(Type.String({ maxLength: 200 })),
        transformer: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        protocol: Type.Optional(oneOf(protocolNames)),
      }),
      status: 201,
      answers: Concentrator,
      errors: [
        'quarantine-not-found',
        'quarantine-decided',
        'quarantine-nameless',
        'name-taken',
        'transformer-not-found',
      ],
      audit: 'quarantine.adopt',
      async handle({ params, body, actor, note }) {
        const { name = null, transformer = null, protocol = null } = body
        const adopted = await presence.adopt(
          idOf(params.id),
          { name, transformer, protocol },
          actor.name,
          clock.now(),
          (tx, target) => note(tx, { actor, target, detail: { ...body, quarantine: params.id } }),
        )
        const target = `quarantine/${params.id}`
        if (!adopted.ok) return fail({ ...problems[adopted.error], audit: { target } })
        const entered = await registry.concentrator(adopted.value.concentratorId)
        if (!entered) return fail({ code: 'concentrator-not-found' })
        return ok({ body: concentratorView(civil, entered) })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/quarantine/:id/block',
      access: INSTALLATION,
      tag,
      summary: 'Refuse it from now on: its calls are counted, and cut off without a word',
      params: IdParams,
      body: closed({}),
      answers: Device,
      errors: ['quarantine-not-found'],
      audit: 'quarantine.block',
      async handle({ params, actor, note }) {
        const blocked = await presence.block(
          idOf(params.id),
          actor.name,
          clock.now(),
          (tx, target) => note(tx, { actor, target, detail: {} }),
        )
        const target = `quarantine/${params.id}`
        if (!blocked) return fail({ code: 'quarantine-not-found', audit: { target } })
        return ok({ body: deviceView(civil, blocked) })
      },
    }),
  ]
}

function deviceView(civil: CivilTime, device: Quarantined) {
  const { firstSeenAt, lastSeenAt, decidedAt } = device
  return {
    id: device.id,
    identity: device.identity,
    reason: device.reason,
    state: device.state,
    rule: device.rule,
    protocol: device.protocol,
    remoteAddress: device.remoteAddress,
    firstSeenAt: civil.iso(firstSeenAt),
    lastSeenAt: civil.iso(lastSeenAt),
    calls: device.calls,
    concentratorId: device.concentratorId,
    decidedBy: device.decidedBy,
    decidedAt: decidedAt === null ? null : civil.iso(decidedAt),
  }
}
