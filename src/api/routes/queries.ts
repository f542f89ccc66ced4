import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, type Result } from '#src/core'
import { type Sheet, sheetFormats } from '#src/sheets'
import type { QueryAnswer, QueryRefusal } from '#src/statistics'
import { BUSINESS } from '../access.ts'
import {
  AnswerView,
  answerView,
  CatalogueView,
  type Definition,
  NewQuery,
  QueryChange,
  RunBody,
  SavedList,
  SavedView,
  savedView,
} from '../analysis-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import { days, daysOf } from '../statistics-views.ts'

const tag = 'Analysis'
const FILE_MAX = 100_000
const ROWS = 1_000

/** Queries that people put together (自定义查询), asked once or kept by name. */
export function queryRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { civil, clock } = services
  const { queries } = services.statistics
  const today = () => civil.dateOf(clock.now())

  async function run(
    definition: Static<typeof Definition>,
    given: { readonly from?: string; readonly to?: string },
    limit: number,
  ): Promise<Result<QueryAnswer, Problem>> {
    const range = daysOf(civil, given, today())
    if (!range.ok) return range
    const answer = await queries.run({ ...definition, ...range.value }, limit)
    return answer.ok ? answer : fail(refused(answer.error))
  }

  async function runSaved(
    who: string,
    id: number,
    given: { readonly from?: string; readonly to?: string },
    limit: number,
  ): Promise<Result<{ name: string; answer: QueryAnswer }, Problem>> {
    const saved = await queries.get(who, id)
    if (saved === undefined) return fail({ code: 'query-not-found' })
    const answer = await run(savedView(civil, saved).definition, given, limit)
    return answer.ok ? ok({ name: saved.name, answer: answer.value }) : answer
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/queries/catalogue',
      access: BUSINESS,
      tag,
      summary: 'What a query may ask for, by source',
      answers: CatalogueView,
      async handle() {
        const items = queries.catalogue().map(({ source, measures, dimensions }) => ({
          ...{ source, measures: [...measures], dimensions: [...dimensions] },
        }))
        return ok({ body: { items } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/queries/run',
      access: BUSINESS,
      tag,
      summary: 'Ask a query that is not kept (自定义查询)',
      description:
        'It is priced before it runs, ends after 10 s, and writes nothing. Energy is that of 1.8.0 ' +
        'unless a register is filtered by or told apart. Energy and load of gateways, customers ' +
        'and generators are never added together: unless `role` is filtered by or single usage ' +
        'points are told apart, `role` is a dimension more.',
      body: RunBody,
      answers: AnswerView,
      errors: ['query-refused', 'query-costly', 'invalid-range'],
      audit: 'query.run',
      async handle({ body: { from, to, limit = ROWS, ...body } }) {
        const empty = { filters: [], having: [], order: [], dimensions: [] }
        const answer = await run({ ...empty, ...body }, { from, to }, limit)
        return answer.ok
          ? ok({ body: answerView(answer.value), target: `query/${body.source}` })
          : answer
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/queries',
      access: BUSINESS,
      tag,
      summary: 'Queries that are kept: your own and those that are shared',
      answers: SavedList,
      async handle({ actor }) {
        const items = (await queries.saved(actor.name)).map((one) => savedView(civil, one))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/queries',
      access: BUSINESS,
      tag,
      summary: 'Keep a query by name',
      body: NewQuery,
      status: 201,
      answers: SavedView,
      errors: ['name-taken', 'query-not-found'],
      audit: 'query.save',
      async handle({ body: { shared, ...body }, actor, note }) {
        const saved = await queries.save(actor.name, { ...body, isShared: shared }, note)
        if (!saved.ok) return fail(refused(saved.error))
        const headers = { location: `/api/v1/queries/${saved.value.id}` }
        return ok({ body: savedView(civil, saved.value), headers })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/queries/:id',
      access: BUSINESS,
      tag,
      summary: 'One query',
      params: IdParams,
      answers: SavedView,
      errors: ['query-not-found'],
      async handle({ params, actor }) {
        const saved = await queries.get(actor.name, params.id)
        return saved ? ok({ body: savedView(civil, saved) }) : fail({ code: 'query-not-found' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/queries/:id/revisions',
      access: BUSINESS,
      tag,
      summary: 'Everything a query ever was, the newest first',
      params: IdParams,
      answers: SavedList,
      errors: ['query-not-found'],
      async handle({ params, actor }) {
        const found = await queries.revisions(actor.name, params.id)
        if (found.length === 0) return fail({ code: 'query-not-found' })
        return ok({ body: { items: found.map((one) => savedView(civil, one)), next: null } })
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/queries/:id',
      access: BUSINESS,
      tag,
      summary: 'Change a query of yours; what it was stays known',
      params: IdParams,
      body: QueryChange,
      answers: SavedView,
      errors: ['query-not-found', 'name-taken'],
      audit: 'query.change',
      async handle({ params, body: { shared, ...body }, actor, note }) {
        const given = { ...body, ...(shared !== undefined && { isShared: shared }) }
        const changed = await queries.change(actor.name, params.id, given, note)
        return changed.ok
          ? ok({ body: savedView(civil, changed.value) })
          : fail(refused(changed.error))
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/queries/:id',
      access: BUSINESS,
      tag,
      summary: 'Keep a query of yours no more',
      params: IdParams,
      answers: closed({}),
      errors: ['query-not-found'],
      audit: 'query.remove',
      async handle({ params, actor, note }) {
        const isGone = await queries.remove(actor.name, params.id, note)
        return isGone ? ok({ body: {} }) : fail({ code: 'query-not-found' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/queries/:id/rows',
      access: BUSINESS,
      tag,
      summary: 'Ask a kept query for some days',
      params: IdParams,
      query: closed({
        ...days,
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: ROWS })),
      }),
      answers: AnswerView,
      errors: ['query-not-found', 'query-refused', 'query-costly', 'invalid-range'],
      async handle({ params, query: { limit = ROWS, ...given }, actor }) {
        const found = await runSaved(actor.name, params.id, given, limit)
        return found.ok ? ok({ body: answerView(found.value.answer) }) : found
      },
    }),
    ...sheetFormats.map((format) =>
      define({
        method: 'GET',
        url: `/api/v1/queries/:id/rows.${format}`,
        access: BUSINESS,
        tag,
        summary: `The same as ${format.toUpperCase()}`,
        params: IdParams,
        query: closed(days),
        answers: Type.String(),
        errors: ['query-not-found', 'query-refused', 'query-costly', 'invalid-range'],
        async handle({ params, query, actor, reply }) {
          const found = await runSaved(actor.name, params.id, query, FILE_MAX)
          if (!found.ok) return found
          await sendSheet(reply, answerSheet(found.value.name, found.value.answer), format)
          return ok({ body: '' })
        },
      }),
    ),
  ]
}

function refused({ kind, message }: QueryRefusal): Problem {
  switch (kind) {
    case 'not-found':
      return { code: 'query-not-found', detail: message }
    case 'name-taken':
      return { code: 'name-taken', detail: message }
    case 'costly':
    case 'too-slow':
      return { code: 'query-costly', detail: message }
    case 'wrong':
      return { code: 'query-refused', detail: message }
  }
}

const answerSheet = (name: string, { columns, rows }: QueryAnswer): Sheet => ({
  name,
  columns: columns.map(({ name: title, kind, unit }) => ({
    title: unit === '' ? title : `${title} (${unit})`,
    kind,
  })),
  rows: rows.map((row) => row.map((cell) => cell ?? '')),
})
