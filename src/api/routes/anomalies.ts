import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type AnomalyMove, type AnomalyPlace, anomalyStates } from '#src/anomaly'
import { evidenceSheet, evidenceTable, type SuspectPlace } from '#src/anomaly/suspects'
import { fail, ok, type Result } from '#src/core'
import { sheetFormats } from '#src/sheets'
import { BUSINESS, DISPATCHING, RULING } from '../access.ts'
import {
  AnomalyView,
  anomalyView,
  ContextView,
  contextView,
  PackView,
  packView,
  RuleBody,
  RuleView,
  ruleView,
  SuspectView,
  suspectView,
} from '../anomaly-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import { priceRoutes } from './anomaly-prices.ts'

const tag = 'Anomalies'
const QUIET_DAYS = 30
const Score = Type.Integer({ minimum: 0, maximum: 100 })
const PointParams = closed({ usagePoint: Id })

/** What looks wrong with usage points (用电异常), and who may explain a loss (窃电嫌疑). */
export function anomalyRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { anomalies, suspects, civil, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/anomalies',
      access: BUSINESS,
      tag,
      summary: 'Findings, those with the most at stake first; open and confirmed ones if not said',
      query: closed({
        state: Type.Optional(oneOf(anomalyStates)),
        rule: Type.Optional(Type.String({ maxLength: 48 })),
        usagePoint: Type.Optional(Id),
        below: Type.Optional(Id),
        scoreMin: Type.Optional(Score),
        ...paging,
      }),
      answers: pageOf(AnomalyView),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { state, rule, usagePoint, below, scoreMin, limit = 100, cursor } = query
        const after = placeOf(cursor)
        if (!after.ok) return after
        const filter = {
          ...(state === undefined ? {} : { states: [state] }),
          ...(rule === undefined ? {} : { code: rule }),
          ...(usagePoint === undefined ? {} : { usagePointId: usagePoint }),
          ...(below === undefined ? {} : { below }),
          ...(scoreMin === undefined ? {} : { scoreMin }),
        }
        const place =
          after.value === null
            ? null
            : ({ energy: BigInt(after.value[0]), id: after.value[1] } satisfies AnomalyPlace)
        const rows = await anomalies.list(filter, place, limit + 1)
        const last = rows[limit - 1]
        const next =
          rows.length > limit && last !== undefined ? cursorFor(last.energy, last.id) : null
        return ok({
          body: { items: rows.slice(0, limit).map((one) => anomalyView(civil, one)), next },
        })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/anomalies/rules',
      access: BUSINESS,
      tag,
      summary: 'The rules in force, with their numbers',
      answers: closed({ items: Type.Array(RuleView) }),
      async handle() {
        return ok({ body: { items: (await anomalies.rules()).map(ruleView) } })
      },
    }),
    ...priceRoutes(define, services),
    define({
      method: 'PUT',
      url: '/api/v1/anomalies/rules/:code',
      access: RULING,
      tag,
      summary: 'A new version of a rule from now on, for everybody or for a class of customers',
      params: closed({ code: Type.String({ pattern: '^[a-z][a-z0-9-]{0,47}$' }) }),
      body: RuleBody,
      answers: RuleView,
      errors: ['rule-not-found', 'invalid-parameters'],
      audit: 'anomaly.rule',
      async handle({ params, body, actor, note }) {
        const { customerClass = null, reason, ...change } = body
        const target = `anomaly-rule/${params.code}`
        const by = { name: actor.name, reason, now: clock.now() }
        const done = await anomalies.setRule(params.code, customerClass, change, by, (tx) =>
          note(tx, { target, detail: { ...body } }),
        )
        if (done.ok) return ok({ body: ruleView(done.value) })
        const code = done.error.kind === 'not-found' ? 'rule-not-found' : 'invalid-parameters'
        return fail({ code, detail: done.error.message, audit: { target } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/anomalies/:id',
      access: BUSINESS,
      tag,
      summary: 'One finding with its evidence: days, curve and events around it',
      params: IdParams,
      answers: ContextView,
      errors: ['anomaly-not-found'],
      async handle({ params }) {
        const one = await anomalies.get(params.id)
        if (one === undefined) return fail({ code: 'anomaly-not-found' })
        return ok({ body: contextView(civil, one, await anomalies.context(one)) })
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/anomalies/:id',
      access: DISPATCHING,
      tag,
      summary: 'Confirm it, dismiss it with a reason and for a while, or send it to a ticket',
      params: IdParams,
      body: closed({
        act: oneOf(['confirm', 'dismiss', 'ticket']),
        reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
        quietDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 366, default: QUIET_DAYS })),
      }),
      answers: AnomalyView,
      errors: ['anomaly-not-found', 'not-now', 'invalid-parameters'],
      audit: 'anomaly.decided',
      async handle({ params, body, actor, note }) {
        const target = `anomaly/${params.id}`
        const { act, reason = '', quietDays = QUIET_DAYS } = body
        if (act === 'dismiss' && reason === '') {
          const detail = 'A dismissal needs a reason.'
          return fail({ code: 'invalid-parameters', detail, audit: { target } })
        }
        const move: AnomalyMove =
          act === 'ticket'
            ? { kind: 'ticket' }
            : act === 'confirm'
              ? { kind: 'confirm', reason }
              : { kind: 'dismiss', reason, quietDays }
        const done = await anomalies.move(params.id, move, actor.name, clock.now(), (tx) =>
          note(tx, { target, detail: { ...body } }),
        )
        if (done.ok) return ok({ body: anomalyView(civil, done.value) })
        const code = done.error.kind === 'not-found' ? 'anomaly-not-found' : 'not-now'
        return fail({ code, detail: done.error.message, audit: { target } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/theft-suspects',
      access: BUSINESS,
      tag,
      summary: 'Who may explain the loss of an area, the most suspect first',
      query: closed({
        node: Type.Optional(Id),
        scoreMin: Type.Optional(Score),
        ...paging,
      }),
      answers: pageOf(SuspectView),
      errors: ['bad-cursor'],
      async handle({ query: { limit = 100, cursor, ...filter } }) {
        const after = placeOf(cursor)
        if (!after.ok) return after
        const place =
          after.value === null
            ? null
            : ({ score: after.value[0], usagePointId: after.value[1] } satisfies SuspectPlace)
        const rows = await suspects.list(filter, place, limit + 1)
        const last = rows[limit - 1]
        const next =
          rows.length > limit && last !== undefined
            ? cursorFor(last.score, last.usagePointId)
            : null
        return ok({
          body: { items: rows.slice(0, limit).map((one) => suspectView(civil, one)), next },
        })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/theft-suspects/:usagePoint',
      access: BUSINESS,
      tag,
      summary: 'The evidence pack of a suspect: curves, registers, events, archive, estimate',
      params: PointParams,
      answers: PackView,
      errors: ['usage-point-not-found'],
      async handle({ params }) {
        const pack = await suspects.pack(params.usagePoint)
        if (pack === undefined) return fail({ code: 'usage-point-not-found' })
        return ok({ body: packView(civil, pack) })
      },
    }),
    ...sheetFormats.map((format) =>
      define({
        method: 'GET',
        url: `/api/v1/theft-suspects/:usagePoint/pack.${format}`,
        access: BUSINESS,
        tag,
        summary: `The same as ${format.toUpperCase()}: a row for each fact`,
        params: PointParams,
        answers: Type.String(),
        errors: ['usage-point-not-found'],
        async handle({ params, reply }) {
          const pack = await suspects.pack(params.usagePoint)
          if (pack === undefined) return fail({ code: 'usage-point-not-found' })
          await sendSheet(reply, evidenceTable(pack, civil), format)
          return ok({ body: '' })
        },
      }),
    ),
    define({
      method: 'GET',
      url: '/api/v1/theft-suspects/:usagePoint/sheet',
      access: BUSINESS,
      tag,
      summary: 'The same as a page to print',
      params: PointParams,
      answers: Type.String(),
      errors: ['usage-point-not-found'],
      async handle({ params, reply }) {
        const pack = await suspects.pack(params.usagePoint)
        if (pack === undefined) return fail({ code: 'usage-point-not-found' })
        await reply.type('text/html; charset=utf-8').send(evidenceSheet(pack, civil))
        return ok({ body: '' })
      },
    }),
  ]
}

/** Cursors of lists ranked by a figure, then by number. */
function cursorFor(figure: bigint | string, id: number): string {
  return Buffer.from(`r${figure}:${id}`).toString('base64url')
}

function placeOf(cursor: string | undefined): Result<readonly [string, number] | null, Problem> {
  if (cursor === undefined) return ok(null)
  const found = /^r(\d{1,18}(?:\.\d{1,2})?):(\d{1,9})$/.exec(
    Buffer.from(cursor, 'base64url').toString(),
  )
  const [, figure, id] = found ?? []
  return figure === undefined || id === undefined
    ? fail({ code: 'bad-cursor' })
    : ok([figure, Number(id)])
}
