import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, idOf, ok } from '#src/core'
import { BUSINESS } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { Concentrator, closed, IdParams, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { concentratorView } from '../views.ts'

const tag = 'Concentrators'

export function concentratorRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { registry, civil } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/concentrators',
      access: BUSINESS,
      tag,
      summary: 'Concentrators (集中器) and whether they are online',
      query: closed({
        ...paging,
        address: Type.Optional(
          Type.String({ minLength: 1, maxLength: 64, description: 'Only the one with it.' }),
        ),
      }),
      answers: pageOf(Concentrator),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { limit = 100, cursor, address } = query
        if (address !== undefined) {
          const one = await registry.concentratorByAddress(address)
          return ok({ body: { items: one ? [concentratorView(civil, one)] : [], next: null } })
        }
        const page = await registry.concentrators({ limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((one) => concentratorView(civil, one))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/concentrators/:id',
      access: BUSINESS,
      tag,
      summary: 'One concentrator',
      params: IdParams,
      answers: Concentrator,
      errors: ['concentrator-not-found'],
      async handle({ params }) {
        const found = await registry.concentrator(idOf(params.id))
        if (!found) return fail({ code: 'concentrator-not-found' })
        return ok({ body: concentratorView(civil, found) })
      },
    }),
  ]
}
