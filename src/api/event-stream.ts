import type { FastifyReply, FastifyRequest } from 'fastify'
import { seconds } from '#src/core'
import { bearerOf } from './route.ts'
import type { ApiServices } from './services.ts'

/** A reader this far behind is not reading. */
const BACKLOG_MAX_BYTES = 256 * 1_024
/** How long a stream outlives its session at most. */
const CHECK_EVERY = seconds(1)
/** Checks after which a silent stream says that it lives: proxies close what is silent. */
const CHECKS_PER_SIGN_OF_LIFE = 15

/** Server-sent events to one listener, until either side or the session ends. */
export interface EventStream {
  tell(event: string, data: object): void
  /** Says a last word and closes. */
  end(data: object): void
  /** Aborts when nobody listens any more. */
  readonly closed: AbortSignal
}

type Parts = Pick<ApiServices, 'identity' | 'clock' | 'log'>

/** Takes the reply over; from here on the stream answers. */
export function openEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  { identity, clock, log }: Parts,
): EventStream {
  const token = bearerOf(request) ?? ''
  const closing = new AbortController()
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

  function write(text: string) {
    if (raw.writableEnded) return
    if (raw.writableLength > BACKLOG_MAX_BYTES) end({ reason: 'too-slow' })
    else raw.write(text)
  }
  function end(data: object) {
    closing.abort()
    if (!raw.writableEnded) raw.end(textOf('end', data))
  }

  let checks = 0
  let cancelCheck = () => {}
  function checkLater() {
    cancelCheck = clock.after(CHECK_EVERY, () => {
      check().catch((error: unknown) => {
        // Whether the session still stands cannot be known, so the stream does not either.
        log.warn({ component: 'api', event: 'stream-failed', err: error })
        end({ reason: 'internal' })
      })
    })
  }
  async function check() {
    if (!(await identity.authenticate(token))) return end({ reason: 'unauthenticated' })
    if (closing.signal.aborted) return
    checks++
    if (checks % CHECKS_PER_SIGN_OF_LIFE === 0) write(':\n\n')
    checkLater()
  }
  checkLater()
  closing.signal.addEventListener('abort', () => cancelCheck(), { once: true })
  raw.on('close', () => closing.abort())
  return { tell: (event, data) => write(textOf(event, data)), end, closed: closing.signal }
}

const textOf = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
