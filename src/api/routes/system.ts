import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { ok } from '#src/core'
import { BUSINESS, OVERSIGHT } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Node, Setting } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'System'

export function systemRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { civil } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/settings',
      access: OVERSIGHT,
      tag,
      summary: 'Effective settings, secrets masked',
      answers: closed({ items: Type.Array(Setting), next: Type.Null() }),
      async handle() {
        const items = services.settings().map((setting) => ({ ...setting }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/nodes',
      access: BUSINESS,
      tag,
      summary: 'Processes of the head-end and what they own',
      answers: closed({ items: Type.Array(Node), next: Type.Null() }),
      async handle() {
        const items = (await services.nodes()).map((node) => ({
          ...node,
          roles: [...node.roles],
          startedAt: civil.iso(node.startedAt),
        }))
        return ok({ body: { items, next: null } })
      },
    }),
  ]
}
