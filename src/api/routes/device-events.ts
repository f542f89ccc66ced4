import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { eventTypeOf } from '#protocols/model'
import {
  type CivilTime,
  fail,
  type Instant,
  idOf,
  instant,
  ok,
  parseInstant,
  type Result,
} from '#src/core'
import type { EventFilter, ListedEvent } from '#src/events'
import { BUSINESS } from '../access.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, Moment, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const Time = Type.String({ format: 'date-time' })
const TimeOrNull = Type.Union([Time, Type.Null()])
const IdOrNull = Type.Union([Type.Integer(), Type.Null()])
const TextOrNull = Type.Union([Type.String(), Type.Null()])

const DeviceEventView = closed({
  id: Type.String(),
  meterId: IdOrNull,
  concentratorId: IdOrNull,
  device: Type.String({ description: 'Address of the meter or the concentrator.' }),
  code: Type.String(),
  name: Type.String(),
  nameZh: Type.String(),
  severity: oneOf(['info', 'minor', 'major', 'critical'] as const),
  kind: oneOf(['span', 'moment'] as const),
  phase: Type.Union([oneOf(['A', 'B', 'C'] as const), Type.Null()]),
  at: Type.String({
    format: 'date-time',
    description: 'When it was by the device; when it was heard of where that did not say.',
  }),
  raisedAt: TimeOrNull,
  clearedAt: TimeOrNull,
  receivedAt: Time,
  open: Type.Boolean({ description: 'It began, and nobody told its end.' }),
  source: oneOf(['pull', 'report'] as const),
  protocol: Type.String(),
  eventId: Type.String({ description: "The protocol's own id: 0301, ERC14, 3011, a log's code." }),
  sequence: IdOrNull,
  details: Type.Array(closed({ name: Type.String(), value: TextOrNull, unit: Type.String() })),
  raw: Type.String({ description: 'The record as it came, in hex.' }),
})

const filters = {
  ...paging,
  code: Type.Optional(Type.String({ maxLength: 64 })),
  open: Type.Optional(Type.Boolean()),
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
}
const Filters = closed(filters)

/** What devices say happened (设备事件). */
export function deviceEventRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { deviceEvents, registry, civil } = services

  async function page(query: Static<typeof Filters>, also: EventFilter) {
    const filter = filterOf(query)
    if (!filter.ok) return filter
    const behind = placeIn(query.cursor)
    if (!behind.ok) return behind
    const limit = query.limit ?? 100
    const found = await deviceEvents.list({ ...filter.value, ...also }, behind.value, limit + 1)
    const items = found.slice(0, limit).map((event) => viewOf(event, civil))
    const last = found.length > limit ? found[limit - 1] : undefined
    return ok({ body: { items, next: last ? cursorOf(last) : null } })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/device-events',
      access: BUSINESS,
      tag: 'Device events',
      summary: 'What devices say happened (设备事件), newest first',
      query: closed({
        ...filters,
        device: Type.Optional(
          Type.String({ maxLength: 64, description: 'Address of a meter or a concentrator.' }),
        ),
      }),
      answers: pageOf(DeviceEventView),
      errors: ['bad-cursor', 'invalid-range'],
      handle: ({ query }) =>
        page(query, query.device === undefined ? {} : { device: query.device }),
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters/:id/events',
      access: BUSINESS,
      tag: 'Device events',
      summary: 'What one meter says happened, newest first',
      params: IdParams,
      query: Filters,
      answers: pageOf(DeviceEventView),
      errors: ['bad-cursor', 'invalid-range', 'meter-not-found'],
      async handle({ params, query }) {
        const meterId = idOf<'meter'>(params.id)
        if (!(await registry.meter(meterId))) return fail({ code: 'meter-not-found' })
        return await page(query, { meterId })
      },
    }),
  ]
}

function filterOf({ code, open, from, to }: Static<typeof Filters>): Result<EventFilter, Problem> {
  const first = from === undefined ? undefined : parseInstant(from)
  const end = to === undefined ? undefined : parseInstant(to)
  if ((from !== undefined && first === undefined) || (to !== undefined && end === undefined)) {
    return fail({ code: 'invalid-range', detail: 'No such moment.' })
  }
  return ok({
    ...(code === undefined ? {} : { code }),
    ...(open === undefined ? {} : { open }),
    ...(first === undefined ? {} : { from: first }),
    ...(end === undefined ? {} : { to: end }),
  })
}

function cursorOf({ at, id }: ListedEvent): string {
  return Buffer.from(`e${at}.${id}`).toString('base64url')
}

function placeIn(
  cursor: string | undefined,
): Result<{ readonly at: Instant; readonly id: bigint } | null, Problem> {
  if (cursor === undefined) return ok(null)
  const found = /^e(-?\d{1,15})\.(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (!found?.[1] || !found[2]) return fail({ code: 'bad-cursor' })
  return ok({ at: instant(Number(found[1])), id: BigInt(found[2]) })
}

function viewOf(event: ListedEvent, civil: CivilTime): Static<typeof DeviceEventView> {
  const { meterId, meter, concentratorId, concentrator, code, isOpen, details, ...more } = event
  const { en, zh, severity, kind } = eventTypeOf(code)
  const iso = (at: Instant | null) => (at === null ? null : civil.iso(at))
  return {
    id: String(event.id),
    meterId,
    concentratorId,
    device: meter ?? concentrator ?? '',
    code,
    name: en,
    nameZh: zh,
    severity,
    kind,
    phase: more.phase,
    at: civil.iso(more.at),
    raisedAt: iso(more.raisedAt),
    clearedAt: iso(more.clearedAt),
    receivedAt: civil.iso(more.receivedAt),
    open: isOpen,
    source: more.source,
    protocol: more.protocol,
    eventId: more.eventId,
    sequence: more.sequence,
    details: [...details],
    raw: more.raw,
  }
}
