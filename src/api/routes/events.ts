import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { BUSINESS } from '../access.ts'
import { openEventStream } from '../event-stream.ts'
import { createLiveFeed } from '../live.ts'
import type { DefineRoute } from '../route.ts'
import type { ApiServices } from '../services.ts'

const STREAMS_MAX = 100

export function eventRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const feed = createLiveFeed(services)
  services.metrics.watch(
    { name: 'hes_http_event_streams', help: 'Live feeds that are open.' },
    () => feed.listeners,
  )
  return [
    define({
      method: 'GET',
      url: '/api/v1/events',
      access: BUSINESS,
      tag: 'System',
      summary: 'Live feed (server-sent events)',
      description:
        'Every two seconds an event `live`: concentrators online, readings per minute, the last ' +
        'round, the newest readings. The stream ends when the session does.',
      answers: Type.String({ description: '`text/event-stream`' }),
      async handle({ request, reply }) {
        if (feed.listeners >= STREAMS_MAX) return fail({ code: 'busy', retryAfterSeconds: 30 })
        const stream = openEventStream(request, reply, services)
        const stop = feed.listen((view) => stream.tell('live', view))
        stream.closed.addEventListener('abort', stop, { once: true })
        return ok({ body: '' })
      },
    }),
  ]
}
