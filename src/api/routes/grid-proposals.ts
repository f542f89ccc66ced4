import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, hours, ok } from '#src/core'
import { type ProposalRefusal, proposalStates } from '#src/grid/proposals'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { NodeRefText, nodeNameOf } from '../grid-schemas.ts'
import { ProposalView, proposalView } from '../grid-work-schemas.ts'
import type { ProblemCode } from '../problems.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, Moment, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Grid'
const DAYS = 14
const SEARCH_MS_MAX = 120_000

const codes: Readonly<Record<ProposalRefusal['kind'], ProblemCode>> = {
  'not-found': 'proposal-not-found',
  'no-node': 'node-not-found',
  'not-now': 'not-now',
  'too-much': 'invalid-parameters',
  'second-person': 'second-person',
}

/** Where usage points really hang, by voltage and terminals (台区、相别识别). */
export function gridProposalRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { gridProposals, civil } = services

  return [
    define({
      method: 'GET',
      url: '/api/v1/grid/proposals',
      access: BUSINESS,
      tag,
      summary: 'Usage points that hang elsewhere than the archive says, with how sure that is',
      query: closed({
        ...paging,
        state: Type.Optional(oneOf(proposalStates)),
        area: Type.Optional(Type.String({ maxLength: 100 })),
      }),
      answers: pageOf(ProposalView),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const { state, area } = query
        const limit = query.limit ?? 100
        const filter = {
          ...(state === undefined ? {} : { state }),
          ...(area === undefined ? {} : { area }),
        }
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await gridProposals.list(filter, page)
        const items = found.slice(0, limit).map((one) => proposalView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/grid/proposals/search',
      access: DISPATCHING,
      tag,
      summary: 'Look at all areas at or below a node now',
      body: closed({
        under: NodeRefText,
        days: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: DAYS })),
      }),
      answers: closed({
        areas: Type.Integer(),
        points: Type.Integer(),
        judged: Type.Integer({ description: 'With voltage enough to say where they hang.' }),
        confirmed: Type.Integer({ description: 'Of these the archive says the same.' }),
        open: Type.Integer(),
      }),
      errors: ['node-not-found', 'invalid-parameters'],
      audit: 'grid.search',
      handlerTimeoutMs: SEARCH_MS_MAX,
      async handle({ body }) {
        const under = nodeNameOf(body.under)
        if (under === undefined) return fail({ code: 'node-not-found' })
        const done = await gridProposals.search(under, hours(24 * (body.days ?? DAYS)))
        if (!done.ok) return fail({ code: codes[done.error.kind], detail: done.error.message })
        return ok({ body: done.value, target: body.under })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/grid/proposals/:id/adopt',
      access: DISPATCHING,
      tag,
      summary: 'Let the archive say it: since a time, or for as long as it was wrong',
      description:
        'Where the policy of the archive wants a second person it stays open, with who asked for it, until somebody else asks for the same.',
      params: IdParams,
      body: closed({ since: Type.Optional(Moment) }),
      answers: ProposalView,
      errors: ['proposal-not-found', 'invalid-range', 'not-now', 'second-person'],
      audit: 'grid.adopt',
      async handle({ params, body, actor, note }) {
        const audit = { target: `place-proposal/${params.id}` }
        const since = body.since === undefined ? null : parseMoment(civil, 'since', body.since)
        if (since !== null && !since.ok) return fail({ ...since.error, audit })
        const done = await gridProposals.adopt(params.id, since?.value ?? null, actor.name, (tx) =>
          note(tx, { ...audit, detail: { ...body } }),
        )
        if (done.ok) {
          services.archiveMoved()
          return ok({ body: proposalView(done.value, civil) })
        }
        return fail({ code: codes[done.error.kind], detail: done.error.message, audit })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/grid/proposals/:id/dismiss',
      access: DISPATCHING,
      tag,
      summary: 'It is right as it is; the same is not proposed again for half a year',
      params: IdParams,
      body: closed({ reason: Type.String({ minLength: 1, maxLength: 500 }) }),
      answers: ProposalView,
      errors: ['proposal-not-found', 'not-now'],
      audit: 'grid.dismiss',
      async handle({ params, body, actor, note }) {
        const audit = { target: `place-proposal/${params.id}` }
        const done = await gridProposals.dismiss(params.id, body.reason, actor.name, (tx) =>
          note(tx, { ...audit, detail: { ...body } }),
        )
        if (done.ok) return ok({ body: proposalView(done.value, civil) })
        return fail({ code: codes[done.error.kind], detail: done.error.message, audit })
      },
    }),
  ]
}
