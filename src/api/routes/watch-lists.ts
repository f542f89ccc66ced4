import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, parseBusinessDate } from '#src/core'
import { subjectKinds, type WatchList, type WatchRefusal } from '#src/statistics'
import { BUSINESS } from '../access.ts'
import {
  ListChange,
  Lists,
  ListView,
  LookedView,
  NewList,
  WatchedView,
  watchedView,
} from '../analysis-schemas.ts'
import { CivilDate } from '../collection-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, oneOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Analysis'

/** Key accounts that somebody watches (重点用户监测). */
export function watchListRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { civil, clock } = services
  const { watchLists } = services.statistics
  const today = () => civil.dateOf(clock.now())
  const comparedOf = (date: string | undefined) =>
    date === undefined ? civil.addDays(today(), -7) : parseBusinessDate(date)

  return [
    define({
      method: 'GET',
      url: '/api/v1/watch-lists',
      access: BUSINESS,
      tag,
      summary: 'Lists of key accounts (重点用户): your own and those that are shared',
      answers: Lists,
      async handle({ actor }) {
        const items = (await watchLists.list(actor.name)).map(listView)
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/watch-lists',
      access: BUSINESS,
      tag,
      summary: 'Make a list of usage points or accounts to watch',
      body: NewList,
      status: 201,
      answers: ListView,
      errors: ['name-taken', 'invalid-parameters', 'watch-list-not-found'],
      audit: 'watch-list.create',
      async handle({ body: { shared, ...body }, actor, note }) {
        const made = await watchLists.create(actor.name, { ...body, isShared: shared }, note)
        if (!made.ok) return fail(unwatched(made.error))
        const headers = { location: `/api/v1/watch-lists/${made.value.id}` }
        return ok({ body: listView(made.value), headers })
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/watch-lists/:id',
      access: BUSINESS,
      tag,
      summary: 'Change a list of yours',
      params: IdParams,
      body: ListChange,
      answers: ListView,
      errors: ['name-taken', 'invalid-parameters', 'watch-list-not-found'],
      audit: 'watch-list.change',
      async handle({ params, body: { shared, ...body }, actor, note }) {
        const given = { ...body, ...(shared !== undefined && { isShared: shared }) }
        const changed = await watchLists.change(actor.name, params.id, given, note)
        return changed.ok ? ok({ body: listView(changed.value) }) : fail(unwatched(changed.error))
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/watch-lists/:id',
      access: BUSINESS,
      tag,
      summary: 'Watch a list of yours no more',
      params: IdParams,
      answers: closed({}),
      errors: ['watch-list-not-found'],
      audit: 'watch-list.remove',
      async handle({ params, actor, note }) {
        const isGone = await watchLists.remove(actor.name, params.id, note)
        return isGone ? ok({ body: {} }) : fail({ code: 'watch-list-not-found' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/watch-lists/:id/view',
      access: BUSINESS,
      tag,
      summary: 'Live values, curves, state, events and findings of all on a list, in one answer',
      params: closed({ id: Id }),
      query: closed({ compared: Type.Optional(CivilDate) }),
      answers: WatchedView,
      errors: ['watch-list-not-found', 'invalid-range'],
      async handle({ params, query, actor }) {
        const compared = comparedOf(query.compared)
        if (compared === undefined) return fail(noDate)
        const found = await watchLists.view(actor.name, params.id, compared)
        if (found === undefined) return fail({ code: 'watch-list-not-found' })
        const items = found.map((one) => watchedView(civil, one))
        return ok({ body: { at: civil.iso(clock.now()), compared, items } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/watched/:kind/:key',
      access: BUSINESS,
      tag,
      summary: 'The same of a usage point, an account, a node of the grid or an own group',
      description:
        'The first 50 usage points by code, and how many there are. `sum` is what the load curve ' +
        'and the energy of all of them are asked by: the id of the node or of the group.',
      params: closed({
        kind: oneOf(subjectKinds),
        key: Type.String({ minLength: 1, maxLength: 200 }),
      }),
      query: closed({ compared: Type.Optional(CivilDate) }),
      answers: LookedView,
      errors: ['subject-not-found', 'invalid-range'],
      async handle({ params, query }) {
        const compared = comparedOf(query.compared)
        if (compared === undefined) return fail(noDate)
        const found = await watchLists.look(params, compared)
        if (found === undefined) return fail({ code: 'subject-not-found' })
        const items = found.items.map((one) => watchedView(civil, one))
        return ok({ body: { at: civil.iso(clock.now()), compared, ...found, items } })
      },
    }),
  ]
}

const noDate: Problem = { code: 'invalid-range', detail: 'No such date.' }

const listView = ({ isShared, points, ...list }: WatchList) => ({
  ...list,
  shared: isShared,
  points: [...points],
})

function unwatched({ kind, message }: WatchRefusal): Problem {
  switch (kind) {
    case 'not-found':
      return { code: 'watch-list-not-found', detail: message }
    case 'name-taken':
      return { code: 'name-taken', detail: message }
    case 'wrong':
      return { code: 'invalid-parameters', detail: message }
  }
}
