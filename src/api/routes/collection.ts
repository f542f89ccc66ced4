import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, parseBusinessDate } from '#src/core'
import { BUSINESS } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { CollectionSummary, closed } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

export function collectionRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { collection, civil, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/collection/summary',
      access: BUSINESS,
      tag: 'Collection',
      summary: 'What should have come on a day, and what did (采集成功率)',
      query: closed({
        date: Type.Optional(
          Type.String({ format: 'date', description: 'Civil date; today if absent.' }),
        ),
      }),
      answers: CollectionSummary,
      errors: ['invalid-range'],
      async handle({ query }) {
        const date =
          query.date === undefined ? civil.dateOf(clock.now()) : parseBusinessDate(query.date)
        if (date === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
        const summary = await collection.summary(date)
        const groups = summary.groups.map((group) => ({ ...group }))
        return ok({ body: { ...summary, groups } })
      },
    }),
  ]
}
