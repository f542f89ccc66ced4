import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { BUSINESS } from '../access.ts'
import { createLiveFeed, type LiveFeed, type LiveView } from '../live.ts'
import { bearerOf, type DefineRoute } from '../route.ts'
import type { ApiServices } from '../services.ts'

const STREAMS_MAX = 100
/** A reader this far behind is not reading. */
const BACKLOG_MAX_BYTES = 256 * 1_024

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
        stream(request, reply, feed, services)
        return ok({ body: '' })
      },
    }),
  ]
}

function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  feed: LiveFeed,
  { identity, log }: Pick<ApiServices, 'identity' | 'log'>,
): void {
  const token = bearerOf(request) ?? ''
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value)
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  raw.flushHeaders()

  async function tell(view: LiveView) {
    if (raw.writableLength > BACKLOG_MAX_BYTES) return end()
    const actor = await identity.authenticate(token)
    if (!actor) return end('event: end\ndata: {"reason":"unauthenticated"}\n\n')
    if (!raw.writableEnded) raw.write(`event: live\ndata: ${JSON.stringify(view)}\n\n`)
  }
  const stop = feed.listen((view) => {
    tell(view).catch((error: unknown) => {
      // Whether the session still stands cannot be known, so the stream does not either.
      log.warn({ component: 'api', event: 'stream-failed', err: error })
      end()
    })
  })
  function end(last = '') {
    stop()
    if (!raw.writableEnded) raw.end(last)
  }
  raw.on('close', () => end())
}
