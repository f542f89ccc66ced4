import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { itemOf } from '#protocols/model'
import {
  digestOf,
  type NewReadRequest,
  type ReadRequestId,
  type ReadSources,
  readItemStates,
} from '#src/collection'
import { fail, type MeterId, ok, parseInstant, type Result } from '#src/core'
import type { Actor } from '#src/identity'
import { BUSINESS, OPERATION } from '../access.ts'
import { FOLLOWING_TIMEOUT_MS, follow, Wait } from '../following.ts'
import type { Problem } from '../problems.ts'
import { devicesOf } from '../read-files.ts'
import { requestId } from '../request-id.ts'
import type { Answer, Call, DefineRoute } from '../route.ts'
import { closed, Id, oneOf, pageOf, paging, Read, ReadItem } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { readItemView, readView } from '../views.ts'

const tag = 'On-demand reads'
/** Of one request; more than that are several requests. */
const METERS_MAX = 100_000
/** As many addresses and what stands between them. */
const BODY_LIMIT_BYTES = 3_000_000
const ISSUES_MAX = 100
const ITEMS_MAX = 50
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
/** Also those that name a time or a number of records: `7:1.0.99.1.0.255:2@…`, `…#1-96`. */
const ITEM = '^[0-9A-Za-z.:_@#-]+$'
const ITEM_LENGTH_MAX = 64

/** Protocols' own ids that have points in them have colons, too: `3:1.0.1.8.0.255:2`. */
const isCode = (item: string) => item.includes('.') && !item.includes(':')

const Items = Type.Array(Type.String({ maxLength: ITEM_LENGTH_MAX, pattern: ITEM }), {
  minItems: 1,
  maxItems: ITEMS_MAX,
  description: "Codes of the register model, or the protocol's own ids.",
  examples: [['1.8.0', '32.7.0']],
})
const Name = Type.String({ minLength: 1, maxLength: 64 })
const Partial = Type.Boolean({
  description: 'Read the others where some of those named are not there. Else nothing is read.',
})

const NewRead = closed({
  devices: Type.Optional(
    Type.Array(Type.Union([Id, Type.String({ minLength: 1, maxLength: 64 })]), {
      minItems: 1,
      maxItems: METERS_MAX,
      description: 'Ids of meters, or their addresses as text.',
    }),
  ),
  group: Type.Optional(Type.String({ ...Name, description: 'A meter group (采集对象组).' })),
  concentrator: Type.Optional(Type.String({ ...Name, description: 'By address.' })),
  area: Type.Optional(Type.String({ ...Name, description: 'A transformer area (台区), by code.' })),
  items: Items,
  deadline: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'Until then devices that are away are waited for.',
    }),
  ),
  partial: Type.Optional(Partial),
})

interface Wanted {
  readonly sources: ReadSources
  readonly items: readonly string[]
  readonly deadline: string | undefined
  readonly partial: boolean
  /** The line of a file that a device stands in; null where it came otherwise. */
  readonly lineOf: ((index: number) => number) | null
}

const askingErrors = [
  'meter-not-found',
  'ambiguous-device',
  'concentrator-not-found',
  'not-found',
  'unknown-register',
  'idempotency-mismatch',
] as const
type AnyCall = Call<never, never, never, Actor>

export function readRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { reads, civil, clock } = services

  /** Every device named must be one meter of the archive. */
  async function resolve({
    sources,
    partial,
    lineOf,
  }: Wanted): Promise<Result<readonly MeterId[], Problem>> {
    const resolved = await reads.resolve(sources)
    if (!resolved.ok) return fail(missing(resolved.error, sources))
    const { meterIds, bad } = resolved.value
    const [first] = bad
    if (first && !partial) {
      const errors = bad.slice(0, ISSUES_MAX).map(({ index, device, why }) => ({
        in: lineOf === null ? ('body' as const) : ('file' as const),
        name: device,
        message: why === 'unknown' ? 'there is no such meter' : 'several meters have this address',
        ...(lineOf === null ? {} : { line: lineOf(index) }),
      }))
      const others = bad.length > 1 ? ` and ${bad.length - 1} more` : ''
      if (first.why === 'ambiguous') {
        return fail({ code: 'ambiguous-device', detail: `${first.device}${others}`, errors })
      }
      const detail = `There is no meter ${first.device}${others}.`
      return fail({ code: 'meter-not-found', detail, errors })
    }
    if (meterIds.length === 0) {
      return fail({ code: 'meter-not-found', detail: 'No meter is named.' })
    }
    if (meterIds.length > METERS_MAX) {
      const detail = `At most ${METERS_MAX} meters; these are ${meterIds.length}.`
      return fail({ code: 'invalid-parameters', detail })
    }
    return ok(meterIds)
  }

  /** The request as kept; with an idempotency key, the one that first bore it. */
  async function ask(
    wanted: Wanted,
    { actor, note, request: http }: Pick<AnyCall, 'actor' | 'note' | 'request'>,
  ): Promise<Result<Answer<typeof Read>, Problem>> {
    const unknown = wanted.items.find((item) => isCode(item) && !itemOf(item))
    if (unknown) return fail({ code: 'unknown-register', detail: `No item ${unknown}.` })
    const deadline = wanted.deadline === undefined ? null : parseInstant(wanted.deadline)
    if (deadline === undefined || (deadline !== null && deadline <= clock.now())) {
      return fail({ code: 'invalid-parameters', detail: 'deadline: is over already.' })
    }
    const meters = await resolve(wanted)
    if (!meters.ok) return meters
    const id = requestId(http, actor)
    const read: NewReadRequest = {
      id,
      requestedBy: actor.name,
      requestedAt: clock.now(),
      meterIds: meters.value,
      items: [...new Set(wanted.items)],
      deadline,
    }
    const { devices, ...named } = wanted.sources
    const detail = { meters: meters.value.length, items: wanted.items, ...named }
    const kept = await reads.request(read, (tx) => note(tx, { target: `read/${id}`, detail }))
    if (kept.digest !== digestOf(read)) return fail({ code: 'idempotency-mismatch' })
    return ok({ body: readView(civil, kept), headers: { location: `/api/v1/reads/${id}` } })
  }

  return [
    define({
      method: 'POST',
      url: '/api/v1/reads',
      access: OPERATION,
      tag,
      summary: 'Read devices now (召测)',
      description:
        'Goes ahead of the periodic polls. Follow it at `Location`. With an `Idempotency-Key` ' +
        'header the same request sent twice is one read.',
      body: NewRead,
      status: 202,
      answers: Read,
      errors: [...askingErrors],
      audit: 'read.request',
      bodyLimitBytes: BODY_LIMIT_BYTES,
      async handle({ body, ...call }) {
        const { items, deadline, partial = false, ...sources } = body
        return await ask({ sources, items, deadline, partial, lineOf: null }, call)
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/reads/files',
      access: OPERATION,
      tag,
      summary: 'Read the devices of a file now (批量召测)',
      description:
        'A list of addresses, one a line, or CSV with a column `address`. Lines that name no ' +
        'meter are listed, and nothing is read unless `partial`.',
      query: closed({
        items: Type.String({ maxLength: 1_000, description: 'Separated by commas.' }),
        deadline: Type.Optional(Type.String({ format: 'date-time' })),
        partial: Type.Optional(Partial),
      }),
      body: Type.String({ minLength: 1 }),
      bodyType: 'text/csv',
      bodyLimitBytes: BODY_LIMIT_BYTES,
      status: 202,
      answers: Read,
      errors: [...askingErrors],
      audit: 'read.request',
      async handle({ body, query, ...call }) {
        const { devices, lines } = devicesOf(body)
        const items = query.items.split(',')
        const wrong = items.find((item) => !new RegExp(ITEM).test(item))
        if (wrong !== undefined || items.length > ITEMS_MAX) {
          return fail({ code: 'invalid-parameters', detail: `items: ${wrong ?? 'too many'}` })
        }
        const { deadline, partial = false } = query
        const lineOf = (index: number) => lines[index] ?? 0
        return await ask({ sources: { devices }, items, deadline, partial, lineOf }, call)
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reads/:id',
      access: BUSINESS,
      tag,
      summary: 'How an on-demand read is going',
      params: closed({ id: Type.String({ pattern: UUID }) }),
      query: closed({ wait: Wait }),
      answers: Read,
      errors: ['read-not-found'],
      handlerTimeoutMs: FOLLOWING_TIMEOUT_MS,
      async handle({ params, query, request: http }) {
        const latest = await follow({
          clock,
          waitSeconds: query.wait ?? 0,
          signal: http.signal,
          look: () => reads.get(params.id as ReadRequestId),
          isOver: ({ finishedAt }) => finishedAt !== null,
        })
        return latest ? ok({ body: readView(civil, latest) }) : fail({ code: 'read-not-found' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reads/:id/items',
      access: BUSINESS,
      tag,
      summary: 'What each meter said to each item, by pages',
      params: closed({ id: Type.String({ pattern: UUID }) }),
      query: closed({ ...paging, state: Type.Optional(oneOf(readItemStates)) }),
      answers: pageOf(ReadItem),
      errors: ['read-not-found', 'bad-cursor'],
      async handle({ params, query }) {
        const id = params.id as ReadRequestId
        const { limit = 100, ...filter } = query
        const page = await reads.items(id, { ...filter, limit })
        if (!page) return fail({ code: 'bad-cursor' })
        if (page.items.length === 0 && !(await reads.get(id)))
          return fail({ code: 'read-not-found' })
        const items = page.items.map((item) => readItemView(civil, item))
        return ok({ body: { items, next: page.next } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/reads/:id/cancel',
      access: OPERATION,
      tag,
      summary: 'Ask no more of an on-demand read',
      description: 'What is in the air may finish; the rest ends `cancelled`. Twice does no harm.',
      params: closed({ id: Type.String({ pattern: UUID }) }),
      answers: Read,
      errors: ['read-not-found'],
      audit: 'read.cancel',
      async handle({ params, actor, note }) {
        const id = params.id as ReadRequestId
        const target = `read/${id}`
        if (!(await reads.get(id))) return fail({ code: 'read-not-found', audit: { target } })
        await reads.cancel(id, actor.name, clock.now(), (tx) => note(tx, { target }))
        const read = await reads.get(id)
        return read ? ok({ body: readView(civil, read) }) : fail({ code: 'read-not-found' })
      },
    }),
  ]
}

/** A caller's key gives the same id every time, but not to two callers. */
function missing(kind: 'group' | 'concentrator' | 'area', sources: ReadSources): Problem {
  const detail = `There is no ${kind} ${sources[kind]}.`
  return { code: kind === 'concentrator' ? 'concentrator-not-found' : 'not-found', detail }
}
