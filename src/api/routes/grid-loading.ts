import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { nodeKinds } from '#src/grid'
import { contractStates, loadingStates } from '#src/grid/loading'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { NodeParams } from '../grid-schemas.ts'
import {
  CapacityView,
  ContractView,
  days,
  Kva,
  LoadingView,
  loadingView,
  periodOf,
} from '../grid-work-schemas.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Moment, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Grid'

/** What parts of the grid carried and may carry (供电能力评估). */
export function gridLoadingRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { gridLoading, civil, clock } = services
  const today = () => civil.dateOf(clock.now())

  return [
    define({
      method: 'GET',
      url: '/api/v1/grid/loading',
      access: BUSINESS,
      tag,
      summary: 'Peak of nodes against what they may carry: overloaded, heavy, light',
      query: closed({
        ...paging,
        ...days,
        kind: Type.Optional(oneOf(nodeKinds)),
        state: Type.Optional(oneOf(loadingStates)),
      }),
      answers: pageOf(LoadingView),
      errors: ['bad-cursor', 'invalid-range', 'range-too-long'],
      async handle({ query }) {
        const period = periodOf(query, civil, today())
        if (!period.ok) return period
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const { kind, state } = query
        const found = await gridLoading.nodes(kind ?? 'area', period.value, state ?? null, page)
        const items = found.slice(0, limit).map((one) => loadingView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/contracts',
      access: BUSINESS,
      tag,
      summary: 'Peak of accounts against the capacity of their contracts: above, below',
      query: closed({ ...paging, ...days, state: Type.Optional(oneOf(contractStates)) }),
      answers: pageOf(ContractView),
      errors: ['bad-cursor', 'invalid-range', 'range-too-long'],
      async handle({ query }) {
        const period = periodOf(query, civil, today())
        if (!period.ok) return period
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await gridLoading.contracts(period.value, query.state ?? null, page)
        const items = found.slice(0, limit).map(({ id: _, ...one }) => one)
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/:kind/:code/headroom',
      access: BUSINESS,
      tag,
      summary: 'What is free at a node and above it, and whether so much more fits',
      params: NodeParams,
      query: closed({ ...days, kva: Type.Optional(Kva) }),
      answers: CapacityView,
      errors: ['invalid-range', 'range-too-long', 'node-not-found'],
      async handle({ params, query }) {
        const period = periodOf(query, civil, today())
        if (!period.ok) return period
        const checked = await gridLoading.check(params, period.value, query.kva ?? '0')
        if (checked === null) return fail({ code: 'node-not-found' })
        const steps = checked.steps.map(({ freeKva, fits, ...step }) => {
          return { ...loadingView(step, civil), freeKva, fits }
        })
        return ok({ body: { fits: checked.fits, steps } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/grid/:kind/:code/capacity',
      access: DISPATCHING,
      tag,
      summary: 'Enter what a node may carry from a time on; null: what its plates say',
      params: NodeParams,
      body: closed({ kva: Type.Union([Kva, Type.Null()]), from: Moment }),
      answers: closed({}),
      errors: ['invalid-range', 'node-not-found', 'not-now'],
      audit: 'grid.rate',
      async handle({ params, body, actor, note }) {
        const audit = { target: `${params.kind}/${params.code}` }
        const from = parseMoment(civil, 'from', body.from)
        if (!from.ok) return fail({ ...from.error, audit })
        const rated = await gridLoading.rate(params, body.kva, from.value, actor.name, (tx) =>
          note(tx, { ...audit, detail: { ...body } }),
        )
        if (rated.ok) return ok({ body: {} })
        const code = rated.error.kind === 'no-node' ? 'node-not-found' : 'not-now'
        return fail({ code, detail: rated.error.message, audit })
      },
    }),
  ]
}
