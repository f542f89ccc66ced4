import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import type { ConfirmError, Person, TripState } from '#src/acquisition/gate'
import { type CivilTime, fail, ok } from '#src/core'
import type { Actor } from '#src/identity'
import { ARMING, BUSINESS, CONFIRMING, STOPPING } from '../access.ts'
import type { ProblemCode } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Trips'
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

const Time = Type.String({ format: 'date-time' })
const Kind = Type.Union([Type.Literal('arm'), Type.Literal('resume')])
const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'Why, for the record.' })

const Request = closed({
  id: Type.String(),
  kind: Kind,
  requestedBy: Type.String(),
  requestedAt: Time,
  expiresAt: Time,
  reason: Type.String(),
})

const State = closed({
  armed: Type.Boolean({ description: 'Else every trip is a rehearsal: judged, logged, not sent.' }),
  stopped: Type.Boolean({ description: 'No trip leaves.' }),
  stopFile: Type.Boolean({ description: 'The file TRIP_STOP is in the data folder.' }),
  epoch: Type.Integer({ description: 'Permits for trips given under an earlier one are void.' }),
  lastAct: Type.Union([
    closed({ kind: Type.String(), at: Time, by: Type.String(), reason: Type.String() }),
    Type.Null(),
  ]),
  requests: Type.Array(Request, { description: 'What waits for a second person.' }),
})

const problems: Readonly<Record<ConfirmError, { code: ProblemCode; detail: string }>> = {
  'not-found': { code: 'trip-request-not-found', detail: 'No such request waits.' },
  expired: { code: 'trip-request-expired', detail: 'It is older than 15 minutes; ask again.' },
  'same-person': { code: 'second-person', detail: 'Whoever asked cannot confirm; another must.' },
  'stop-file': {
    code: 'stop-file',
    detail: 'A person put TRIP_STOP into the data folder; it is removed there, by hand.',
  },
}

const personOf = ({ kind, id, name }: Actor): Person => ({ id: `${kind}/${id}`, name })

/** The stop button, and the arming that stands before the first trip. */
export function tripRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { trips, civil } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/trips',
      access: [...BUSINESS, 'security'],
      tag,
      summary: 'Whether trips are armed or stopped, and what waits for a second person',
      answers: State,
      handle: async () => ok({ body: stateView(await trips.state(), civil) }),
    }),
    define({
      method: 'POST',
      url: '/api/v1/trips/stop',
      access: STOPPING,
      tag,
      summary: 'Stop every trip, at once and until it is resumed',
      description:
        'Holds over restarts, and voids every permit for a trip that was given before. Reconnecting ' +
        'goes on. A file `TRIP_STOP` in the data folder does the same without the API.',
      body: closed({ reason: Reason }),
      answers: State,
      audit: 'trips.stop',
      async handle({ actor, body, note }) {
        const state = await trips.stop(personOf(actor), body.reason, note)
        return ok({ body: stateView(state, civil) })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/trips/disarm',
      access: STOPPING,
      tag,
      summary: 'Disarm trips: they are rehearsed again, not sent',
      body: closed({ reason: Reason }),
      answers: State,
      audit: 'trips.disarm',
      async handle({ actor, body, note }) {
        const state = await trips.disarm(personOf(actor), body.reason, note)
        return ok({ body: stateView(state, civil) })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/trips/requests',
      access: ARMING,
      tag,
      summary: 'Ask for arming trips, or for resuming them after a stop',
      description:
        'Takes effect once somebody else confirms it within 15 minutes. Resuming needs an admin. ' +
        'People ask, machines with a key do not.',
      body: closed({ kind: Kind, reason: Reason }),
      status: 201,
      answers: Request,
      audit: 'trips.request',
      async handle({ actor, body, note }) {
        const { kind, reason } = body
        const isAdmin = actor.roles.includes('admin')
        if (actor.kind !== 'user' || (kind === 'resume' && !isAdmin)) {
          return fail({ code: 'forbidden' })
        }
        const request = await trips.request(kind, personOf(actor), reason, note)
        return ok({ body: requestView(request, civil) })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/trips/requests/:id/confirm',
      access: CONFIRMING,
      tag,
      summary: 'Confirm as the second person',
      description:
        'Never by whoever asked, save for resuming where nobody else is left who could confirm.',
      params: closed({ id: Type.String({ pattern: UUID }) }),
      answers: State,
      errors: ['trip-request-not-found', 'trip-request-expired', 'second-person', 'stop-file'],
      audit: 'trips.confirm',
      async handle({ actor, params, note }) {
        if (actor.kind !== 'user') return fail({ code: 'forbidden' })
        const confirmed = await trips.confirm(params.id, personOf(actor), note)
        if (confirmed.ok) return ok({ body: stateView(confirmed.value, civil) })
        const { code, detail } = problems[confirmed.error]
        return fail({ code, detail, audit: { target: `trips/requests/${params.id}` } })
      },
    }),
  ]
}

function stateView(state: TripState, civil: CivilTime) {
  const { lastAct, requests } = state
  return {
    ...state,
    lastAct: lastAct && { ...lastAct, at: civil.iso(lastAct.at) },
    requests: requests.map((request) => requestView(request, civil)),
  }
}

function requestView(request: TripState['requests'][number], civil: CivilTime) {
  const { requestedAt, expiresAt } = request
  return { ...request, requestedAt: civil.iso(requestedAt), expiresAt: civil.iso(expiresAt) }
}
