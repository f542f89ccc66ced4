import { createHash, randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { itemOf } from '#protocols/model'
import type { NewReadRequest, ReadRequest, ReadRequestId } from '#src/collection'
import { fail, idOf, type MeterId, milliseconds, ok, type Result, sleep } from '#src/core'
import type { Actor, Note } from '#src/identity'
import type { MeterRecord } from '#src/registry'
import { BUSINESS, OPERATION } from '../access.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, Read } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { readView } from '../views.ts'

const tag = 'On-demand reads'
const DEVICES_MAX = 200
const ITEMS_MAX = 50
const WAIT_MAX_SECONDS = 30
const LOOK_EVERY = milliseconds(250)
const HANDLER_TIMEOUT_MS = (WAIT_MAX_SECONDS + 10) * 1_000
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
/** Also those that name a time or a number of records: `7:1.0.99.1.0.255:2@…`, `…#1-96`. */
const ITEM = '^[0-9A-Za-z.:_@#-]+$'
const ITEM_LENGTH_MAX = 64

/** Protocols' own ids that have points in them have colons, too: `3:1.0.1.8.0.255:2`. */
const isCode = (item: string) => item.includes('.') && !item.includes(':')

const NewRead = closed({
  devices: Type.Array(Type.Union([Id, Type.String({ minLength: 1, maxLength: 64 })]), {
    minItems: 1,
    maxItems: DEVICES_MAX,
    description: 'Ids of meters, or their addresses as text.',
  }),
  items: Type.Array(Type.String({ maxLength: ITEM_LENGTH_MAX, pattern: ITEM }), {
    minItems: 1,
    maxItems: ITEMS_MAX,
    description: "Codes of the register model, or the protocol's own ids.",
    examples: [['1.8.0', '32.7.0']],
  }),
})

export function readRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { registry, reads, civil, clock } = services

  /** Every device named must be one meter of the archive. */
  async function resolve(
    devices: readonly (string | number)[],
  ): Promise<Result<MeterId[], Problem>> {
    const ids = new Set<MeterId>()
    for (const device of devices) {
      const found =
        typeof device === 'number' ? [await registry.meter(idOf(device))] : await bearing(device)
      const [meter, ...others] = found
      if (!meter) return fail({ code: 'meter-not-found', detail: `There is no meter ${device}.` })
      if (others.length > 0) return fail({ code: 'ambiguous-device', detail: String(device) })
      ids.add(meter.id)
    }
    return ok([...ids])
  }

  /** Two are enough to know that an address is not unique. */
  async function bearing(address: string): Promise<readonly MeterRecord[]> {
    const page = await registry.meters({ limit: 2 }, { address })
    return page.ok ? page.value.items : []
  }

  /** The request as kept; with an idempotency key, the one that first bore it. */
  async function request(
    id: ReadRequestId,
    body: Static<typeof NewRead>,
    meterIds: readonly MeterId[],
    actor: Actor,
    note: Note,
  ): Promise<Result<ReadRequest, Problem>> {
    const read: NewReadRequest = {
      id,
      requestedBy: actor.name,
      requestedAt: clock.now(),
      meterIds,
      items: [...new Set(body.items)],
    }
    const detail = { meters: meterIds.length, items: body.items }
    const kept = await reads.request(read, (tx) => note(tx, { target: `read/${id}`, detail }))
    return isSame(read, kept) ? ok(kept) : fail({ code: 'idempotency-mismatch' })
  }

  /** Until the read has ended, the time is over, or the caller has gone. */
  async function follow(read: ReadRequest, waitSeconds: number, signal: AbortSignal) {
    const end = clock.now() + waitSeconds * 1_000
    let latest: ReadRequest | undefined = read
    while (latest && latest.finishedAt === null && clock.now() < end) {
      if (!(await sleep(clock, LOOK_EVERY, signal))) break
      latest = await reads.get(read.id)
    }
    return latest ?? read
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
      errors: ['meter-not-found', 'ambiguous-device', 'unknown-register', 'idempotency-mismatch'],
      audit: 'read.request',
      async handle({ body, actor, note, request: http }) {
        const unknown = body.items.find((item) => isCode(item) && !itemOf(item))
        if (unknown) return fail({ code: 'unknown-register', detail: `No item ${unknown}.` })
        const meters = await resolve(body.devices)
        if (!meters.ok) return meters
        const read = await request(requestId(http, actor), body, meters.value, actor, note)
        if (!read.ok) return read
        const { id } = read.value
        return ok({
          body: readView(civil, read.value),
          headers: { location: `/api/v1/reads/${id}` },
        })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reads/:id',
      access: BUSINESS,
      tag,
      summary: 'How an on-demand read is going',
      params: closed({ id: Type.String({ pattern: UUID }) }),
      query: closed({
        wait: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: WAIT_MAX_SECONDS,
            description: 'Seconds to wait for its end before answering.',
          }),
        ),
      }),
      answers: Read,
      errors: ['read-not-found'],
      handlerTimeoutMs: HANDLER_TIMEOUT_MS,
      async handle({ params, query, request: http }) {
        const read = await reads.get(params.id as ReadRequestId)
        if (!read) return fail({ code: 'read-not-found' })
        const latest = await follow(read, query.wait ?? 0, http.signal)
        return ok({ body: readView(civil, latest) })
      },
    }),
  ]
}

/** A caller's key gives the same id every time, but not to two callers. */
function requestId(http: FastifyRequest, actor: Actor): ReadRequestId {
  const key = http.headers['idempotency-key']
  if (typeof key !== 'string' || key === '') return randomUUID() as ReadRequestId
  const hash = createHash('sha256').update(JSON.stringify([actor.kind, actor.id, key]))
  const hex = hash.digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`]
  return [...parts, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-') as ReadRequestId
}

function isSame(asked: NewReadRequest, kept: ReadRequest): boolean {
  const have = new Set(kept.items.map(({ meterId, item }) => `${meterId} ${item}`))
  const wanted = asked.meterIds.flatMap((meter) => asked.items.map((item) => `${meter} ${item}`))
  return wanted.length === have.size && wanted.every((one) => have.has(one))
}
