import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, parseBusinessDate, parseInstant } from '#src/core'
import { ARMING, BUSINESS, INSTALLATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import {
  CauseView,
  causeView,
  ExceptionKind,
  ExceptionView,
  exceptionView,
  NetworkBody,
  PolicyBody,
  PolicyView,
  policyFault,
  Scope,
} from '../loss-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Line loss'
const CAUSES = 20
const DAYS = 14
const NETWORK_BYTES_MAX = 4 * 1_024 * 1_024

/** What is wrong with losses, why, and by which rules and lines they are judged. */
export function lineLossWorkRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { lineLoss, civil, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/line-loss/exceptions',
      access: BUSINESS,
      tag,
      summary: 'What is or was wrong with losses (线损异常), the newest first',
      query: closed({
        scope: Type.Optional(Scope),
        node: Type.Optional(Id),
        kind: Type.Optional(ExceptionKind),
        open: Type.Optional(Type.Boolean()),
        ...paging,
      }),
      answers: pageOf(ExceptionView),
      errors: ['bad-cursor'],
      async handle({ query: { node, limit = 100, cursor, ...rest } }) {
        const before = numberOf(cursor)
        if (!before.ok) return before
        const filter = { ...rest, ...(node === undefined ? {} : { scopeId: node }) }
        const rows = await lineLoss.exceptions(filter, before.value, limit + 1)
        const next = cursorOf(rows, limit, ({ id }) => id)
        return ok({ body: { items: rows.slice(0, limit).map(exceptionView), next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/:scope/:id/causes',
      access: BUSINESS,
      tag,
      summary: 'Which points changed most against the days before, and what that adds to the loss',
      description:
        'The correlation is of a point’s share of the input with the rate: near -1 the loss grows ' +
        'as the point’s energy falls.',
      params: closed({ scope: Scope, id: Id }),
      query: closed({
        date: Type.Optional(Type.String({ format: 'date' })),
        days: Type.Optional(Type.Integer({ minimum: 2, maximum: 92, default: DAYS })),
      }),
      answers: closed({ date: Type.String(), days: Type.Integer(), items: Type.Array(CauseView) }),
      errors: ['invalid-range'],
      async handle({ params: { scope, id }, query: { date: text, days = DAYS } }) {
        const yesterday = civil.addDays(civil.dateOf(clock.now()), -1)
        const date = text === undefined ? yesterday : parseBusinessDate(text)
        if (date === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
        const rows = await lineLoss.causes(scope, id, date, days, CAUSES)
        return ok({ body: { date, days, items: rows.map(causeView) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/line-loss/policies',
      access: BUSINESS,
      tag,
      summary: 'How losses are computed and judged, by scope and from when on',
      answers: closed({ items: Type.Array(PolicyView) }),
      async handle() {
        return ok({ body: { items: (await lineLoss.policies()).map((one) => ({ ...one })) } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/line-loss/policies',
      access: ARMING,
      tag,
      summary: 'Set the policy of a scope from a day on; losses since then are computed again',
      body: PolicyBody,
      answers: PolicyView,
      errors: ['invalid-parameters'],
      audit: 'line-loss.policy',
      async handle({ body, note }) {
        const validFrom = parseBusinessDate(body.validFrom)
        const wrong = policyFault(body)
        if (validFrom === undefined || wrong !== null) {
          return fail({ code: 'invalid-parameters', detail: wrong ?? 'No such date.' })
        }
        const policy = { ...body, validFrom }
        const target = `line-loss/${policy.scope}`
        await lineLoss.setPolicy(policy, (tx) => note(tx, { target, detail: { ...policy } }))
        return ok({ body: policy })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/line-loss/networks/:id',
      access: INSTALLATION,
      tag,
      summary: 'Enter the lines of an area or a feeder, from which its technical loss follows',
      description:
        'They hold from now on, or since a moment in the past, whose days are computed again; ' +
        'days before keep the lines that held then.',
      params: IdParams,
      body: NetworkBody,
      bodyLimitBytes: NETWORK_BYTES_MAX,
      answers: closed({ lines: Type.Integer(), taps: Type.Integer() }),
      errors: ['node-not-found', 'invalid-parameters'],
      audit: 'line-loss.network',
      async handle({ params, body, note }) {
        const target = `grid/${params.id}`
        const now = clock.now()
        const { from: text, ...entered } = body
        const from = text === undefined ? now : parseInstant(text)
        if (from === undefined || from > now) {
          const said = 'The lines hold since a moment that is not to come.'
          return fail({ code: 'invalid-parameters', detail: said, audit: { target } })
        }
        const detail = { lines: body.lines.length, taps: body.taps.length }
        const network = {
          ...entered,
          lines: body.lines.map(({ neutralOhm = null, ...line }) => ({ ...line, neutralOhm })),
        }
        const done = await lineLoss.enterNetwork(params.id, network, from, (tx) =>
          note(tx, { target, detail: { ...detail, from: civil.iso(from) } }),
        )
        if (done.ok) return ok({ body: detail })
        const { kind, message } = done.error
        const code = kind === 'not-found' ? 'node-not-found' : 'invalid-parameters'
        return fail({ code, detail: message, audit: { target } })
      },
    }),
  ]
}
