import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import type { ReadRequestId } from '#src/collection'
import { type ChannelId, type ConcentratorId, fail, idOf, ok, type Result } from '#src/core'
import { BUSINESS, INSTALLATION, OPERATION } from '../access.ts'
import {
  Adoption,
  Check,
  checkView,
  Job,
  JobWithMeters,
  jobView,
  jobWithMeters,
  NewJob,
  problemOf,
  waysOf,
} from '../commissioning-views.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { Answer, DefineRoute } from '../route.ts'
import { closed, IdParams, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Commissioning'
const WAIT_SECONDS = 25
const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
const HANDLER_TIMEOUT_MS = 40_000

type Done = Promise<Result<Answer<typeof JobWithMeters>, Problem>>

/** Taking channels and meters into use (调试), and how meters are wired (接线检查). */
export function commissioningRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { commissioning, registry, civil, checkMeter } = services

  async function placeOf({
    concentrator,
    channel,
  }: Static<typeof NewJob>): Promise<
    Result<
      { readonly channelId: ChannelId; readonly concentratorId: ConcentratorId | null },
      Problem
    >
  > {
    if ((concentrator === undefined) === (channel === undefined)) {
      const detail = 'Name either a concentrator or a channel.'
      return fail({ code: 'invalid-parameters', detail })
    }
    if (channel !== undefined) return ok({ channelId: idOf(channel), concentratorId: null })
    const found = await registry.concentrator(idOf(concentrator ?? 0))
    if (!found) return fail({ code: 'concentrator-not-found' })
    return ok({ channelId: found.channelId, concentratorId: found.id })
  }

  async function terminalOf(concentratorId: ConcentratorId | null): Promise<string | null> {
    const found = concentratorId === null ? undefined : await registry.concentrator(concentratorId)
    return found?.address ?? null
  }

  const told = async (
    outcome: Awaited<ReturnType<typeof commissioning.start>>,
    target: string,
  ): Done => {
    if (!outcome.ok) return fail({ ...problemOf(outcome.error), audit: { target } })
    const headers = { location: `/api/v1/commissioning/${outcome.value.id}` }
    return ok({ body: jobWithMeters(outcome.value, civil), headers })
  }

  return [
    define({
      method: 'POST',
      url: '/api/v1/commissioning',
      access: INSTALLATION,
      tag,
      summary: 'Take a channel into use: find its meters, compare, read, judge',
      description:
        'Only asks the field. Follow it at `Location`. New meters are entered in the archive with ' +
        '`adopt`, or later by `POST …/adopt`.',
      body: NewJob,
      status: 202,
      answers: JobWithMeters,
      errors: ['concentrator-not-found', 'channel-not-found', 'not-now', 'invalid-parameters'],
      audit: 'commissioning.start',
      async handle({ body, actor, note }) {
        const place = await placeOf(body)
        if (!place.ok) return place
        const target = `channel/${place.value.channelId}`
        const terminal = await terminalOf(place.value.concentratorId)
        const ways = waysOf(body, terminal)
        if (!ways.ok) return fail({ ...ways.error, audit: { target } })
        const job = {
          ...place.value,
          ways: ways.value,
          adoptsAll: body.adopt ?? false,
          profile: body.profile ?? null,
          requestedBy: actor.name,
        }
        const started = await commissioning.start(job, (tx) =>
          note(tx, { target, detail: { ...body } }),
        )
        return await told(started, target)
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/commissioning',
      access: BUSINESS,
      tag,
      summary: 'Commissionings, newest first',
      query: closed(paging),
      answers: pageOf(Job),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const limit = query.limit ?? 100
        const found = await commissioning.list(before.value, limit + 1)
        const items = found.slice(0, limit).map((job) => jobView(job, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/commissioning/:id',
      access: BUSINESS,
      tag,
      summary: 'One commissioning with its meters and what stands against each',
      params: IdParams,
      answers: JobWithMeters,
      errors: ['commission-not-found'],
      async handle({ params }) {
        const job = await commissioning.get(idOf(params.id))
        return job
          ? ok({ body: jobWithMeters(job, civil) })
          : fail({ code: 'commission-not-found' })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/commissioning/:id/adopt',
      access: INSTALLATION,
      tag,
      summary: 'Enter new meters in the archive, all or those named, and read them',
      params: IdParams,
      body: Adoption,
      status: 202,
      answers: JobWithMeters,
      errors: ['commission-not-found', 'channel-not-found', 'not-now', 'invalid-parameters'],
      audit: 'commissioning.adopt',
      async handle({ params, body, note }) {
        const target = `commissioning/${params.id}`
        const adoption = {
          addresses: body.addresses ?? null,
          usagePoints: body.usagePoints ?? {},
          profile: body.profile ?? null,
        }
        const adopted = await commissioning.adopt(idOf(params.id), adoption, (tx) =>
          note(tx, { target, detail: { ...body } }),
        )
        return await told(adopted, target)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/commissioning/:id/cancel',
      access: INSTALLATION,
      tag,
      summary: 'End it; what was adopted stays',
      params: IdParams,
      body: closed({}),
      answers: JobWithMeters,
      errors: ['commission-not-found', 'channel-not-found', 'not-now', 'invalid-parameters'],
      audit: 'commissioning.cancel',
      async handle({ params, note }) {
        const target = `commissioning/${params.id}`
        const cancelled = await commissioning.cancel(idOf(params.id), (tx) => note(tx, { target }))
        return await told(cancelled, target)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/meters/:id/wiring-check',
      access: OPERATION,
      tag,
      summary: 'Read a meter and say how it is wired (接线检查)',
      description: `Waits for the meter up to ${WAIT_SECONDS} s; then \`finished\` is false and it may be asked again with \`read\`.`,
      params: IdParams,
      body: closed({
        read: Type.Optional(Type.String({ pattern: UUID })),
        nominalVoltage: Type.Optional(Type.Number({ minimum: 1, maximum: 1_000 })),
        basicCurrent: Type.Optional(Type.Number({ minimum: 0.01, maximum: 1_000 })),
        feedsIn: Type.Optional(Type.Boolean()),
      }),
      answers: Check,
      errors: ['meter-not-found'],
      audit: 'meter.wiring-check',
      handlerTimeoutMs: HANDLER_TIMEOUT_MS,
      async handle({ params, body, actor }) {
        const target = `meter/${params.id}`
        const meter = await registry.meter(idOf(params.id))
        if (!meter) return fail({ code: 'meter-not-found', audit: { target } })
        const { read, ...options } = body
        const id = (read ?? randomUUID()) as ReadRequestId
        const check = await checkMeter(
          meter,
          id,
          actor.name,
          options,
          WAIT_SECONDS,
          new AbortController().signal,
        )
        return ok({ body: checkView(check), target })
      },
    }),
  ]
}
