import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, seconds } from '#src/core'
import { createReadiness } from '../readiness.ts'
import type { DefineRoute } from '../route.ts'
import { closed } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Health'
const CHECK_TIMEOUT = seconds(3)

export function healthRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const ready = createReadiness(services.clock, services.dependencies, CHECK_TIMEOUT)
  return [
    define({
      method: 'GET',
      url: '/healthz',
      access: 'public',
      tag,
      summary: 'The process is alive',
      answers: closed({ status: Type.String(), version: Type.String() }),
      async handle() {
        return ok({ body: { status: 'alive', version: services.version } })
      },
    }),
    define({
      method: 'GET',
      url: '/readyz',
      access: 'public',
      tag,
      summary: 'Every part the server needs is usable',
      answers: closed({
        status: Type.String(),
        checks: Type.Array(
          closed({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() }),
        ),
      }),
      errors: ['not-ready'],
      async handle() {
        const checks = await ready()
        if (checks.every((check) => check.ok)) return ok({ body: { status: 'ready', checks } })
        const broken = checks.filter((check) => !check.ok).map((check) => check.name)
        return fail({ code: 'not-ready', detail: broken.join(', '), extra: { checks } })
      },
    }),
    define({
      method: 'GET',
      url: '/metrics',
      access: 'public',
      tag,
      summary: 'Everything that is counted, for Prometheus',
      answers: Type.String(),
      async handle({ reply }) {
        const { contentType, body } = await services.metrics.text()
        reply.type(contentType)
        return ok({ body })
      },
    }),
  ]
}
