import { randomUUID } from 'node:crypto'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify'
import { assert } from '#src/core'
import { fileText } from '#src/sheets'
import { answerClientError } from './client-errors.ts'
import { problemOf, sendProblem } from './faults.ts'
import { refuseUnknown } from './methods.ts'
import { describeApi, serveDocs } from './openapi.ts'
import { servePages } from './pages.ts'
import { countRequests } from './request-metrics.ts'
import { routesOf } from './route.ts'
import { accountRoutes } from './routes/accounts.ts'
import { anomalyRoutes } from './routes/anomalies.ts'
import { archiveRoutes } from './routes/archive.ts'
import { archiveCheckRoutes } from './routes/archive-checks.ts'
import { archivePolicyRoutes } from './routes/archive-policy.ts'
import { bindingRoutes } from './routes/bindings.ts'
import { capacityRoutes } from './routes/capacity.ts'
import { caseRoutes } from './routes/cases.ts'
import { channelRoutes } from './routes/channels.ts'
import { clockRoutes } from './routes/clocks.ts'
import { collectionRoutes } from './routes/collection.ts'
import { collectionFigureRoutes } from './routes/collection-figures.ts'
import { commissioningRoutes } from './routes/commissioning.ts'
import { concentratorRoutes } from './routes/concentrators.ts'
import { connectionRoutes } from './routes/connections.ts'
import { deviceEventRoutes } from './routes/device-events.ts'
import { diagnosisRoutes } from './routes/diagnosis.ts'
import { eventRoutes } from './routes/events.ts'
import { evidenceRoutes } from './routes/evidence.ts'
import { fieldRoutes } from './routes/field.ts'
import { fieldOrderRoutes } from './routes/field-orders.ts'
import { firmwareRoutes } from './routes/firmware.ts'
import { forecastRoutes } from './routes/forecasts.ts'
import { frameLogRoutes } from './routes/frame-log.ts'
import { gridRoutes } from './routes/grid.ts'
import { gridDutyRoutes } from './routes/grid-duty.ts'
import { gridLoadingRoutes } from './routes/grid-loading.ts'
import { gridProposalRoutes } from './routes/grid-proposals.ts'
import { healthRoutes } from './routes/health.ts'
import { lineLossRoutes } from './routes/line-loss.ts'
import { loadRoutes } from './routes/load.ts'
import { messageRuleRoutes } from './routes/message-rules.ts'
import { messageRoutes } from './routes/messages.ts'
import { meterRoutes } from './routes/meters.ts'
import { outboxRoutes } from './routes/outbox.ts'
import { parameterRoutes } from './routes/parameters.ts'
import { peopleRoutes } from './routes/people.ts'
import { pointRoutes } from './routes/points.ts'
import { qualityLimitRoutes } from './routes/quality-limits.ts'
import { quarantineRoutes } from './routes/quarantine.ts'
import { queryRoutes } from './routes/queries.ts'
import { readingDayBatchRoutes } from './routes/reading-day-batches.ts'
import { readingRouteRoutes } from './routes/reading-routes.ts'
import { readRoutes } from './routes/reads.ts'
import { registerValueRoutes } from './routes/register-values.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { statisticsRoutes } from './routes/statistics.ts'
import { systemRoutes } from './routes/system.ts'
import { taskRoutes } from './routes/tasks.ts'
import { tripRoutes } from './routes/trips.ts'
import { usageRoutes } from './routes/usage.ts'
import { usageFileRoutes } from './routes/usage-files.ts'
import { usageGroupRoutes } from './routes/usage-groups.ts'
import { validationRoutes } from './routes/validation.ts'
import { validationFigureRoutes } from './routes/validation-figures.ts'
import { validationFileRoutes } from './routes/validation-files.ts'
import { watchListRoutes } from './routes/watch-lists.ts'
import { Problem } from './schemas.ts'
import type { ApiServices } from './services.ts'
import { typeboxValidator } from './validator.ts'

const BODY_LIMIT_BYTES = 64 * 1_024
const REQUEST_TIMEOUT_MS = 10_000
/** Above the longest wait of a long poll, during which a socket is silent. */
const CONNECTION_TIMEOUT_MS = 45_000
const HANDLER_TIMEOUT_MS = 30_000
const CONNECTIONS_MAX = 2_000

/** Nothing but our own files; no inline script or style. */
const contentPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
}

/** The app, ready to listen or to be injected; whoever has it closes it. */
export async function buildApi(services: ApiServices): Promise<FastifyInstance> {
  const log: FastifyBaseLogger = services.log.child({ component: 'api' })
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    forceCloseConnections: true,
    return503OnClosing: true,
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => sendProblem(request, reply, problemOf(error)),
    clientErrorHandler: answerClientError,
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser<Buffer>(
    'text/csv',
    { parseAs: 'buffer' },
    async (_: unknown, file: Buffer) => fileText(file),
  )
  app.addContentTypeParser<Buffer>(
    'application/octet-stream',
    { parseAs: 'buffer' },
    async (_: unknown, bytes: Buffer) => bytes,
  )
  app.setValidatorCompiler(typeboxValidator)
  app.addSchema(Problem)

  const registered: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    registered.push(route)
  })
  countRequests(app, services)

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error)
    if (problem.code === 'internal') request.log.error({ event: 'request-failed', err: error })
    if (problem.code === 'busy') request.log.warn({ event: 'request-refused', err: error })
    return sendProblem(request, reply, problem)
  })
  app.setNotFoundHandler(refuseUnknown(registered))

  await app.register(helmet, {
    contentSecurityPolicy: contentPolicy,
    // Whoever ends TLS in front of us decides whether the name is for HTTPS alone.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  })
  await app.register(rateLimit, { global: false })

  await describeApi(app, services.version)

  const define = routesOf(services)
  const routes = [
    ...healthRoutes(define, services),
    ...sessionRoutes(define, services),
    ...meterRoutes(define, services),
    ...evidenceRoutes(define, services),
    ...concentratorRoutes(define, services),
    ...connectionRoutes(define, services),
    ...frameLogRoutes(define, services),
    ...quarantineRoutes(define, services),
    ...fieldRoutes(define, services),
    ...accountRoutes(define, services),
    ...usageRoutes(define, services),
    ...usageFileRoutes(define, services),
    ...collectionRoutes(define, services),
    ...collectionFigureRoutes(define, services),
    ...taskRoutes(define, services),
    ...caseRoutes(define, services),
    ...messageRoutes(define, services),
    ...messageRuleRoutes(define, services),
    ...fieldOrderRoutes(define, services),
    ...firmwareRoutes(define, services),
    ...deviceEventRoutes(define, services),
    ...diagnosisRoutes(define, services),
    ...archiveRoutes(define, services),
    ...usageGroupRoutes(define, services),
    ...gridRoutes(define, services),
    ...gridDutyRoutes(define, services),
    ...gridLoadingRoutes(define, services),
    ...archiveCheckRoutes(define, services),
    ...archivePolicyRoutes(define, services),
    ...gridProposalRoutes(define, services),
    ...lineLossRoutes(define, services),
    ...anomalyRoutes(define, services),
    ...forecastRoutes(define, services),
    ...readingRouteRoutes(define, services),
    ...readingDayBatchRoutes(define, services),
    ...channelRoutes(define, services),
    ...commissioningRoutes(define, services),
    ...pointRoutes(define, services),
    ...registerValueRoutes(define, services),
    ...validationRoutes(define, services),
    ...validationFigureRoutes(define, services),
    ...validationFileRoutes(define, services),
    ...statisticsRoutes(define, services),
    ...loadRoutes(define, services),
    ...capacityRoutes(define, services),
    ...qualityLimitRoutes(define, services),
    ...queryRoutes(define, services),
    ...watchListRoutes(define, services),
    ...readRoutes(define, services),
    ...clockRoutes(define, services),
    ...parameterRoutes(define, services),
    ...eventRoutes(define, services),
    ...outboxRoutes(define, services),
    ...systemRoutes(define, services),
    ...peopleRoutes(define, services),
    ...tripRoutes(define, services),
    ...bindingRoutes(define, services),
  ]
  for (const route of routes) app.route(route)
  await serveDocs(app)
  await servePages(app)

  await app.ready()
  for (const { url, method, config } of registered) {
    assert(config?.access, `${method} ${url} declares who may call it`)
  }
  return app
}
