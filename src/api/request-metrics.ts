import type { FastifyInstance } from 'fastify'
import type { ApiServices } from './services.ts'

const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counts and times every request by its route's pattern, never by its path. */
export function countRequests(
  app: FastifyInstance,
  { metrics, log }: Pick<ApiServices, 'metrics' | 'log'>,
): void {
  const requests = metrics.counter<'method' | 'route' | 'status'>({
    name: 'hes_http_requests_total',
    help: 'Requests answered.',
    labels: ['method', 'route', 'status'],
  })
  const duration = metrics.histogram<'method' | 'route'>(
    {
      name: 'hes_http_request_seconds',
      help: 'Time from the request to its answer.',
      labels: ['method', 'route'],
    },
    SECONDS_BUCKETS,
  )
  const component = log.child({ component: 'api' })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const { method } = request
    const ms = reply.elapsedTime
    requests.add({ method, route, status: String(reply.statusCode) })
    duration.observe({ method, route }, ms / 1_000)
    const status = reply.statusCode
    component.debug({ event: 'request', request: request.id, method, route, status, ms })
  })
}
