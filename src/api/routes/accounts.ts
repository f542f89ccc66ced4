import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail } from '#src/core'
import { type Actor, mayAct } from '#src/identity'
import { BUSINESS } from '../access.ts'
import { parseUsageRange } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, granularities, Moment, oneOf, RegisterCode, Usage } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { usageOf } from '../usage.ts'

export function accountRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { registry, identity, civil, clock } = services

  const maySee = async (actor: Actor, no: string) =>
    mayAct(actor, BUSINESS) || (await identity.isBound(actor, no))

  return [
    define({
      method: 'GET',
      url: '/api/v1/accounts/:no/usage',
      access: [...BUSINESS, 'customer'],
      tag: 'Accounts',
      summary: 'Energy by period of an account (户号), primary',
      description:
        'A period without data is absent, never zero. To a customer every account that is not ' +
        'bound to them is not there.',
      params: closed({ no: Type.String({ minLength: 1, maxLength: 64 }) }),
      query: closed({
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
        granularity: Type.Optional(oneOf(granularities)),
        register: Type.Optional(RegisterCode),
      }),
      answers: Usage,
      errors: [
        'account-not-found',
        'unknown-register',
        'not-energy',
        'invalid-range',
        'range-too-long',
      ],
      async handle({ params, query, actor }) {
        if (!(await maySee(actor, params.no))) return fail({ code: 'account-not-found' })
        const { granularity = 'day' } = query
        const range = parseUsageRange(civil, query, clock.now(), granularity)
        if (!range.ok) return range
        const { from, to } = range.value
        const installations = await registry.accountMeters(params.no, from, to)
        if (!installations) return fail({ code: 'account-not-found' })
        return usageOf(services, installations, query.register ?? '1.8.0', range.value, granularity)
      },
    }),
  ]
}
