import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, hours, ok } from '#src/core'
import { BUSINESS, EDITING } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { parseRange } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, Moment, nullable, oneOf, pageOf, paging, Time } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { noting } from './validation.ts'

const tag = 'Validation'
const Code = Type.String()
const FIGURES = { max: hours(24 * 400), usual: hours(24 * 31) }

/** What should be computed again, and how much of all is not measured. */
export function validationFigureRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { validation, civil, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/validation/proposals',
      access: BUSINESS,
      tag,
      summary: 'Bills that rest on a value that changed, newest first',
      query: closed({
        ...paging,
        state: Type.Optional(oneOf(['open', 'done', 'dismissed'])),
      }),
      answers: pageOf(
        closed({
          id: Type.Integer(),
          kind: oneOf(['bill']),
          usagePoint: Type.String(),
          account: nullable(Type.String()),
          month: Type.String(),
          reason: Type.String(),
          state: oneOf(['open', 'done', 'dismissed']),
          madeAt: Time,
        }),
      ),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const { limit = 100, state = 'open' } = query
        const found = await validation.proposals(state, before.value, limit + 1)
        const items = found
          .slice(0, limit)
          .map((one) => ({ ...one, madeAt: civil.iso(one.madeAt) }))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/validation/proposals/:id/end',
      access: EDITING,
      tag,
      summary: 'Say that it was computed again, or need not be',
      params: IdParams,
      body: closed({ state: oneOf(['done', 'dismissed']) }),
      answers: closed({ id: Type.Integer(), state: oneOf(['done', 'dismissed']) }),
      errors: ['finding-not-found'],
      audit: 'validation-proposal.end',
      async handle({ params: { id }, body: { state }, actor, note }) {
        const target = `validation-proposal/${id}`
        const is = await validation.endProposal(id, state, actor.name, noting(note, target))
        return is
          ? ok({ body: { id, state } })
          : fail({ code: 'finding-not-found', audit: { target } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/validation/figures',
      access: BUSINESS,
      tag,
      summary: 'How much people brought, how much was estimated, and what was found',
      description:
        '`manualShare` is of the meters in service those that people brought a reading of.',
      query: closed({ from: Moment, to: Moment }),
      answers: closed({
        meters: Type.Integer(),
        brought: Type.Integer(),
        manualShare: nullable(Type.String({ description: 'In percent, exact to two decimals.' })),
        values: Type.Array(closed({ kind: Code, state: Code, count: Type.Integer() })),
        findings: Type.Array(closed({ code: Code, state: Code, count: Type.Integer() })),
      }),
      errors: ['invalid-range', 'range-too-long'],
      async handle({ query }) {
        const range = parseRange(civil, query, clock.now(), FIGURES)
        if (!range.ok) return range
        const { from, to } = range.value
        const { meters, brought, values, findings } = await validation.figures(from, to)
        const share = meters === 0 ? null : Math.round((brought * 10_000) / meters)
        const manualShare =
          share === null
            ? null
            : `${Math.floor(share / 100)}.${String(share % 100).padStart(2, '0')}`
        return ok({
          body: { meters, brought, manualShare, values: [...values], findings: [...findings] },
        })
      },
    }),
  ]
}
