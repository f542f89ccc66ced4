import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, idOf, ok } from '#src/core'
import type { Note } from '#src/identity'
import { type DeskRefusal, decisions, type RuleRefusal } from '#src/validation'
import { BUSINESS, EDITING, RULING } from '../access.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { Cursor, closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import {
  FindingView,
  findingFilter,
  findingQuery,
  findingView,
  RuleChangeBody,
  RuleEndBody,
  RuleView,
} from '../validation-schemas.ts'

const tag = 'Validation'
const Code = Type.String({ minLength: 1, maxLength: 64 })
const Reason = Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' })
const IDS_MAX = 10_000

/** What the desk refuses, as a problem. */
export function deskProblem({ kind, message }: DeskRefusal, target: string): Problem {
  const code = (
    {
      'not-found': 'finding-not-found',
      'no-meter': 'meter-not-found',
      'not-now': 'not-now',
      'second-person': 'second-person',
      'too-many': 'invalid-parameters',
      'bad-cursor': 'bad-cursor',
      'bad-reading': 'invalid-parameters',
      'bad-photo': 'invalid-parameters',
      'bad-file': 'invalid-parameters',
    } as const
  )[kind]
  return { code, detail: message, audit: { target } }
}

function ruleProblem({ kind, message }: RuleRefusal, target: string): Problem {
  const code = (
    {
      'no-such-rule': 'rule-not-found',
      'no-such-group': 'meter-group-not-found',
      'bad-parameters': 'invalid-parameters',
    } as const
  )[kind]
  return { code, detail: message, audit: { target } }
}

/** The audit record of what is about a target, with what the service says of it. */
export const noting =
  (note: Note, target: string) =>
  (tx: Parameters<Note>[0], detail: Readonly<Record<string, unknown>>) =>
    note(tx, { target, detail })

/** Rules, the queue of findings, and figures of them (数据校验). */
export function validationRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { validation, civil } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/validation/rules',
      access: BUSINESS,
      tag,
      summary: 'Rules and methods of estimation in force; with a code every version of it',
      query: closed({ code: Type.Optional(Code) }),
      answers: closed({ items: Type.Array(RuleView), next: Type.Null() }),
      async handle({ query }) {
        const rules = await validation.rules(query.code ?? null)
        const items = rules.map(({ id: _, ...rule }) => ({
          ...rule,
          parameters: { ...rule.parameters },
          validFrom: civil.iso(rule.validFrom),
          validTo: rule.validTo === null ? null : civil.iso(rule.validTo),
        }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/validation/rules/:code/versions',
      access: RULING,
      tag,
      summary: 'Change a rule: a new version from now on, for all, for a class or for a group',
      description:
        'What is not named stays as it was. Findings keep the version they were made with.',
      params: closed({ code: Code }),
      body: RuleChangeBody,
      status: 201,
      answers: closed({ code: Code, version: Type.Integer() }),
      errors: ['rule-not-found', 'meter-group-not-found'],
      audit: 'validation-rule.change',
      async handle({ params, body, actor, note }) {
        const target = `validation-rule/${params.code}`
        const { customerClass = null, group = null, ...rest } = body
        const change = { ...rest, code: params.code, customerClass, group }
        const changed = await validation.changeRule(change, actor.name, noting(note, target))
        if (changed.ok) {
          return ok({ body: { code: changed.value.code, version: changed.value.version } })
        }
        return fail(ruleProblem(changed.error, target))
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/validation/rules/:code/end',
      access: RULING,
      tag,
      summary: 'End what is for a class or a group alone: they are judged as all others are',
      params: closed({ code: Code }),
      body: RuleEndBody,
      answers: closed({ code: Code, version: Type.Integer() }),
      errors: ['rule-not-found'],
      audit: 'validation-rule.end',
      async handle({ params: { code }, body, note }) {
        const target = `validation-rule/${code}`
        const { customerClass = null, group = null, reason } = body
        const ended = await validation.endRule({ code, customerClass, group }, (tx, detail) =>
          note(tx, { target, detail: { ...detail, reason } }),
        )
        return ended.ok
          ? ok({ body: { code, version: ended.value.version } })
          : fail(ruleProblem(ended.error, target))
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/validation/limits',
      access: BUSINESS,
      tag,
      summary: 'Numbers that people work by',
      answers: closed({
        items: Type.Array(closed({ name: Code, value: Type.String(), meaning: Type.String() })),
        next: Type.Null(),
      }),
      async handle() {
        return ok({
          body: { items: (await validation.limits()).map((one) => ({ ...one })), next: null },
        })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/validation/limits/:name',
      access: RULING,
      tag,
      summary: 'Change such a number',
      params: closed({ name: Code }),
      body: closed({ value: Type.String({ pattern: '^\\d{1,12}(\\.\\d{1,6})?$' }) }),
      answers: closed({ name: Code, value: Type.String() }),
      errors: ['rule-not-found'],
      audit: 'validation-limit.change',
      async handle({ params: { name }, body: { value }, actor, note }) {
        const target = `validation-limit/${name}`
        const is = await validation.changeLimit(name, value, actor.name, noting(note, target))
        return is
          ? ok({ body: { name, value } })
          : fail({ code: 'rule-not-found', audit: { target } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/validation/findings',
      access: BUSINESS,
      tag,
      summary: 'The queue: the worst first, then what most energy hangs on',
      query: closed({
        limit: paging.limit,
        cursor: Type.Optional(Cursor),
        ...findingQuery,
      }),
      answers: pageOf(FindingView),
      errors: ['bad-cursor', 'invalid-range'],
      async handle({ query }) {
        const { limit = 100, cursor, ...asked } = query
        const filter = findingFilter(asked)
        if (!filter.ok) return filter
        const page = await validation.findings(filter.value, cursor, limit)
        if (!page.ok) return fail(deskProblem(page.error, ''))
        const items = page.value.items.map((one) => findingView(one, civil))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/validation/findings/:id',
      access: BUSINESS,
      tag,
      summary: 'One finding',
      params: IdParams,
      answers: FindingView,
      errors: ['finding-not-found'],
      async handle({ params }) {
        const found = await validation.finding(idOf(params.id))
        return found ? ok({ body: findingView(found, civil) }) : fail({ code: 'finding-not-found' })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/validation/findings/decisions',
      access: EDITING,
      tag,
      summary: 'Claim, release, accept, reject or estimate, many at once',
      description:
        '`accept`: the value is right and counts; `reject`: it is wrong and does not; `estimate`: ' +
        'the same, and what stands in for it settles the finding.',
      body: closed({
        ids: Type.Array(Id, { minItems: 1, maxItems: IDS_MAX, uniqueItems: true }),
        decision: oneOf(decisions),
        reason: Type.Optional(Reason),
      }),
      answers: closed({ done: Type.Array(Type.Integer()), left: Type.Array(Type.Integer()) }),
      audit: 'validation.decide',
      async handle({ body, actor, note }) {
        const { ids, decision, reason = '' } = body
        const target = ids.length === 1 ? `finding/${ids[0]}` : 'findings'
        const isWord = decision !== 'claim' && decision !== 'release'
        if (isWord && reason === '') {
          return fail({
            code: 'invalid-parameters',
            detail: 'a reason is needed',
            audit: { target },
          })
        }
        const decided = await validation.decide(
          { ids: ids.map((id) => idOf(id)), decision, reason, by: actor.name },
          noting(note, target),
        )
        if (!decided.ok) return fail(deskProblem(decided.error, target))
        const { done, left } = decided.value
        return ok({ body: { done: [...done], left: [...left] } })
      },
    }),
  ]
}
