import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type CivilTime, ok } from '#src/core'
import { approvals, type SetPolicy } from '#src/registry'
import { BUSINESS, RULING } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, nullable, oneOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Archive'
const ROWS_MAX = 1_000_000

const Policy = {
  approval: oneOf(approvals),
  aboveRows: Type.Integer({
    minimum: 0,
    maximum: ROWS_MAX,
    description: 'Files that change more rows than so many; 0: every file.',
  }),
  proposals: oneOf(approvals),
}
const PolicyView = closed({
  ...Policy,
  setBy: nullable(Type.String()),
  setAt: nullable(Type.String()),
})

const policyView = (civil: CivilTime, { setAt, ...policy }: SetPolicy) => ({
  ...policy,
  setAt: setAt === null ? null : civil.iso(setAt),
})

/** Who may change the archive alone. */
export function archivePolicyRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { archiveDesk: desk, civil } = services

  return [
    define({
      method: 'GET',
      url: '/api/v1/archive/policy',
      access: BUSINESS,
      tag,
      summary: 'Which changes of the archive another person must agree to',
      answers: PolicyView,
      async handle() {
        return ok({ body: policyView(civil, await desk.policy()) })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/archive/policy',
      access: RULING,
      tag,
      summary: 'Say which changes of the archive another person must agree to',
      description:
        '`approval` is about files that change more rows than `aboveRows`: with `second-person` they are proposed, and applied by somebody else than who proposed them. `proposals` is about area and phase that the head-end proposes: one asks for it, another agrees.',
      body: closed(Policy),
      answers: PolicyView,
      audit: 'archive.policy',
      async handle({ body, actor, note }) {
        const set = await desk.setPolicy(body, actor.name, (tx, detail) =>
          note(tx, { target: 'archive', detail }),
        )
        return ok({ body: policyView(civil, set) })
      },
    }),
  ]
}
