import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { differenceKinds } from '#src/grid/checks'
import { sheetFormats } from '#src/sheets'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import {
  AreaScoreView,
  ComparisonView,
  DifferenceView,
  days,
  GapView,
  periodOf,
  ScoreView,
  scoreView,
  TrendView,
} from '../grid-work-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed, nullable, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'

const tag = 'Archive'
/** What fits into one sheet that people still read. */
const SHEET_ROWS_MAX = 100_000
const Code = Type.String({ minLength: 1, maxLength: 100 })

/** Whether the archive is whole, and the same as the marketing system's (档案质量). */
export function archiveCheckRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { archiveChecks, civil, clock } = services
  const today = () => civil.dateOf(clock.now())

  return [
    define({
      method: 'GET',
      url: '/api/v1/archive/score',
      access: BUSINESS,
      tag,
      summary: 'How complete the archive is, by rule, as it was last looked at',
      query: closed({ area: Type.Optional(Code) }),
      answers: closed({ date: nullable(Type.String()), ...ScoreView.properties }),
      errors: ['transformer-not-found'],
      async handle({ query }) {
        const all = await archiveChecks.score()
        if (query.area === undefined) return ok({ body: { date: all.date, ...scoreView(all) } })
        const area = await archiveChecks.area(query.area)
        if (area === null) return fail({ code: 'transformer-not-found' })
        return ok({ body: { date: all.date, ...scoreView(area) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/areas',
      access: BUSINESS,
      tag,
      summary: 'Transformer areas by how complete their archive is, worst first',
      query: closed({ limit: paging.limit }),
      answers: closed({ items: Type.Array(AreaScoreView) }),
      async handle({ query }) {
        const areas = await archiveChecks.areas(query.limit ?? 100)
        return ok({ body: { items: areas.map(({ id: _, ...area }) => area) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/gaps',
      access: BUSINESS,
      tag,
      summary: 'What breaks a rule of the archive now',
      query: closed({ ...paging, rule: Code, area: Type.Optional(Code) }),
      answers: pageOf(GapView),
      errors: ['bad-cursor', 'invalid-parameters'],
      async handle({ query }) {
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await archiveChecks.gaps(query.rule, query.area ?? null, page)
        if (found === null) {
          const message = 'is no rule; /archive/score names them'
          return fail({
            code: 'invalid-parameters',
            errors: [{ in: 'query', name: 'rule', message }],
          })
        }
        const items = found.slice(0, limit).map(({ id: _, ...gap }) => gap)
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/trend',
      access: BUSINESS,
      tag,
      summary: 'Score of the archive by day, and what was changed in it',
      query: closed(days),
      answers: TrendView,
      errors: ['invalid-range', 'range-too-long'],
      async handle({ query }) {
        const period = periodOf({ to: today(), ...query }, civil, today())
        if (!period.ok) return period
        const { from, to } = period.value
        const [scores, changes] = await Promise.all([
          archiveChecks.scoreDays(from, to),
          archiveChecks.changeDays(from, to),
        ])
        return ok({ body: { scores: [...scores], changes: [...changes] } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/archive/look',
      access: DISPATCHING,
      tag,
      summary: 'Look through the archive now, and compare it with the marketing system',
      answers: closed({
        score: nullable(Type.String()),
        accounts: Type.Integer({ description: 'Of the marketing system that were compared.' }),
        differences: Type.Integer(),
      }),
      audit: 'archive.look',
      async handle() {
        const { score } = await archiveChecks.look()
        return ok({ body: { score, ...(await archiveChecks.compare()) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/differences',
      access: BUSINESS,
      tag,
      summary: 'Where the archive and the marketing system are not the same',
      query: closed({
        ...paging,
        kind: Type.Optional(oneOf(differenceKinds)),
        field: Type.Optional(Code),
        account: Type.Optional(Code),
      }),
      answers: pageOf(DifferenceView),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const { kind, field, account } = query
        const limit = query.limit ?? 100
        const filter = {
          ...(kind === undefined ? {} : { kind }),
          ...(field === undefined ? {} : { field }),
          ...(account === undefined ? {} : { account }),
        }
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await archiveChecks.differences(filter, page)
        const items = found.slice(0, limit).map(({ id: _, ...one }) => one)
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/differences/file',
      access: BUSINESS,
      tag,
      summary: 'The same as a CSV or XLSX file',
      query: closed({ format: oneOf(sheetFormats) }),
      answers: Type.String(),
      async handle({ query, reply }) {
        const found = await archiveChecks.differences({}, { after: 0, limit: SHEET_ROWS_MAX })
        const titles = ['account', 'usage_point', 'kind', 'field', 'ours', 'theirs', 'found_on']
        const sheet = {
          name: `differences-${today()}`,
          columns: titles.map((title) => ({ title, kind: 'text' as const })),
          rows: found.map((one) => [
            one.account,
            one.usagePoint,
            one.kind,
            one.field,
            one.ours ?? '',
            one.theirs ?? '',
            one.foundOn,
          ]),
        }
        await sendSheet(reply, sheet, query.format)
        return ok({ body: '' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/archive/comparisons',
      access: BUSINESS,
      tag,
      summary: 'Differences with the marketing system by day; a day without comparison is absent',
      query: closed(days),
      answers: closed({ items: Type.Array(ComparisonView) }),
      errors: ['invalid-range', 'range-too-long'],
      async handle({ query }) {
        const period = periodOf({ to: today(), ...query }, civil, today())
        if (!period.ok) return period
        const found = await archiveChecks.comparisonDays(period.value.from, period.value.to)
        const items = found.map((day) => ({ ...day, differences: [...day.differences] }))
        return ok({ body: { items } })
      },
    }),
  ]
}
