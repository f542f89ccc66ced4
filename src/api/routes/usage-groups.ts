import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, type Instant, ok, type Result } from '#src/core'
import type { GroupMembers, GroupRefusal, UsageGroup } from '#src/registry'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { GroupFilterBody, UsageGroupView, usageGroupView } from '../archive-schemas.ts'
import { AtTime, atOf } from '../grid-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Groups of usage points'
const PAGE = 100
const Codes = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  ...{ minItems: 1, maxItems: 10_000 },
})

/** Own groups of usage points, by attribute and by hand, each from a time on. */
export function usageGroupRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { usageGroups: groups, civil, clock } = services
  const moment = (text: string | undefined) => atOf(civil, text, clock.now())
  const answer = (done: Result<UsageGroup, GroupRefusal>) =>
    done.ok
      ? ok({ body: usageGroupView(civil, done.value) })
      : fail(problemOf(done.error, (at) => civil.iso(at)))

  return [
    define({
      method: 'GET',
      url: '/api/v1/usage-groups',
      access: BUSINESS,
      tag,
      summary: 'Own groups of usage points that are in use',
      query: closed(paging),
      answers: pageOf(UsageGroupView),
      errors: ['bad-cursor'],
      async handle({ query: { limit = PAGE, cursor } }) {
        const page = await groups.list({ limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((group) => usageGroupView(civil, group))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/usage-groups',
      access: DISPATCHING,
      tag,
      summary: 'Make a group; a filter holds from `from` on, or always',
      status: 201,
      body: closed({
        name: Type.String({ minLength: 1, maxLength: 100 }),
        note: Type.Optional(Type.String({ maxLength: 500 })),
        filter: Type.Optional(GroupFilterBody),
        from: AtTime,
      }),
      answers: UsageGroupView,
      errors: ['name-taken', 'invalid-range'],
      audit: 'usage-group.create',
      async handle({ body, actor, note }) {
        const from = moment(body.from)
        if (!from.ok) return from
        const { from: said, ...group } = body
        const made = { ...group, ...(said === undefined ? {} : { from: from.value }) }
        return answer(
          await groups.create(made, actor.name, (tx) =>
            note(tx, { target: `usage-group/${body.name}`, detail: { ...body } }),
          ),
        )
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/usage-groups/:id',
      access: BUSINESS,
      tag,
      summary: 'One group',
      params: IdParams,
      answers: UsageGroupView,
      errors: ['usage-group-not-found'],
      async handle({ params }) {
        const group = await groups.get(params.id)
        return group
          ? ok({ body: usageGroupView(civil, group) })
          : fail({ code: 'usage-group-not-found' })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/usage-groups/:id/filter',
      access: DISPATCHING,
      tag,
      summary: 'Another filter from a time on; without one those listed by hand are left',
      params: IdParams,
      body: closed({ filter: Type.Optional(GroupFilterBody), from: AtTime }),
      answers: UsageGroupView,
      errors: ['usage-group-not-found', 'not-now', 'invalid-range'],
      audit: 'usage-group.filter',
      async handle({ params, body, note }) {
        const from = moment(body.from)
        if (!from.ok) return from
        return answer(
          await groups.filter(params.id, body.filter ?? null, from.value, (tx) =>
            note(tx, { target: `usage-group/${params.id}`, detail: { ...body } }),
          ),
        )
      },
    }),
    ...(['add', 'remove'] as const).map((verb) =>
      define({
        method: 'POST',
        url: `/api/v1/usage-groups/:id/${verb}`,
        access: DISPATCHING,
        tag,
        summary: `${verb === 'add' ? 'List' : 'Take out'} usage points by hand, from a time on`,
        description: 'By their codes, or by the numbers of the accounts (户号) that use them then.',
        params: IdParams,
        body: closed({
          usagePoints: Type.Optional(Codes),
          accounts: Type.Optional(Codes),
          from: AtTime,
        }),
        answers: UsageGroupView,
        errors: [
          ...(['usage-group-not-found', 'usage-point-not-found', 'account-not-found'] as const),
          ...(['not-now', 'invalid-range', 'invalid-parameters'] as const),
        ],
        audit: `usage-group.${verb}`,
        async handle({ params, body: { usagePoints, accounts, from: said }, note }) {
          const from = moment(said)
          if (!from.ok) return from
          const who = membersOf(usagePoints, accounts)
          if (!who.ok) return who
          const listed = { from: said ?? null, count: (usagePoints ?? accounts ?? []).length }
          return answer(
            await groups[verb](params.id, who.value, from.value, (tx) =>
              note(tx, {
                target: `usage-group/${params.id}`,
                detail: {
                  ...(usagePoints && { points: usagePoints.slice(0, PAGE) }),
                  ...(accounts && { accounts: accounts.slice(0, PAGE) }),
                  ...listed,
                },
              }),
            ),
          )
        },
      }),
    ),
    define({
      method: 'DELETE',
      url: '/api/v1/usage-groups/:id',
      access: DISPATCHING,
      tag,
      summary: 'Offer a group no more; what was reported of it stays',
      params: IdParams,
      answers: UsageGroupView,
      errors: ['usage-group-not-found'],
      audit: 'usage-group.retire',
      async handle({ params, note }) {
        return answer(
          await groups.retire(params.id, (tx) =>
            note(tx, { target: `usage-group/${params.id}`, detail: {} }),
          ),
        )
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/usage-groups/:id/points',
      access: BUSINESS,
      tag,
      summary: 'Codes of the usage points in a group as of a time',
      params: IdParams,
      query: closed({ ...paging, at: AtTime }),
      answers: pageOf(Type.String()),
      errors: ['usage-group-not-found', 'bad-cursor', 'invalid-range'],
      async handle({ params, query }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const { limit = PAGE, cursor } = query
        const page = await groups.points(params.id, at.value, { limit, ...(cursor && { cursor }) })
        if (page.ok) return ok({ body: { items: [...page.value.items], next: page.value.next } })
        if (page.error.kind === 'bad-cursor') return fail({ code: 'bad-cursor' })
        return fail(problemOf(page.error, (moment) => civil.iso(moment)))
      },
    }),
  ]
}

function membersOf(
  usagePoints: readonly string[] | undefined,
  accounts: readonly string[] | undefined,
): Result<GroupMembers, Problem> {
  if (usagePoints !== undefined && accounts === undefined) return ok({ usagePoints })
  if (accounts !== undefined && usagePoints === undefined) return ok({ accounts })
  return fail({ code: 'invalid-parameters', detail: 'Name usagePoints, or accounts.' })
}

function problemOf(refused: GroupRefusal, iso: (at: Instant) => string): Problem {
  switch (refused.kind) {
    case 'not-found':
      return { code: 'usage-group-not-found' }
    case 'name-taken':
      return { code: 'name-taken' }
    case 'unknown-points':
      return { code: 'usage-point-not-found', detail: refused.codes.slice(0, PAGE).join(', ') }
    case 'unknown-accounts':
      return {
        code: 'account-not-found',
        detail: `Unknown, or without a usage point then: ${refused.accounts.slice(0, PAGE).join(', ')}.`,
      }
    case 'too-early':
      return { code: 'not-now', detail: `It is otherwise since ${iso(refused.since)}.` }
  }
}
