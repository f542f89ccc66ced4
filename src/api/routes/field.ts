import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { toHex } from '#protocols/bytes'
import { valueText } from '#protocols/model'
import { fail, idOf, ok } from '#src/core'
import { OPERATION } from '../access.ts'
import { type EventStream, openEventStream } from '../event-stream.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Concentrators'
const STREAMS_MAX = 20
const Stream = Type.String({ description: '`text/event-stream`' })

/** Work on the channel of a concentrator, told as it goes. */
export function fieldRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { registry, field, civil, log } = services
  let streams = 0
  services.metrics.watch(
    { name: 'hes_http_field_streams', help: 'Searches and watched channels that are open.' },
    () => streams,
  )

  function opened(request: FastifyRequest, reply: FastifyReply) {
    const stream = openEventStream(request, reply, services)
    streams++
    stream.closed.addEventListener('abort', () => streams--, { once: true })
    return stream
  }

  async function search(channel: Parameters<typeof field.search>[0], stream: EventStream) {
    let found = 0
    const searched = await field.search(
      channel,
      {
        trying: (text) => stream.tell('trying', { text }),
        found({ address, reading, roundTripMs }) {
          found++
          const value = reading && valueText(reading.value)
          const { item: register, unit } = reading ?? { item: null, unit: null }
          stream.tell('found', { address, register, value, unit, roundTripMs })
        },
      },
      stream.closed,
    )
    const { code, message } = searched.ok ? { code: null, message: null } : searched.error
    stream.end({ found, failure: code === null ? null : { code, message } })
  }

  return [
    define({
      method: 'POST',
      url: '/api/v1/concentrators/:id/scan',
      access: OPERATION,
      tag,
      summary: 'Find the meters behind a concentrator (server-sent events)',
      description:
        'Asks on its channel between two periodic reads; only asks, changes nothing. Events: ' +
        '`trying` (what is asked now), `found` (`address`, `register`, `value`, `unit`, ' +
        '`roundTripMs`), and at last `end` with `found` and `failure`, which is null where the ' +
        'search came to its end. It stops when you close the stream, or after 15 minutes.',
      params: IdParams,
      body: closed({ protocol: Type.Literal('dlt645-2007') }),
      answers: Stream,
      errors: ['concentrator-not-found', 'busy'],
      audit: 'concentrator.scan',
      async handle({ params, request, reply }) {
        const target = `concentrator/${params.id}`
        const found = await registry.concentrator(idOf(params.id))
        if (!found) return fail({ code: 'concentrator-not-found', audit: { target } })
        if (streams >= STREAMS_MAX) {
          return fail({ code: 'busy', retryAfterSeconds: 30, audit: { target } })
        }
        const stream = opened(request, reply)
        search(found.channelId, stream).catch((error: unknown) => {
          log.error({ component: 'api', event: 'scan-failed', err: error })
          stream.end({ found: null, failure: { code: 'internal', message: 'the search failed' } })
        })
        return ok({ body: '', target })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/concentrators/:id/frames',
      access: OPERATION,
      tag,
      summary: 'What passes on the channel of a concentrator (server-sent events)',
      description:
        'Sends nothing to any device. Events: `open` (`channel`, `online`), then `bytes` (`at`, ' +
        '`direction`: `sent` or `received`, `hex`) in the order in which they pass; a frame may ' +
        'come in pieces. A listener that does not keep up is cut off with `end`.',
      params: IdParams,
      answers: Stream,
      errors: ['concentrator-not-found', 'busy'],
      async handle({ params, request, reply }) {
        const found = await registry.concentrator(idOf(params.id))
        if (!found) return fail({ code: 'concentrator-not-found' })
        if (streams >= STREAMS_MAX) return fail({ code: 'busy', retryAfterSeconds: 30 })
        const stream = opened(request, reply)
        stream.tell('open', { channel: found.address, online: found.online })
        const stop = field.listen(found.channelId, ({ at, direction, bytes }) => {
          stream.tell('bytes', { at: civil.iso(at), direction, hex: toHex(bytes) })
        })
        stream.closed.addEventListener('abort', stop, { once: true })
        return ok({ body: '' })
      },
    }),
  ]
}
